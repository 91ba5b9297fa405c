#include "support/error.h"

#include <cstddef>
#include <cstring>
#include <new>

namespace cf {
namespace {

// The GNU form returns the text, which need not be in the buffer; the one of POSIX says whether it is there.
[[maybe_unused]] const char* text_of(const char* text, const char*) {
    return text;
}
[[maybe_unused]] const char* text_of(int, const char* buffer) {
    return buffer;
}

/// Copies a text behind `to` and gives the copy, NUL-terminated.
std::string_view copy_text(char*& to, std::string_view text) {
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    to[text.size()] = '\0';
    const std::string_view copy(to, text.size());
    to += text.size() + 1;
    return copy;
}

}  // namespace

/// Holds the one error that must exist when memory does not. It is never freed: its own reference
/// is never dropped, and its storage is plain bytes, so that nothing is destroyed at exit.
class NoMemoryError {
  public:
    static Error& instance() {
        alignas(Error) static std::byte storage[sizeof(Error)];
        static Error& error =
            *::new (storage) Error(ErrorFields{.status = CF_STATUS_NO_MEMORY,
                                               .type = "",
                                               .message = "memory could not be allocated",
                                               .detail = "",
                                               .function = ""});
        return error;
    }
};

ErrorRef Error::create(const ErrorFields& fields) noexcept {
    const size_t text_size = fields.type.size() + fields.message.size() + fields.detail.size() +
                             fields.function.size() + 4;
    void* block = ::operator new(sizeof(Error) + text_size, std::nothrow);
    if (block == nullptr) return no_memory();
    char* to = static_cast<char*>(block) + sizeof(Error);
    ErrorFields copy = fields;
    copy.type = copy_text(to, fields.type);
    copy.message = copy_text(to, fields.message);
    copy.detail = copy_text(to, fields.detail);
    copy.function = copy_text(to, fields.function);
    if (copy.cause != nullptr) copy.cause->retain();
    return ErrorRef::adopt(new (block) Error(copy));
}

ErrorRef Error::create(cf_status_t status, std::string_view message) noexcept {
    return create(ErrorFields{.status = status, .message = message});
}

ErrorRef Error::system(int os_code, std::string_view what) noexcept {
    char buffer[128] = "unknown error";
    const char* reason = text_of(strerror_r(os_code, buffer, sizeof buffer), buffer);
    try {
        return create(ErrorFields{
            .status = CF_STATUS_SYSTEM, .message = text(what, ": ", reason), .os_code = os_code});
    } catch (const std::bad_alloc&) {
        return no_memory();
    }
}

ErrorRef Error::no_memory() noexcept {
    return ErrorRef::share(&NoMemoryError::instance());
}

void Error::release() {
    if (!references_.drop()) return;
    Error* cause = fields_.cause;
    this->~Error();
    ::operator delete(this);
    if (cause != nullptr) cause->release();
}

ErrorRef forked_error() {
    return Error::create(CF_STATUS_FORKED,
                         "this belongs to the process that this one was forked from; make "
                         "executors and promises of its own after a fork, or exec");
}

}  // namespace cf
