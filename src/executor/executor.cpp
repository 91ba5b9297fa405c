#include "executor/executor.h"

#include <optional>

#include "executor/run_call.h"
#include "future/blocking.h"
#include "support/json_text.h"
#include "support/thread_local.h"

namespace cf {

ErrorRef function_pointer_error() {
    return Error::create(CF_STATUS_UNSUPPORTED,
                         "a function pointer means nothing in a worker process; register the "
                         "function and use cf_executor_submit_call()");
}

uint64_t take_call_ids() {
    static sync::Atomic<uint64_t> blocks{0};
    return blocks.fetch_add(kCallIdBlock, std::memory_order_relaxed);
}

Executor::Executor(ExitOptions exit, OwnerTerms terms, bool timed)
    : HandleBase(kHandleKind), exit_(exit), terms_(terms), timed_(timed) {}

Executor::~Executor() {
    remove_live_executor(*this);
}

void Executor::release() {
    if (forked() || !handles_.drop()) return;
    begin_shutdown(false);
    release_owner();
}

ErrorRef Executor::make_function(const CallOptions& options, const FunctionCall& call,
                                 FutureRef& future_out) {
    if (!takes_pointers()) return function_pointer_error();
    future_out = Future::for_function(next_call_id(), completed(options), call);
    future_out->set_owner(*this, terms_);
    return nullptr;
}

ErrorRef Executor::make_payload(const CallOptions& options, size_t size, size_t alignment,
                                cf_task_fn task_fn, cf_destroy_fn abandon, cf_destroy_fn destroy,
                                FutureRef& future_out) {
    if (!takes_pointers()) {
        return Error::create(CF_STATUS_UNSUPPORTED,
                             "a payload in memory means nothing in a worker process; register the "
                             "function and use cf_executor_submit_call()");
    }
    future_out = Future::for_payload(next_call_id(), completed(options), size, alignment, task_fn,
                                     abandon, destroy);
    future_out->set_owner(*this, terms_);
    return nullptr;
}

ErrorRef Executor::make_call(const CallOptions& options, std::string_view function_name,
                             std::string_view arguments, FutureRef& future_out) {
    const Function* function = find_function(function_name);
    if (function == nullptr && uses_own_functions()) return unknown_function(function_name);
    if (arguments.size() > max_message_size()) {
        return Error::create(CF_STATUS_ENCODE_ERROR, text("the arguments have ", arguments.size(),
                                                          " bytes, and this pool allows ",
                                                          max_message_size(), " in one message"));
    }
    if (options.timeout >= 0 && !takes_deadlines()) {
        return Error::create(CF_STATUS_UNSUPPORTED, "this executor has no deadlines for calls");
    }
    if (ErrorRef error = check_json_arguments(arguments)) return error;
    future_out =
        Future::for_call(next_call_id(), completed(options), function_name, function, arguments);
    future_out->set_owner(*this, terms_);
    return nullptr;
}

ErrorRef Executor::check_takes_functions() {
    return takes_pointers() ? check_open() : function_pointer_error();
}

ErrorRef Executor::accept_one(FutureRef call) {
    FutureList list;
    list.push_back(std::move(call));
    return accept(list);
}

ErrorRef Executor::submit_prepared(Future& call) {
    if (!call.state().submit()) return submitted_before();
    ErrorRef error = error_or_no_memory([&] { return accept(FutureRef::share(&call)); });
    if (error && call.fail_unstarted(error)) call.state().mark_seen();
    return error;
}

ErrorRef Executor::submit_prepared(std::span<Future* const> calls) {
    FutureList claimed;
    for (Future* call : calls) {
        if (call->state().submit()) {
            claimed.push_back(FutureRef::share(call));
            continue;
        }
        while (const FutureRef before = claimed.pop_front())
            before->state().withdraw_submit();
        return submitted_before();
    }
    if (claimed.empty()) return nullptr;
    ErrorRef error = error_or_no_memory([&] { return accept(claimed); });
    if (!error) return nullptr;
    for_each_call(claimed, [&](Future& call) {
        if (call.fail_unstarted(error)) call.state().mark_seen();
    });
    return error;
}

size_t Executor::mark_accepted(FutureList& calls) {
    FutureList accepted;
    while (FutureRef call = calls.pop_front()) {
        call->start_clocks();
        if (call->state().accept()) accepted.push_back(std::move(call));
    }
    calls.append(accepted);
    return calls.size();
}

size_t Executor::chunk_size(size_t) const {
    return 1;
}

ErrorRef Executor::shutdown(cf_shutdown_flags_t flags, Deadline deadline) {
    begin_shutdown((flags & CF_SHUTDOWN_CANCEL_FUTURES) != 0);
    if ((flags & CF_SHUTDOWN_WAIT) == 0) return nullptr;
    if (OwnerScope::depth(this) != 0) {
        return Error::create(CF_STATUS_WOULD_DEADLOCK,
                             "a task or callback of this executor waits for its own end; the "
                             "shutdown goes on without this wait");
    }
    std::optional<Blocking> blocking;  // of a task of another executor
    if (inside_task() && !deadline.passed()) blocking.emplace(std::span<Future* const>());
    if (await_termination(deadline, 0)) return nullptr;
    return Error::create(CF_STATUS_TIMEOUT,
                         "the executor still has work or workers; its shutdown goes on");
}

ErrorRef Executor::end_workers(WorkersEnd how, cf_shutdown_flags_t flags, Deadline deadline) {
    if (!begin_ending_workers(how)) {
        return Error::create(
            CF_STATUS_UNSUPPORTED,
            "the workers of this executor are threads, which cannot be killed; use "
            "cf_executor_shutdown()");
    }
    return shutdown(flags | CF_SHUTDOWN_CANCEL_FUTURES, deadline);
}

ErrorRef Executor::list_workers(WorkerList&) {
    return Error::create(
        CF_STATUS_UNSUPPORTED,
        "the workers of this executor are threads; only worker processes are listed");
}

void Executor::end_at_exit() {
    if (exit_.policy == CF_EXIT_POLICY_ABANDON) return;
    begin_shutdown(exit_.policy == CF_EXIT_POLICY_CANCEL_PENDING);
    // When the time is up, what has not started is cancelled, and what runs is left to itself.
    if (!await_termination(Deadline::after(exit_.timeout), OwnerScope::calls(this)))
        begin_shutdown(true);
}

void run_call(Future& future, uint64_t worker_id) {
    const auto retire = [&] { future.owner()->retire(future); };
    run_on_this_thread(
        future, worker_id, [] {}, retire);
}

void run_call(Future& future, uint64_t worker_id, CallClock& clock) {
    const auto retire = [&] { future.owner()->retire(future); };
    run_on_this_thread(
        future, worker_id, [&] { clock.stop(); }, retire);
}

bool begin_awaited_call(Future& future) {
    future.leave_queue();
    if (!future.has_deadline()) return true;
    future.owner()->forget_deadline(future);
    if (!future.deadline().passed()) return true;
    future.abandon(future.deadline_error());
    return false;
}

bool start_in_time(Future& future) {
    if (future.deadline().passed()) {
        future.fail_unstarted(future.deadline_error());
        return false;
    }
    if (!future.start()) return false;
    future.owner()->forget_deadline(future);
    future.leave_queue();
    return true;
}

ErrorRef submitted_before() {
    return Error::create(CF_STATUS_INVALID_STATE,
                         "the prepared call was submitted or cancelled before");
}

ErrorRef shut_down_error() {
    return Error::create(CF_STATUS_SHUT_DOWN, "cannot submit new calls after shutdown");
}

}  // namespace cf
