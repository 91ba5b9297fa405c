/// Timeout: how long a call may wait. Every waiting function takes one, and takes any std::chrono
/// duration for it.
#ifndef CFUTURES_TIMEOUT_HPP
#define CFUTURES_TIMEOUT_HPP

#include <chrono>
#include <cstdint>
#include <limits>

namespace cfutures {

/// A bound on waiting: for ever by default, else a duration. A duration of zero or less polls; one
/// that nanoseconds cannot hold saturates. Since 0.1.
class Timeout {
  public:
    /// For ever.
    constexpr Timeout() noexcept = default;

    /// That long; implicit, so that `result(5s)` reads as it should.
    template <class Rep, class Period>
    constexpr Timeout(std::chrono::duration<Rep, Period> duration) noexcept  // NOLINT: implicit
        : nanoseconds_(saturate(duration)) {}

    /// Without a bound.
    static constexpr Timeout forever() noexcept { return {}; }

    /// As the C ABI takes it: -1 for ever, else nanoseconds.
    constexpr std::int64_t nanoseconds() const noexcept { return nanoseconds_; }

    /// Whether there is no bound.
    constexpr bool is_forever() const noexcept { return nanoseconds_ < 0; }

  private:
    template <class Rep, class Period>
    static constexpr std::int64_t saturate(std::chrono::duration<Rep, Period> duration) noexcept {
        constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
        const auto count = std::chrono::duration<long double, std::nano>(duration).count();
        if (!(count > 0)) return 0;
        return count >= static_cast<long double>(kMax) ? kMax : static_cast<std::int64_t>(count);
    }

    std::int64_t nanoseconds_ = -1;
};

namespace detail {

/// The moment at which a timeout that starts now is up.
class Deadline {
  public:
    explicit Deadline(Timeout timeout) noexcept : timeout_(timeout) {}

    /// What is left of it.
    Timeout remaining() const noexcept {
        if (timeout_.is_forever()) return timeout_;
        return std::chrono::nanoseconds(timeout_.nanoseconds()) - (Clock::now() - start_);
    }

  private:
    using Clock = std::chrono::steady_clock;
    Timeout timeout_;
    Clock::time_point start_ = Clock::now();
};

}  // namespace detail

}  // namespace cfutures

#endif
