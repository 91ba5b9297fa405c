// A file descriptor that is closed with its owner.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "support/system_calls.h"

namespace cf {

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() { reset(); }
    Descriptor(const Descriptor&) = delete;

    int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }
    void reset() {
        if (number_ >= 0) system_calls().close(std::exchange(number_, -1));
    }

  private:
    int number_ = -1;
};

/// The same with a number above those of standard input, output and error: where the host has closed
/// them, a new descriptor takes their place and gets what the host prints. Invalid, with errno, when
/// there is no other number.
inline Descriptor above_standard(Descriptor descriptor) {
    if (!descriptor || descriptor.get() > STDERR_FILENO) return descriptor;
    return Descriptor(fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

}  // namespace cf
