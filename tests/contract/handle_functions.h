// Every function of the C ABI that takes a handle, as a table.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "contract.h"

namespace contract {

enum class Kind {
    kNull,
    kError,
    kExecutor,
    kFuture,
    kPromise,
    kQueue,
    kMap,
    kThreadPoolOptions,
    kProcessPoolOptions,
    kSubmitOptions,
    kMapOptions,
    kWorkerList,
    kStats,
};

// A handle of unknown kind, which becomes what the called function wants.
struct Handle {
    void* address;

    template <typename T>
    operator T*() const {
        return static_cast<T*>(address);
    }
};

// A function with a handle among its arguments, and what it answers to a wrong one.
struct Function {
    const char* name;
    Kind wants;
    std::function<int64_t(Handle, cf_error_t**)> call;
    int64_t answer;
    bool null_is_allowed = false;  // NULL has a meaning of its own, which other tests look at
    bool gives_error = true;
};

std::vector<Function> functions();

// A task that must never run, and an input that must never be read.
int32_t never_task(cf_task_t* task, void* data);
int32_t never_item(void* data, void** item_out);

// user_data that the functions of the table take over, and how often they did.
extern Load taken_over;
extern int times_taken_over;

}  // namespace contract
