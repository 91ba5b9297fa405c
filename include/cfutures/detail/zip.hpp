/// Zip: several input ranges read in step, up to the end of the shortest.
#ifndef CFUTURES_DETAIL_ZIP_HPP
#define CFUTURES_DETAIL_ZIP_HPP

#include <cstdint>
#include <iterator>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cfutures::detail {

template <class Range>
concept IsRange = requires(Range& range) {
    std::begin(range);
    std::end(range);
};

template <class Range>
concept IsSized = requires(Range& range) {
    std::size(range);
};

template <class... Ranges>
concept AreRanges = (sizeof...(Ranges) > 0) && (IsRange<std::remove_reference_t<Ranges>> && ...);

/// What an element is copied to when it is handed to a call.
template <class Range>
using Element =
    std::unwrap_ref_decay_t<decltype(*std::begin(std::declval<std::remove_reference_t<Range>&>()))>;

/// One range: a reference to an lvalue, or an owned one.
template <class Range>
class Input {
  public:
    explicit Input(Range&& range)
        : range_(std::forward<Range>(range)), it_(std::begin(range_)), end_(std::end(range_)) {}
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    bool at_end() const { return it_ == end_; }
    decltype(auto) operator*() { return *it_; }
    void advance() { ++it_; }

  private:
    using Lvalue = std::remove_reference_t<Range>&;

    Range range_;
    decltype(std::begin(std::declval<Lvalue>())) it_;
    decltype(std::end(std::declval<Lvalue>())) end_;
};

/// Not movable: iterators point into the owned ranges.
template <class... Ranges>
class Zip {
  public:
    explicit Zip(Ranges&&... ranges) : inputs_(std::forward<Ranges>(ranges)...) {}

    /// Whether every range tells its size without being read.
    static constexpr bool kSized = (IsSized<std::remove_reference_t<Ranges>> && ...);

    /// Calls use(elements...) with the next elements; false at the end. An element is looked for
    /// only when it is wanted.
    template <class Use>
    bool next(Use&& use) {
        if (ended_) return false;
        return std::apply(
            [&](auto&... input) {
                if (started_) (input.advance(), ...);
                started_ = true;
                ended_ = (input.at_end() || ...);
                if (!ended_) use(*input...);
                return !ended_;
            },
            inputs_);
    }

  private:
    std::tuple<Input<Ranges>...> inputs_;
    bool started_ = false;
    bool ended_ = false;
};

}  // namespace cfutures::detail

#endif
