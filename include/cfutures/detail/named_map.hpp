/// The map of named calls: the C library's map, fed from a Zip.
#ifndef CFUTURES_DETAIL_NAMED_MAP_HPP
#define CFUTURES_DETAIL_NAMED_MAP_HPP

#include <cfutures/cfutures.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cfutures/detail/check.hpp"
#include "cfutures/detail/handle.hpp"
#include "cfutures/detail/json_source.hpp"
#include "cfutures/detail/zip.hpp"
#include "cfutures/function.hpp"
#include "cfutures/map.hpp"

namespace cfutures::detail {

using NativeMapOptions = Owner<cf_map_options_t, cf_map_options_release>;

/// Input that C asks for; shared with C, which may end it first.
template <auto F, class... Ranges>
struct NamedMapInput : RefCounted {
    explicit NamedMapInput(Ranges&&... ranges) : zip(std::forward<Ranges>(ranges)...) {}

    static std::int32_t next(void* self, const char** text, std::size_t* size) {
        auto& input = *static_cast<NamedMapInput*>(self);
        return catch_all(
            [&]() -> std::int32_t {
                const bool more = input.zip.next([&](auto&&... element) {
                    input.text =
                        encode_arguments_of<F>(std::forward<decltype(element)>(element)...);
                });
                *text = input.text.data();
                *size = input.text.size();
                return more ? 1 : 0;
            },
            [&]() -> std::int32_t {
                input.failure = std::current_exception();
                return CF_STATUS_ENCODE_ERROR;
            });
    }
    static void destroy(void* self) { static_cast<NamedMapInput*>(self)->release(); }

    Zip<Ranges...> zip;
    std::string text;
    std::exception_ptr failure;
};

template <auto F, class... Ranges>
class NamedMap final : public MapEngine<typename TraitsOf<F>::Result> {
  public:
    using T = typename TraitsOf<F>::Result;

    NamedMap(cf_executor_t* executor, const MapOptions& options, Ranges&&... ranges)
        : input_(new NamedMapInput<F, Ranges...>(std::forward<Ranges>(ranges)...)) {
        NativeMapOptions native;
        call(cf_map_options_create, native.out());
        call(cf_map_options_set_timeout, native.get(), options.timeout.nanoseconds());
        call(cf_map_options_set_chunk_size, native.get(), options.chunk_size);
        const bool all = options.window == 0 && decltype(input_->zip)::kSized;
        call(cf_map_options_set_window, native.get(),
             all ? std::numeric_limits<std::int64_t>::max() : options.window);
        call(cf_map_options_set_unordered, native.get(), options.unordered ? 1 : 0);
        call(cf_map_options_set_cancel_on_release, native.get(), options.cancel_on_close ? 1 : 0);
        const char* name = RegisteredFunction<F>::name();
        input_->retain();  // for C, which releases it on every path
        ErrorHandle error;
        check_input(cf_executor_map_call_lazy(executor, native.get(), name,
                                              &NamedMapInput<F, Ranges...>::next, input_.get(),
                                              &NamedMapInput<F, Ranges...>::destroy, map_.out(),
                                              error.out()),
                    error);
    }

    std::optional<MapItem<T>> next() override {
        FutureHandle future;
        std::uint64_t index = 0;
        ErrorHandle error;
        const cf_status_t status = cf_map_next(map_.get(), -1, future.out(), &index, error.out());
        check_input(status, error);
        if (status == CF_STATUS_END) return std::nullopt;
        SourceRef<T> source(new JsonSource<T>);
        return MapItem<T>{index, Future<T>(std::move(future), std::move(source))};
    }

  private:
    /// Throws what the input threw rather than the status that stands for it.
    void check_input(cf_status_t status, const ErrorHandle& error) {
        if (status == CF_STATUS_ENCODE_ERROR && input_->failure != nullptr) {
            std::rethrow_exception(std::exchange(input_->failure, nullptr));
        }
        check(status, error);
    }

    Ref<NamedMapInput<F, Ranges...>> input_;
    MapHandle map_;
};

template <auto F, class... Ranges>
auto make_named_map(cf_executor_t* executor, const MapOptions& options, Ranges&&... ranges) {
    using Engine = NamedMap<F, Ranges...>;
    return Map<typename Engine::T>(
        std::make_unique<Engine>(executor, options, std::forward<Ranges>(ranges)...));
}

}  // namespace cfutures::detail

#endif
