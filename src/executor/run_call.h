// Running a call on a thread of this process, from its function to its outcome. All of it is here, in one
// piece for the compiler, because every call goes this way.
#pragma once

#include "executor/executor.h"
#include "executor/function_registry.h"
#include "executor/task.h"
#include "future/extras.h"

namespace cf {

/// A call that runs in this process.
class ThreadHost final : public TaskHost {
  public:
    ThreadHost(Future& call, uint64_t worker_id) : call_(call), worker_id_(worker_id) {}
    uint64_t id() const override { return call_.id(); }
    std::string_view name() const override { return call_.name(); }
    std::optional<std::string_view> arguments() const override {
        if (call_.work() != Future::Work::kCall) return std::nullopt;
        return call_.arguments();
    }
    bool stop_requested() const override {
        return call_.state().stop_requested() || call_.deadline().passed();
    }
    Deadline deadline() const override { return call_.deadline(); }
    uint64_t worker_id() const override { return worker_id_; }
    ErrorRef report_progress(std::string_view json) const override {
        // In a child that the task has forked the call is the parent's.
        if (!call_.forked()) set_progress(call_, json);
        return nullptr;
    }

  private:
    Future& call_;
    const uint64_t worker_id_;
};

/// Runs a started function-pointer, payload or (known) named call on this thread and settles it.
/// `worker_id` is the worker's number in its executor, 0 when it has none. stop() is called when the
/// outcome is there. When there is nobody to notify, retire() does for an executor that knows where it is
/// what FutureOwner::retire() does.
template <typename Stop, typename Retire>
inline void run_on_this_thread(Future& future, uint64_t worker_id, const Stop& stop,
                               const Retire& retire) {
    const OwnerScope scope(future.owner(), &future);
    const ThreadHost host(future, worker_id);
    Task task(host);
    const auto ended = [&](Outcome& outcome) {
        if (future.forked()) [[unlikely]]
            return;  // the task has forked, and this is the child: not its call
        stop();
        future.destroy_input(false);
        const Aftermath aftermath = future.settle_quietly(std::move(outcome));
        if (aftermath.observed || !aftermath.accepted) [[unlikely]]
            return future.notify(aftermath);
        retire();
    };
    cf_task_fn task_fn = future.function_call().task_fn;
    void* user_data = future.function_call().user_data;
    if (future.work() == Future::Work::kCall) [[unlikely]] {
        task_fn = future.function()->task_fn();
        user_data = future.function()->user_data();
    }
    run_function(task_fn, user_data, task, ended);
}

}  // namespace cf
