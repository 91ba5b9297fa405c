#include "future/done_callback.h"

#include <memory>

#include "future/owner.h"
#include "support/turns.h"

namespace cf {
namespace {

void call(Future& future, cf_done_fn done_fn, void* user_data, cf_destroy_fn destroy) {
    const UserCodeScope scope;
    const DestroyGuard guard(destroy, user_data);
    done_fn(to_handle<cf_future_t>(&future), user_data);
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
    call_user_code([&] { callback.release()->notify(future); });
}

}  // namespace cf
