#include "future/done_callback.h"

#include <exception>
#include <memory>
#include <string>

#include "future/owner.h"
#include "future/unobserved_failure.h"
#include "support/turns.h"

namespace cf {
namespace {

/// Tells what a callback of this future has thrown, inside of the handler. (T-02)
void report_thrown(const Future& future) {
    const ErrorRef error = error_or_no_memory([&] {
        const std::string type = current_exception_type_name();
        const auto create = [&](std::string_view message) {
            return Error::create({.status = CF_STATUS_TASK_FAILED,
                                  .type = type,
                                  .message = message,
                                  .function = future.name(),
                                  .task_id = future.id()});
        };
        try {
            throw;
        } catch (const std::exception& exception) {
            return create(text("a done callback threw: ", exception.what()));
        } catch (...) {
            return create(text("a done callback threw an exception of type ", type));
        }
    });
    report_unobserved_failure(*error);
}

void call(Future& future, cf_done_fn done_fn, void* user_data, cf_destroy_fn destroy) {
    const UserCodeScope scope;
    const DestroyGuard guard(destroy, user_data);
    call_user_code([&] { done_fn(to_handle<cf_future_t>(&future), user_data); },
                   [&] { report_thrown(future); }, [] {});
}

class DoneCallback final : public Observer {
  public:
    DoneCallback(cf_done_fn done_fn, void* user_data, cf_destroy_fn destroy)
        : Observer(Kind::kCallback), done_fn_(done_fn), user_data_(user_data), destroy_(destroy) {}

    void notify(Future& future) override {
        const std::unique_ptr<DoneCallback> self(this);
        call(future, done_fn_, user_data_, destroy_);
    }
    void discard() override {
        const std::unique_ptr<DoneCallback> self(this);
        call_destroy(destroy_, user_data_);
    }

  private:
    cf_done_fn done_fn_;
    void* user_data_;
    cf_destroy_fn destroy_;
};

}  // namespace

void add_done_callback(Future& future, cf_done_fn done_fn, void* user_data, cf_destroy_fn destroy) {
    DestroyGuard guard(destroy, user_data);
    auto callback = std::make_unique<DoneCallback>(done_fn, user_data, destroy);
    guard.handed_on();
    if (future.add_observer(*callback)) {
        static_cast<void>(callback.release());
        return;
    }
    callback.release()->notify(future);
}

}  // namespace cf
