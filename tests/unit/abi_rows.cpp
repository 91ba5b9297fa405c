#include "abi_rows.h"

#include "support/events.h"

namespace cf_unit {
namespace {

using E = Row::Error;

constexpr const char* kLongPath = "/a/path/that/is/too/long/for/a/string/without/memory/of/its/own";
constexpr const char* kLong = "a text that is too long for a string without memory of its own";

int given = 0;
cf_test::Counter* destroyed = nullptr;

/// Counts a user_data that a function takes over.
void* give() {
    ++given;
    return destroyed;
}
void destroy(void* counter) {
    static_cast<cf_test::Counter*>(counter)->add();
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
        {"cf_executor_stats",
         makes<cf_stats_t>(
             [&g](cf_stats_t** out, E e) { return cf_executor_stats(g.process_pool, out, e); },
             cf_stats_release)},
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
        {"cf_executor_map_range",
         [&g](E e) {
             return cf_executor_map_range(
                 g.pool, 0, 100, 1, [](cf_task_t*, int64_t, int64_t, void*) { return int32_t{0}; },
                 nullptr, e);
         }},
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
        {"cf_task_report_progress", [&g](E) { return cf_task_report_progress(g.task, "[1]", -1); },
         [] {}, [] {}, false},
        {"cf_future_progress",
         [&g](E) {
             char* json = nullptr;
             const cf_status_t status = cf_future_progress(g.future, &json, nullptr, nullptr);
             cf_free(json);
             return status;
         },
         g.done_future(), g.drop(), false},
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

}  // namespace

int32_t nothing(cf_task_t*, void*) {
    return 0;
}

void end(cf_executor_t* executor) {
    EXPECT_EQ(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, cf_test::long_wait_ns(), nullptr),
              CF_STATUS_OK);
    cf_executor_release(executor);
}

std::vector<Row> abi_rows(Ground& ground) {
    std::vector<Row> rows = creations(ground);
    for (Row& row : changes(ground))
        rows.push_back(std::move(row));
    return rows;
}

void inside_a_task(const std::function<void(cf_task_t*)>& body) {
    // For good: whoever registers a function again has to name the same.
    static cf_test::Counter& count = *new cf_test::Counter;
    const int before = count.value();
    destroyed = &count;
    given = 0;
    struct Scene {
        const std::function<void(cf_task_t*)>& body;
        bool over = false;
        static int32_t play(cf_task_t* task, void* opaque) {
            auto& self = *static_cast<Scene*>(opaque);
            self.body(task);
            self.over = true;
            return 0;
        }
    } scene{body};
    cf_executor_t* here = nullptr;
    ASSERT_EQ(cf_inline_executor_create(&here, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_executor_submit(here, nullptr, Scene::play, &scene, nullptr, nullptr, nullptr),
              CF_STATUS_OK);
    end(here);
    EXPECT_TRUE(scene.over);
    EXPECT_GT(given, 0);
    EXPECT_EQ(count.value() - before, given);
}

}  // namespace cf_unit
