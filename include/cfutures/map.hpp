/// Map<T>: the results of one function over many inputs.
#ifndef CFUTURES_MAP_HPP
#define CFUTURES_MAP_HPP

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "cfutures/future.hpp"
#include "cfutures/timeout.hpp"

namespace cfutures {

/// How a map goes about it. Since 0.1.
struct MapOptions {
    /// How many items may be submitted whose results were not taken; never exceeded. 0: all of a
    /// range that knows its size, else a small multiple of the workers, so that endless input works.
    std::int64_t window = 0;
    /// For the whole map, from the call on.
    Timeout timeout = {};
    /// Results in the order of completion instead of the input's.
    bool unordered = false;
    /// How many items travel in one message of a process pool; 0 chooses. Others ignore it.
    std::int64_t chunk_size = 0;
    /// Whether the end of the Map cancels calls that have not started.
    bool cancel_on_close = true;
};

/// One item of Map::outcomes(). Since 0.1.
template <class T>
struct MapItem {
    std::size_t index = 0;  ///< its place in the input
    Future<T> future;       ///< done, with the item's own result or exception
};

namespace detail {

/// How a Map gets its items.
template <class T>
class MapEngine {
  public:
    MapEngine() = default;
    MapEngine(const MapEngine&) = delete;
    MapEngine& operator=(const MapEngine&) = delete;
    virtual ~MapEngine() = default;
    /// Waits for the next item; nothing at the end.
    virtual std::optional<MapItem<T>> next() = 0;
};

/// The input iterator of Map and its outcomes(): M has advance() and current().
template <class M>
class MapIterator {
  public:
    using value_type = std::remove_cvref_t<decltype(std::declval<M&>().current())>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    MapIterator() = default;
    explicit MapIterator(M* map) : map_(map) { ++*this; }

    decltype(auto) operator*() const { return map_->current(); }
    MapIterator& operator++() {
        if (!map_->advance()) map_ = nullptr;
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const MapIterator& it, std::default_sentinel_t) {
        return it.map_ == nullptr;
    }

  private:
    M* map_ = nullptr;
};

}  // namespace detail

/// The results of an executor's map(), an input range. Each item comes once; a loop that is begun
/// anew goes on after the last item seen:
///
///     for (bool prime : pool.map<is_prime>(numbers)) ...
///
/// Input is pulled in the thread that calls map() and iterates, as far ahead as the window allows. A
/// range given as an lvalue must live as long as the Map, unless it knows its size and the window is
/// 0: then all of it is read in map().
///
/// Advancing throws TimeoutError when the map's time is up (advance again to go on), and what the
/// input threw, after the items before it. Reading an item throws the item's exception; the iteration
/// can go on behind it, and outcomes() gives every item as a future instead. The end of the Map
/// cancels what has not started. Move-only. Thread: one at a time. Since 0.1.
template <class T>
class Map {
  public:
    class Outcomes;
    using Iterator = detail::MapIterator<Map>;

    /// Of the layer itself.
    explicit Map(std::unique_ptr<detail::MapEngine<T>> engine) noexcept
        : engine_(std::move(engine)) {}

    /// The next item as a done future; nothing at the end. Throws as advancing does.
    std::optional<MapItem<T>> next() { return engine_->next(); }

    /// Waits for the first item, or the next one after those that were seen. `*it` is T&, the
    /// caller's to move from.
    Iterator begin() { return Iterator(this); }
    std::default_sentinel_t end() const noexcept { return {}; }

    /// The items as MapItem<T>, whose futures hold result or exception. The map must outlive it.
    Outcomes outcomes() & noexcept { return Outcomes(this); }

  private:
    friend Iterator;

    bool advance() {
        item_ = next();
        return item_.has_value();
    }
    decltype(auto) current() const {
        detail::Outcome<T>& outcome = item_->future.done_outcome({});
        if constexpr (std::is_void_v<T>) {
            outcome.value();
        } else if constexpr (std::is_reference_v<T>) {
            return static_cast<T>(*outcome.value());
        } else {
            return static_cast<T&>(outcome.value());
        }
    }

    std::unique_ptr<detail::MapEngine<T>> engine_;
    std::optional<MapItem<T>> item_;
};

/// An input range over the outcomes of a map. Since 0.1.
template <class T>
class Map<T>::Outcomes {
  public:
    using Iterator = detail::MapIterator<Outcomes>;

    Iterator begin() { return Iterator(this); }
    std::default_sentinel_t end() const noexcept { return {}; }

  private:
    friend Map;
    friend Iterator;

    explicit Outcomes(Map* map) noexcept : map_(map) {}
    bool advance() {
        item_ = map_->next();
        return item_.has_value();
    }
    MapItem<T>& current() { return *item_; }

    Map* map_;
    std::optional<MapItem<T>> item_;
};

}  // namespace cfutures

#endif
