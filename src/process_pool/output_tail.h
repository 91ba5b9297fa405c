// The last bytes that a worker has printed, for the error that its death makes.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "support/descriptor.h"

namespace cf {

class OutputTail {
  public:
    static constexpr size_t kSize = size_t{4} << 10;

    /// Reads what is there, not more than one pipe holds, so that a flood does not keep the caller.
    /// False at the end.
    bool read(const Descriptor& pipe);
    void add(std::string_view bytes);
    /// As UTF-8: other bytes become question marks, and what was cut off before does not show.
    std::string text() const;

  private:
    std::array<char, kSize> ring_{};
    size_t total_ = 0;
};

}  // namespace cf
