// The running call, as its own function sees it: cf_task_t. It lives on the stack of the thread that
// runs the function, in a pool thread as in a worker process.
#pragma once

#include <optional>

#include "future/outcome.h"
#include "support/clock.h"
#include "support/handle.h"
#include "support/turns.h"

namespace cf {

/// What a task can learn: which call it is, and where it runs. Outlives the task.
class TaskHost {
  public:
    virtual uint64_t id() const = 0;
    virtual std::string_view name() const = 0;
    /// NUL-terminated; none for a pointer task.
    virtual std::optional<std::string_view> arguments() const = 0;
    /// Whether the task is asked to stop.
    virtual bool stop_requested() const = 0;
    /// When it will be.
    virtual Deadline deadline() const = 0;
    /// Who runs it, as a number in its executor; 0 when it is no worker.
    virtual uint64_t worker_id() const = 0;
    /// Tells whoever waits how far the call has come: JSON, and no longer than kMaxProgress.
    virtual ErrorRef report_progress(std::string_view json) const = 0;
    /// The outcome that has a copy of these bytes, which lives as long as the task. Throws
    /// std::bad_alloc.
    virtual Outcome copy_result(ResultKind kind, std::string_view bytes) const {
        return Outcome::copy(kind, bytes);
    }
    /// A worker process can return nothing but texts and bytes.
    virtual bool takes_pointers() const { return true; }

  protected:
    ~TaskHost() = default;
};

class Task : public HandleBase {
  public:
    static constexpr HandleKind kHandleKind = HandleKind::kTask;

    explicit Task(const TaskHost& host) : HandleBase(kHandleKind), host_(host) {}

    const TaskHost& host() const { return host_; }

    // What the function says through cf_task_*.
    void set_result(Outcome result) { outcome_.set_result(std::move(result)); }
    void set_result(ResultKind kind, std::string_view bytes) {
        set_result(host_.copy_result(kind, bytes));
    }
    void fail(std::string_view type, std::string_view message, std::string_view detail);
    void fail(ErrorRef error) { outcome_.set_error(std::move(error)); }

    // How the function ended; one of them, once.
    void returned(int32_t code) {
        if (code != 0) [[unlikely]]
            returned_failure(code);
    }
    /// Inside the handler of the exception.
    void threw();
    void ended_its_thread();

    /// What it all comes to: an error outweighs a result.
    Outcome& outcome() {
        if (outcome_.kind() == ResultKind::kPointer && !host_.takes_pointers()) [[unlikely]]
            refuse_pointer();
        return outcome_;
    }

  private:
    ErrorFields error_fields(cf_status_t status, std::string_view message) const;
    void returned_failure(int32_t code);
    void refuse_pointer();

    const TaskHost& host_;
    Outcome outcome_;
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
            ended(task.outcome());
        });
    ended(task.outcome());
}

}  // namespace cf
