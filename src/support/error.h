// Why something failed: the object behind cf_error_t. Immutable and one block of memory, so that it
// can be shared between threads and futures without care.
//
// Functions of the core that can fail return ErrorRef: null is success.
#pragma once

#include <cfutures/cfutures.h>

#include <new>
#include <string>
#include <string_view>

#include "support/handle.h"
#include "support/ref.h"

namespace cf {

class Error;
using ErrorRef = Ref<Error>;

/// What an error says; texts are copied when it is made.
struct ErrorFields {
    cf_status_t status = CF_STATUS_INTERNAL;
    std::string_view type{};
    std::string_view message{};
    std::string_view detail{};  // JSON; empty for none
    std::string_view function{};
    uint64_t task_id = 0;
    int32_t task_code = 0;
    int32_t os_code = 0;
    int64_t worker_pid = 0;
    int32_t worker_signal = 0;
    int32_t worker_exit_status = -1;
    Error* cause = nullptr;  // borrowed; the new error takes a reference of its own
};

class Error : public HandleBase {
  public:
    static constexpr HandleKind kHandleKind = HandleKind::kError;

    /// Never throws and never returns null: without memory it is the ready-made NO_MEMORY error.
    static ErrorRef create(const ErrorFields& fields) noexcept;
    static ErrorRef create(cf_status_t status, std::string_view message) noexcept;
    /// SYSTEM with an errno; the message is "<what>: <text of the errno>".
    static ErrorRef system(int os_code, std::string_view what) noexcept;
    /// The ready-made error; needs no memory.
    static ErrorRef no_memory() noexcept;

    void retain() { references_.add(); }
    void release();

    /// All that it says; the texts are NUL-terminated and live as long as the error.
    const ErrorFields& fields() const { return fields_; }
    cf_status_t status() const { return fields_.status; }

  private:
    friend class NoMemoryError;
    constexpr explicit Error(const ErrorFields& fields)
        : HandleBase(kHandleKind), fields_(fields) {}

    ReferenceCount references_;
    ErrorFields fields_;
};

/// make(), or the ready-made error when there is no memory for it.
template <typename Make>
ErrorRef error_or_no_memory(Make&& make) {
    try {
        return make();
    } catch (const std::bad_alloc&) {
        return Error::no_memory();
    }
}

/// Readable messages without streams: concatenates its arguments.
template <typename... Parts>
std::string text(const Parts&... parts) {
    std::string result;
    const auto append = [&result](const auto& part) {
        if constexpr (requires { std::string_view(part); }) {
            result += std::string_view(part);
        } else {
            result += std::to_string(part);
        }
    };
    (append(parts), ...);
    return result;
}

/// FORKED, as everything answers that belongs to a process which this one was forked from.
ErrorRef forked_error();

}  // namespace cf
