// The running call, as its own function sees it: cf_task_t. It lives on the stack of the thread that
// runs the function, in a pool thread as in a worker process.
#pragma once

#include <optional>

#include "future/outcome.h"
#include "support/clock.h"
#include "support/handle.h"
#include "support/turns.h"

namespace cf {

/// Where a task runs, and what it can learn from there.
class TaskHost {
  public:
    /// Whether the task is asked to stop.
    virtual bool stop_requested() const = 0;
    /// When it will be.
    virtual Deadline deadline() const = 0;
    /// Who runs it, as a number in its executor; 0 when it is no worker.
    virtual uint64_t worker_id() const = 0;
    /// A worker process can return nothing but texts and bytes.
    virtual bool takes_pointers() const { return true; }

  protected:
    ~TaskHost() = default;
};

class Task : public HandleBase {
  public:
    static constexpr HandleKind kHandleKind = HandleKind::kTask;

    /// `arguments` is NUL-terminated; none for a pointer task. Texts and host outlive the task.
    Task(uint64_t id, std::string_view name, std::optional<std::string_view> arguments,
         const TaskHost& host)
        : HandleBase(kHandleKind), id_(id), name_(name), arguments_(arguments), host_(host) {}

    uint64_t id() const { return id_; }
    const std::optional<std::string_view>& arguments() const { return arguments_; }

    const TaskHost& host() const { return host_; }

    // What the function says through cf_task_*.
    void set_result(Outcome result) { result_ = std::move(result); }
    void fail(std::string_view type, std::string_view message, std::string_view detail);
    void fail(ErrorRef error) { error_ = std::move(error); }

    // How the function ended; one of them, once.
    void returned(int32_t code);
    /// Inside the handler of the exception.
    void threw();
    void ended_its_thread();

    /// What it all comes to: an error outweighs a result.
    Outcome take_outcome();

  private:
    ErrorFields error_fields(cf_status_t status, std::string_view message) const;

    const uint64_t id_;
    const std::string_view name_;
    const std::optional<std::string_view> arguments_;
    const TaskHost& host_;
    Outcome result_;
    ErrorRef error_;
};

/// Runs a function with its task, and `ended` when its outcome is known: also when the function ends
/// its thread, which then goes on unwinding.
template <typename Ended>
void run_function(cf_task_fn task_fn, void* user_data, Task& task, Ended&& ended) {
    call_user_code(
        [&] {
            const UserCodeScope scope;
            task.returned(task_fn(to_handle<cf_task_t>(&task), user_data));
        },
        [&] { task.threw(); },
        [&] {
            task.ended_its_thread();
            ended(task.take_outcome());
        });
    ended(task.take_outcome());
}

}  // namespace cf
