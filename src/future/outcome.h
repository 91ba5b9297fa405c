// How a call ended: a result of one of four kinds, or an error.
#pragma once

#include <cfutures/cfutures.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "support/error.h"
#include "support/user_code.h"

namespace cf {

enum class ResultKind : uint8_t { kNone, kPointer, kBytes, kJson };

/// Owns a result until it is moved into a future.
class Outcome {
  public:
    Outcome() = default;
    Outcome(Outcome&& other) noexcept { swap(other); }
    Outcome& operator=(Outcome other) noexcept {
        swap(other);
        return *this;
    }
    ~Outcome() { call_destroy(destroy_, data_); }

    static Outcome pointer(void* pointer, cf_destroy_fn destroy) {
        return {ResultKind::kPointer, pointer, 0, destroy};
    }
    /// Copies the text, with a NUL behind it. Throws std::bad_alloc.
    static Outcome copy(ResultKind kind, std::string_view bytes);
    /// Text with a NUL behind it that its future keeps (Future::copy_result).
    static Outcome kept_by_future(ResultKind kind, void* text, size_t size) {
        return {kind, text, size, nullptr};
    }
    /// The JSON text of a number that is not known yet. Throws std::bad_alloc; write_number() does not.
    static Outcome room_for_number() { return copy(ResultKind::kJson, "18446744073709551615"); }
    void write_number(uint64_t number);
    static Outcome failure(ErrorRef error) {
        Outcome outcome;
        outcome.error_ = std::move(error);
        return outcome;
    }

    bool failed() const { return static_cast<bool>(error_); }
    const ErrorRef& error() const { return error_; }
    ResultKind kind() const { return kind_; }
    void* data() const { return data_; }
    size_t size() const { return size_; }
    std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

    /// Hands the result to a new owner, who calls `destroy` on `data`.
    struct Parts {
        void* data;
        size_t size;
        cf_destroy_fn destroy;
    };
    Parts detach() {
        return {std::exchange(data_, nullptr), size_, std::exchange(destroy_, nullptr)};
    }
    ErrorRef take_error() { return std::move(error_); }

    /// Puts another result in the place of this one; an error stays.
    void set_result(Outcome other) noexcept { swap_results(other); }
    /// The result stays, though it does not count any more, and goes with the outcome.
    void set_error(ErrorRef error) { error_ = std::move(error); }

  private:
    Outcome(ResultKind kind, void* data, size_t size, cf_destroy_fn destroy)
        : data_(data), size_(size), destroy_(destroy), kind_(kind) {}
    void swap(Outcome& other) noexcept {
        swap_results(other);
        std::swap(error_, other.error_);
    }
    void swap_results(Outcome& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(destroy_, other.destroy_);
        std::swap(kind_, other.kind_);
    }

    void* data_ = nullptr;
    size_t size_ = 0;
    cf_destroy_fn destroy_ = nullptr;
    ResultKind kind_ = ResultKind::kNone;
    ErrorRef error_;
};

}  // namespace cf
