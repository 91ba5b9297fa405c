// Steps that the files about maps share.
#pragma once

#include <string>
#include <vector>

#include "contract.h"

namespace contract {

struct Item {
    cf_status_t status = CF_STATUS_INTERNAL;
    Future future{};
    uint64_t index = 0;
};

// The next outcome of a map; a future that comes out must be done.
Item next(cf_map_t* map, int64_t timeout = long_wait_ns());

MapOptions map_options();

// Maps a registered function over an array of argument texts.
Map map_call(cf_executor_t* executor, const cf_map_options_t* options, const std::string& name,
             const std::vector<std::string>& arguments);

// The texts [0], [1] and so on.
std::vector<std::string> numbers(int count);

// Lazy input of argument texts, which checks the window: what was supplied and not taken never
// exceeds it. `taken` counts the outcomes that came out, and the one that a running cf_map_next()
// has in hand.
struct Input {
    int count = 0;        // how many texts there are
    int window = 0;       // 0: not checked
    cf_status_t end = 0;  // what comes after the last one
    std::string text{};   // the text of every item; numbers when empty
    int supplied = 0;
    int taken = 0;
    int excess = 0;         // how often the window was exceeded
    std::string current{};  // the text supplied last
    cf_test::Counter destroyed{};

    static int32_t next_arguments(void* input, const char** arguments_out, size_t* size_out);
    static void destroy(void* input);

    // cf_map_next() for a map over this input.
    Item take(cf_map_t* map, int64_t timeout = long_wait_ns());
};

// Maps over lazy input. The status is what the call gave.
cf_status_t map_lazy(cf_executor_t* executor, const cf_map_options_t* options,
                     const std::string& name, Input& input, Map& map);

}  // namespace contract
