/// JsonSource<T>: the outcome of a call whose result is a JSON text.
#ifndef CFUTURES_DETAIL_JSON_SOURCE_HPP
#define CFUTURES_DETAIL_JSON_SOURCE_HPP

#include <cfutures/cfutures.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>

#include "cfutures/detail/check.hpp"
#include "cfutures/detail/outcome.hpp"
#include "cfutures/detail/standard_exceptions.hpp"
#include "cfutures/json.hpp"

namespace cfutures::detail {

/// Throws the error of a done future as the standard exception that the task threw, if it was one.
[[noreturn]] inline void raise_named_task_error(const cf_future_t* future) {
    const cf_error_t* error = cf_future_error(future);
    if (cf_future_outcome(future) == CF_STATUS_TASK_FAILED && error != nullptr) {
        if (const StandardException* row = find_standard_exception(cf_error_type(error))) {
            const char* detail = cf_error_detail(error);
            row->rethrow({cf_error_message(error),
                          detail != nullptr ? Json::parse(detail, nullptr, false) : Json()});
        }
    }
    raise_task_error(future);
}

/// Decodes the text when it is first asked for, in the thread that asks.
template <class T>
class JsonSource final : public Source<T> {
  public:
    ~JsonSource() override { delete outcome_.load(std::memory_order_acquire); }

    Outcome<T>& outcome(const cf_future_t* done) override {
        if (Outcome<T>* ready = outcome_.load(std::memory_order_acquire)) return *ready;
        // No lock, since from_json is the user's: of several readers the first one's value stays.
        auto fresh = std::make_unique<Outcome<T>>();
        try {
            read(done, *fresh);
        } catch (...) {
            fresh->set_exception(std::current_exception());
        }
        Outcome<T>* expected = nullptr;
        if (!outcome_.compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel)) {
            return *expected;
        }
        return *fresh.release();
    }

  private:
    static void read(const cf_future_t* done, Outcome<T>& outcome) {
        if (cf_future_outcome(done) != CF_STATUS_OK) raise_named_task_error(done);
        if constexpr (std::is_void_v<T>) {
            outcome.set_value([] {});
        } else {
            const char* text = nullptr;
            std::size_t size = 0;
            call(cf_future_result_json, done, 0, &text, &size);
            const Json json = from_text(text, size);
            try {
                outcome.set_value([&] { return decode<T>(json); });
            } catch (const DecodeError& error) {
                throw DecodeError(std::string("the result: ") + error.what());
            }
        }
    }

    std::atomic<Outcome<T>*> outcome_{nullptr};
};

}  // namespace cfutures::detail

#endif
