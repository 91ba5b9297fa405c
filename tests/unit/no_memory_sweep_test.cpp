// Every function of the C ABI without memory, from a table: the first allocation fails, then the
// second, until none is left to fail. no_memory_test.cpp looks closer at some of them. (T-10)
//
// All of it runs inside of a task, so that cf_task_*() can be called too.
#include <cfutures/cfutures.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "allocation_failure.h"
#include "support/events.h"

namespace cf_unit {
namespace {

using E = cf_error_t**;

struct Row {
    const char* name;
    std::function<cf_status_t(E)> attempt;
    std::function<void()> before = [] {};  // with memory; so is `after`
    std::function<void()> after = [] {};
    bool gives_error = true;
    cf_status_t good = CF_STATUS_OK;
};

/// Functions that have no reason to allocate when their arguments are right.
const std::set<std::string> kAllocateNothing = {
    "cf_completion_queue_descriptor",
    "cf_completion_queue_next",
    "cf_completion_queue_next_batch",
    "cf_completion_queue_release",
    "cf_completion_queue_retain",
    "cf_error_cause",
    "cf_error_detail",
    "cf_error_function",
    "cf_error_message",
    "cf_error_os_code",
    "cf_error_release",
    "cf_error_retain",
    "cf_error_status",
    "cf_error_task_code",
    "cf_error_task_id",
    "cf_error_type",
    "cf_error_worker_exit_status",
    "cf_error_worker_pid",
    "cf_error_worker_signal",
    "cf_executor_kill_workers",
    "cf_executor_release",
    "cf_executor_retain",
    "cf_executor_shutdown",
    "cf_executor_terminate_workers",
    "cf_free",
    "cf_function_registered",
    "cf_future_cancel",
    "cf_future_cancel_running",
    "cf_future_cancelled",
    "cf_future_done",
    "cf_future_error",
    "cf_future_exception",
    "cf_future_outcome",
    "cf_future_payload",
    "cf_future_release",
    "cf_future_result_bytes",
    "cf_future_result_json",
    "cf_future_result_kind",
    "cf_future_result_pointer",
    "cf_future_retain",
    "cf_future_running",
    "cf_future_state",
    "cf_future_task_id",
    "cf_future_wait",
    "cf_map_options_release",
    "cf_map_options_set_cancel_on_release",
    "cf_map_options_set_chunk_size",
    "cf_map_options_set_timeout",
    "cf_map_options_set_unordered",
    "cf_map_options_set_window",
    "cf_map_release",
    "cf_map_retain",
    "cf_process_pool_options_release",
    "cf_process_pool_options_set_exit_policy",
    "cf_process_pool_options_set_exit_timeout",
    "cf_process_pool_options_set_break_on_crash",
    "cf_process_pool_options_set_core_size_limit",
    "cf_process_pool_options_set_cpu_time_limit",
    "cf_process_pool_options_set_crash_limit",
    "cf_process_pool_options_set_idle_timeout",
    "cf_process_pool_options_set_max_message_size",
    "cf_process_pool_options_set_max_tasks_per_child",
    "cf_process_pool_options_set_max_workers",
    "cf_process_pool_options_set_memory_limit",
    "cf_process_pool_options_set_nesting_limit",
    "cf_process_pool_options_set_niceness",
    "cf_process_pool_options_set_no_new_privileges",
    "cf_process_pool_options_set_output",
    "cf_process_pool_options_set_start_timeout",
    "cf_process_pool_options_set_termination_grace",
    "cf_process_pool_options_set_umask",
    "cf_process_pool_options_set_worker_self",
    "cf_promise_future",
    "cf_promise_release",
    "cf_promise_retain",
    "cf_promise_set_error",
    "cf_promise_set_result_pointer",
    "cf_promise_set_running_or_notify_cancel",
    "cf_status_message",
    "cf_status_name",
    "cf_submit_options_release",
    "cf_submit_options_set_deadline",
    "cf_submit_options_set_retries",
    "cf_task_arguments",
    "cf_task_cancel_requested",
    "cf_task_fail_with",
    "cf_task_id",
    "cf_task_return_pointer",
    "cf_task_time_left",
    "cf_task_worker_id",
    "cf_thread_pool_options_release",
    "cf_thread_pool_options_set_help",
    "cf_thread_pool_options_set_max_compensating_workers",
    "cf_thread_pool_options_set_exit_policy",
    "cf_thread_pool_options_set_exit_timeout",
    "cf_thread_pool_options_set_max_workers",
    "cf_thread_pool_options_set_outside_help",
    "cf_unobserved_failure_count",
    "cf_version_number",
    "cf_version_string",
    "cf_worker_entry",
    "cf_worker_list_count",
    "cf_worker_list_function",
    "cf_worker_list_memory",
    "cf_worker_list_pid",
    "cf_worker_list_release",
    "cf_worker_list_state",
    "cf_worker_list_task_id",
    "cf_worker_list_tasks_done",
};

constexpr const char* kLongPath = "/a/path/that/is/too/long/for/a/string/without/memory/of/its/own";
constexpr const char* kLong = "a text that is too long for a string without memory of its own";

int given = 0;
bool over = false;
cf_test::Counter* destroyed = nullptr;

/// Counts a user_data that a function takes over.
void* give() {
    ++given;
    return destroyed;
}
void destroy(void* counter) {
    static_cast<cf_test::Counter*>(counter)->add();
}
int32_t nothing(cf_task_t*, void*) {
    return 0;
}
int32_t follow(cf_task_t*, cf_future_t*, void*) {
    return 0;
}
int32_t no_item(void*, void**) {
    return 0;
}
int32_t one_text_after_another(void*, const char** text, size_t* size) {
    *text = "[1]";
    *size = 3;
    return 1;
}

/// A function that makes an object: nothing is written when it fails.
template <typename Handle>
std::function<cf_status_t(E)> makes(std::function<cf_status_t(Handle**, E)> create,
                                    void (*release)(Handle*)) {
    return [create, release](E error) {
        int anything = 0;
        auto* made = reinterpret_cast<Handle*>(&anything);
        const cf_status_t status = create(&made, error);
        if (status == CF_STATUS_OK) {
            EXPECT_NE(made, nullptr);
            release(made);
        } else {
            EXPECT_EQ(made, nullptr);
        }
        return status;
    };
}

/// submit(futures) gives three futures, or none.
template <typename Submit>
cf_status_t gives_all(const Submit& submit) {
    int anything = 0;
    auto* before = reinterpret_cast<cf_future_t*>(&anything);
    cf_future_t* futures[] = {before, before, before};
    const cf_status_t status = submit(futures);
    for (cf_future_t* future : futures) {
        EXPECT_EQ(future != nullptr, status == CF_STATUS_OK);
        cf_future_release(future);
    }
    return status;
}

void end(cf_executor_t* executor) {
    EXPECT_EQ(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, cf_test::long_wait_ns(), nullptr),
              CF_STATUS_OK);
    cf_executor_release(executor);
}

/// What the rows work on.
struct Ground {
    cf_task_t* task = nullptr;
    cf_executor_t* pool = nullptr;
    cf_thread_pool_options_t* threads = nullptr;
    cf_process_pool_options_t* processes = nullptr;
    cf_executor_t* process_pool = nullptr;
    cf_submit_options_t* submit = nullptr;
    cf_completion_queue_t* queue = nullptr;
    cf_promise_t* promise = nullptr;  // of each attempt, as the two below
    cf_future_t* future = nullptr;
    cf_map_t* map = nullptr;

    explicit Ground(cf_task_t* running) : task(running) {
        const char* const command[] = {"/bin/true"};
        EXPECT_EQ(cf_thread_pool_create(nullptr, &pool, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_thread_pool_options_create(&threads, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_process_pool_options_create(&processes, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_process_pool_options_set_worker_command(processes, command, 1, nullptr),
                  CF_STATUS_OK);
        EXPECT_EQ(cf_process_pool_create(processes, &process_pool, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_submit_options_create(&submit, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_submit_options_set_deadline(submit, 10 * cf_test::long_wait_ns(), nullptr),
                  CF_STATUS_OK);
        EXPECT_EQ(cf_completion_queue_create(&queue, nullptr), CF_STATUS_OK);
        EXPECT_EQ(cf_function_register("sweep.nothing", nothing, nullptr, nullptr, nullptr),
                  CF_STATUS_OK);
    }
    ~Ground() {
        cf_completion_queue_release(queue);
        cf_submit_options_release(submit);
        cf_process_pool_options_release(processes);
        cf_thread_pool_options_release(threads);
        end(pool);
        end(process_pool);
    }
    Ground(const Ground&) = delete;
    Ground& operator=(const Ground&) = delete;

    std::function<void()> fresh_promise() {
        return [this] { EXPECT_EQ(cf_promise_create(&promise, nullptr), CF_STATUS_OK); };
    }
    std::function<void()> done_future() {
        return [this] {
            fresh_promise()();
            future = cf_promise_future(promise);
            EXPECT_EQ(cf_future_cancel(future), 1);
        };
    }
    std::function<void()> prepared() {
        return [this] {
            done_future()();
            cf_future_release(future);
            void* payload = nullptr;
            EXPECT_EQ(cf_executor_prepare(pool, nullptr, 8, 8, nothing, nullptr, nullptr, &payload,
                                          &future, nullptr),
                      CF_STATUS_OK);
        };
    }
    std::function<void()> drop() {
        return [this] {
            cf_future_release(std::exchange(future, nullptr));
            cf_promise_release(std::exchange(promise, nullptr));
            cf_map_release(std::exchange(map, nullptr));
        };
    }
};

std::vector<Row> creations(Ground& g) {
    using Future = cf_future_t;
    const auto no_shutdown = cf_executor_release;
    return {
        {"cf_thread_pool_options_create",
         makes<cf_thread_pool_options_t>(cf_thread_pool_options_create,
                                         cf_thread_pool_options_release)},
        {"cf_process_pool_options_create",
         makes<cf_process_pool_options_t>(cf_process_pool_options_create,
                                          cf_process_pool_options_release)},
        {"cf_submit_options_create",
         makes<cf_submit_options_t>(cf_submit_options_create, cf_submit_options_release)},
        {"cf_map_options_create",
         makes<cf_map_options_t>(cf_map_options_create, cf_map_options_release)},
        {"cf_promise_create", makes<cf_promise_t>(cf_promise_create, cf_promise_release)},
        {"cf_promise_create_with_payload", makes<cf_promise_t>(
                                               [](cf_promise_t** out, E e) {
                                                   void* payload = nullptr;
                                                   return cf_promise_create_with_payload(
                                                       8, 8, nullptr, &payload, out, e);
                                               },
                                               cf_promise_release)},
        {"cf_completion_queue_create",
         makes<cf_completion_queue_t>(cf_completion_queue_create, cf_completion_queue_release)},
        {"cf_inline_executor_create", makes<cf_executor_t>(cf_inline_executor_create, no_shutdown)},
        {"cf_thread_pool_create",
         makes<cf_executor_t>(
             [](cf_executor_t** out, E e) { return cf_thread_pool_create(nullptr, out, e); },
             no_shutdown)},
        {"cf_process_pool_create",
         makes<cf_executor_t>(
             [&g](cf_executor_t** out, E e) { return cf_process_pool_create(g.processes, out, e); },
             end)},
        {"cf_executor_workers",
         makes<cf_worker_list_t>([&g](cf_worker_list_t** out,
                                      E e) { return cf_executor_workers(g.process_pool, out, e); },
                                 cf_worker_list_release)},
        {"cf_error_create",
         [](E) {
             cf_error_t* made = nullptr;
             const cf_status_t status =
                 cf_error_create(CF_STATUS_TASK_FAILED, "Type", kLong, "[1]", &made);
             EXPECT_EQ(cf_error_status(made),
                       status == CF_STATUS_OK ? CF_STATUS_TASK_FAILED : CF_STATUS_OK);
             cf_error_release(made);
             return status;
         },
         [] {}, [] {}, false},
        {"cf_as_completed",
         makes<cf_completion_queue_t>(
             [&g](cf_completion_queue_t** out, E e) {
                 return cf_as_completed(&g.future, 1, -1, out, e);
             },
             cf_completion_queue_release),
         g.done_future(), g.drop()},
        {"cf_executor_submit", makes<Future>(
                                   [&g](Future** out, E e) {
                                       return cf_executor_submit(g.pool, g.submit, nothing, give(),
                                                                 destroy, out, e);
                                   },
                                   cf_future_release)},
        {"cf_executor_submit_call", makes<Future>(
                                        [&g](Future** out, E e) {
                                            return cf_executor_submit_call(g.pool, nullptr,
                                                                           "sweep.nothing", "[1]",
                                                                           -1, out, e);
                                        },
                                        cf_future_release)},
        {"cf_executor_prepare", makes<Future>(
                                    [&g](Future** out, E e) {
                                        void* payload = nullptr;
                                        return cf_executor_prepare(g.pool, nullptr, 8, 8, nothing,
                                                                   nullptr, nullptr, &payload, out,
                                                                   e);
                                    },
                                    cf_future_release)},
        {"cf_executor_map", makes<cf_map_t>(
                                [&g](cf_map_t** out, E e) {
                                    return cf_executor_map(g.pool, nullptr, nothing, nullptr,
                                                           no_item, give(), destroy, out, e);
                                },
                                cf_map_release)},
        {"cf_executor_map_call", makes<cf_map_t>(
                                     [&g](cf_map_t** out, E e) {
                                         const char* const texts[] = {"[1]", "[2]"};
                                         return cf_executor_map_call(g.pool, nullptr,
                                                                     "sweep.nothing", texts,
                                                                     nullptr, 2, out, e);
                                     },
                                     cf_map_release)},
        {"cf_executor_map_call_lazy", makes<cf_map_t>(
                                          [&g](cf_map_t** out, E e) {
                                              return cf_executor_map_call_lazy(
                                                  g.pool, nullptr, "sweep.nothing",
                                                  one_text_after_another, give(), destroy, out, e);
                                          },
                                          cf_map_release)},
        {"cf_future_then",
         makes<Future>(
             [&g](Future** out, E e) {
                 return cf_future_then(g.future, g.pool, nullptr, 0, follow, give(), destroy, out,
                                       e);
             },
             cf_future_release),
         g.done_future(), g.drop()},
        {"cf_when_all",
         makes<Future>([&g](Future** out, E e) { return cf_when_all(&g.future, 1, out, e); },
                       cf_future_release),
         g.done_future(), g.drop()},
        {"cf_when_any",
         makes<Future>([&g](Future** out, E e) { return cf_when_any(&g.future, 1, out, e); },
                       cf_future_release),
         g.done_future(), g.drop()},
        {"cf_map_next",
         makes<Future>([&g](Future** out, E e) { return cf_map_next(g.map, -1, out, nullptr, e); },
                       cf_future_release),
         [&g] {
             EXPECT_EQ(
                 cf_executor_map_call_lazy(g.pool, nullptr, "sweep.nothing", one_text_after_another,
                                           nullptr, nullptr, &g.map, nullptr),
                 CF_STATUS_OK);
         },
         g.drop()},
    };
}

std::vector<Row> changes(Ground& g) {
    static const char* const texts[] = {"/a/path/that/is/too/long/for/a/short/string", "two"};
    return {
        {"cf_thread_pool_options_set_name_prefix",
         [&g](E e) { return cf_thread_pool_options_set_name_prefix(g.threads, kLong, e); }},
        {"cf_thread_pool_options_set_initializer",
         [&g](E e) {
             return cf_thread_pool_options_set_initializer(
                 g.threads, [](void*) { return int32_t{0}; }, give(), destroy, e);
         }},
        {"cf_process_pool_options_set_worker_libraries",
         [&g](E e) {
             return cf_process_pool_options_set_worker_libraries(g.processes, texts, 1, e);
         }},
        {"cf_process_pool_options_set_worker_command",
         [&g](E e) {
             return cf_process_pool_options_set_worker_command(g.processes, texts, 2, e);
         }},
        {"cf_process_pool_options_set_directory",
         [&g](E e) { return cf_process_pool_options_set_directory(g.processes, kLongPath, e); }},
        {"cf_process_pool_options_set_environment",
         [&g](E e) {
             const char* const entries[] = {"NAME=a value that needs memory of its own"};
             return cf_process_pool_options_set_environment(g.processes, entries, 1, e);
         }},
        {"cf_process_pool_options_set_initializer",
         [&g](E e) {
             return cf_process_pool_options_set_initializer(g.processes, kLong, "[1]", -1, e);
         }},
        {"cf_submit_options_set_name",
         [&g](E e) { return cf_submit_options_set_name(g.submit, kLong, e); }},
        {"cf_wait",
         [&g](E e) {
             return cf_wait(&g.future, 1, CF_RETURN_WHEN_ALL_COMPLETED, -1, nullptr, nullptr, e);
         },
         g.done_future(), g.drop()},
        {"cf_completion_queue_add",
         [&g](E e) { return cf_completion_queue_add(g.queue, g.future, 1, e); }, g.done_future(),
         g.drop()},
        {"cf_future_add_done_callback",
         [&g](E e) {
             return cf_future_add_done_callback(
                 g.future, [](cf_future_t*, void*) {}, give(), destroy, e);
         },
         g.done_future(), g.drop()},
        {"cf_executor_submit_prepared",
         [&g](E e) { return cf_executor_submit_prepared(g.pool, g.future, e); }, g.prepared(),
         g.drop()},
        {"cf_executor_submit_prepared_batch",
         [&g](E e) { return cf_executor_submit_prepared_batch(g.pool, &g.future, 1, e); },
         g.prepared(), g.drop()},
        {"cf_executor_post",
         [&g](E e) { return cf_executor_post(g.pool, g.submit, nothing, give(), destroy, e); }},
        {"cf_executor_post_batch",
         [&g](E e) {
             void* const inputs[] = {give(), give(), give()};
             return cf_executor_post_batch(g.pool, g.submit, nothing, inputs, 3, destroy, e);
         }},
        {"cf_executor_submit_batch",
         [&g](E e) {
             return gives_all([&](cf_future_t** out) {
                 void* const inputs[] = {give(), give(), give()};
                 return cf_executor_submit_batch(g.pool, g.submit, nothing, inputs, 3, destroy, out,
                                                 e);
             });
         }},
        {"cf_executor_submit_call_batch",
         [&g](E e) {
             return gives_all([&](cf_future_t** out) {
                 const char* const three[] = {"[1]", "[2]", "[3]"};
                 return cf_executor_submit_call_batch(g.pool, nullptr, "sweep.nothing", three,
                                                      nullptr, 3, out, e);
             });
         }},
        {"cf_future_then_prepared",
         [&g](E e) {
             cf_future_t* before = cf_promise_future(g.promise);
             const cf_status_t status = cf_future_then_prepared(before, g.pool, 0, g.future, e);
             cf_future_release(before);
             return status;
         },
         g.prepared(), g.drop()},
        {"cf_function_register",
         [](E e) {
             const cf_status_t status =
                 cf_function_register("sweep.register", nothing, give(), destroy, e);
             if (status == CF_STATUS_OK) --given;  // for good
             return status;
         }},
        {"cf_function_visit",
         [](E) {
             return cf_function_visit([](const char*, void*) { return int32_t{1}; }, nullptr);
         },
         [] {}, [] {}, false},
        {"cf_unobserved_failure_set_hook",
         [](E e) {
             return cf_unobserved_failure_set_hook([](const cf_error_t*, void*) {}, give(), destroy,
                                                   e);
         },
         [] {}, [] { cf_unobserved_failure_set_hook(nullptr, nullptr, nullptr, nullptr); }},
        {"cf_promise_set_result_bytes",
         [&g](E e) { return cf_promise_set_result_bytes(g.promise, "abc", 3, e); },
         g.fresh_promise(), g.drop()},
        {"cf_promise_set_result_json",
         [&g](E e) { return cf_promise_set_result_json(g.promise, "[1]", -1, e); },
         g.fresh_promise(), g.drop()},
        {"cf_task_return_bytes", [&g](E) { return cf_task_return_bytes(g.task, "abc", 3); }, [] {},
         [] {}, false},
        {"cf_task_return_json", [&g](E) { return cf_task_return_json(g.task, "[1]", -1); }, [] {},
         [] {}, false},
        {"cf_task_fail", [&g](E) { return cf_task_fail(g.task, "Type", kLong, "[1]"); }, [] {},
         [] {}, false, CF_STATUS_TASK_FAILED},
        {"cf_default_thread_count",
         [](E) { return cf_default_thread_count() >= 1 ? CF_STATUS_OK : CF_STATUS_INTERNAL; },
         [] {}, [] {}, false},
        {"cf_default_process_count",
         [](E) { return cf_default_process_count() >= 1 ? CF_STATUS_OK : CF_STATUS_INTERNAL; },
         [] {}, [] {}, false},
    };
}

std::vector<Row> all_rows(Ground& ground) {
    std::vector<Row> rows = creations(ground);
    for (Row& row : changes(ground))
        rows.push_back(std::move(row));
    return rows;
}

void sweep(const Row& row, FailingAllocation::Mode mode) {
    bool struck = true;
    cf_status_t status = row.good;
    for (int nth = 1; struck; ++nth) {
        SCOPED_TRACE(std::string(row.name) + ", allocation " + std::to_string(nth));
        ASSERT_LT(nth, 1000);
        cf_error_t* error = nullptr;
        row.before();
        {
            const FailingAllocation failing(nth, mode);
            status = row.attempt(&error);
            struck = failing.struck();
        }
        row.after();
        if (status != row.good) {
            EXPECT_EQ(status, CF_STATUS_NO_MEMORY);
            EXPECT_TRUE(struck);
        }
        EXPECT_EQ(cf_error_status(error), row.gives_error && status != row.good
                                              ? cf_status_t{CF_STATUS_NO_MEMORY}
                                              : cf_status_t{CF_STATUS_OK});
        cf_error_release(error);
    }
    EXPECT_EQ(status, row.good) << row.name << " fails with memory";
}

int32_t sweep_all(cf_task_t* task, void*) {
    using Mode = FailingAllocation::Mode;
    Ground ground(task);
    for (const Row& row : all_rows(ground)) {
        for (const Mode mode : {Mode::kOnce, Mode::kFromThenOn})
            sweep(row, mode);
    }
    over = true;
    return 0;
}

TEST(NoMemorySweep, T10OfEveryFunction) {
    cf_test::Counter count;
    destroyed = &count;
    given = 0;
    over = false;
    cf_executor_t* here = nullptr;
    ASSERT_EQ(cf_inline_executor_create(&here, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_executor_submit(here, nullptr, sweep_all, nullptr, nullptr, nullptr, nullptr),
              CF_STATUS_OK);
    end(here);
    EXPECT_TRUE(over);
    EXPECT_GT(given, 0);
    EXPECT_EQ(count.value(), given);
}

TEST(NoMemorySweep, T10ForgetsNoFunction) {
    std::set<std::string> exported;
    std::ifstream file(CFUTURES_TEST_SYMBOLS);
    for (std::string name; file >> name;)
        exported.insert(name);
    std::set<std::string> known = kAllocateNothing;
    Ground ground(nullptr);
    for (const Row& row : all_rows(ground))
        EXPECT_TRUE(known.insert(row.name).second) << row.name << " stands twice";
    EXPECT_GT(exported.size(), 100u);
    EXPECT_EQ(known, exported);
}

}  // namespace
}  // namespace cf_unit
