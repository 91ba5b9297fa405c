// cf_executor_terminate_workers, cf_executor_kill_workers, cf_executor_workers, cf_worker_list_*.
#include <memory>

#include "executor/executor.h"
#include "guard.h"

using namespace cf;
using namespace cf::capi;

namespace {

cf_status_t end_workers(cf_executor_t* executor, WorkersEnd how, cf_shutdown_flags_t flags,
                        int64_t timeout_ns, cf_error_t** error_out) {
    return call_user(error_out, [&]() -> ErrorRef {
        const Deadline deadline = Deadline::after(timeout_ns);
        auto* object = from_handle<Executor>(executor);
        if (ErrorRef error = check_usable(object, "executor")) return error;
        if ((flags & ~(CF_SHUTDOWN_WAIT | CF_SHUTDOWN_CANCEL_FUTURES)) != 0) {
            return invalid_argument(text("flags is ", flags, ", which has unknown bits"));
        }
        return object->end_workers(how, flags, deadline);
    });
}

/// The worker at an index; null when there is none.
const WorkerInfo* worker_at(const cf_worker_list_t* list, size_t index) {
    const auto* object = from_handle<WorkerList>(list);
    return object != nullptr && index < object->workers.size() ? &object->workers[index] : nullptr;
}

}  // namespace

extern "C" {

cf_status_t cf_executor_terminate_workers(cf_executor_t* executor, cf_shutdown_flags_t flags,
                                          int64_t timeout_ns, cf_error_t** error_out) {
    return end_workers(executor, WorkersEnd::kTerminate, flags, timeout_ns, error_out);
}

cf_status_t cf_executor_kill_workers(cf_executor_t* executor, cf_shutdown_flags_t flags,
                                     int64_t timeout_ns, cf_error_t** error_out) {
    return end_workers(executor, WorkersEnd::kKill, flags, timeout_ns, error_out);
}

cf_status_t cf_executor_workers(cf_executor_t* executor, cf_worker_list_t** list_out,
                                cf_error_t** error_out) {
    clear(list_out);
    return call(error_out, [&]() -> ErrorRef {
        auto* object = from_handle<Executor>(executor);
        if (ErrorRef error = check_usable(object, "executor")) return error;
        if (list_out == nullptr) return bad_argument("list_out");
        auto list = std::make_unique<WorkerList>();
        if (ErrorRef error = object->list_workers(*list)) return error;
        *list_out = to_handle<cf_worker_list_t>(list.release());
        return nullptr;
    });
}

void cf_worker_list_release(cf_worker_list_t* list) {
    delete from_handle<WorkerList>(list);
}

size_t cf_worker_list_count(const cf_worker_list_t* list) {
    const auto* object = from_handle<WorkerList>(list);
    return object != nullptr ? object->workers.size() : 0;
}

int64_t cf_worker_list_pid(const cf_worker_list_t* list, size_t index) {
    const WorkerInfo* worker = worker_at(list, index);
    return worker != nullptr ? worker->pid : 0;
}

cf_worker_state_t cf_worker_list_state(const cf_worker_list_t* list, size_t index) {
    const WorkerInfo* worker = worker_at(list, index);
    return worker != nullptr ? worker->state : cf_worker_state_t{CF_WORKER_STATE_INVALID};
}

uint64_t cf_worker_list_task_id(const cf_worker_list_t* list, size_t index) {
    const WorkerInfo* worker = worker_at(list, index);
    return worker != nullptr ? worker->task_id : 0;
}

const char* cf_worker_list_function(const cf_worker_list_t* list, size_t index) {
    const WorkerInfo* worker = worker_at(list, index);
    return worker != nullptr ? worker->function.c_str() : "";
}

uint64_t cf_worker_list_tasks_done(const cf_worker_list_t* list, size_t index) {
    const WorkerInfo* worker = worker_at(list, index);
    return worker != nullptr ? worker->tasks_done : 0;
}

int64_t cf_worker_list_memory(const cf_worker_list_t* list, size_t index) {
    const WorkerInfo* worker = worker_at(list, index);
    return worker != nullptr ? worker->memory : -1;
}

}  // extern "C"
