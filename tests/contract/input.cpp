// Wrong input: JSON, names, sizes and options, each with its status and a message that says what.
#include <climits>

#include "contract.h"

namespace contract {
namespace {

constexpr int64_t kTerminated = -1;

cf_status_t try_call(cf_executor_t* executor, const std::string& text, Error& error) {
    Future future;
    const cf_status_t status =
        cf_executor_submit_call(executor, nullptr, "echo", text.data(),
                                static_cast<int64_t>(text.size()), future.out(), error.out());
    EXPECT_EQ(future.get() != nullptr, status == CF_STATUS_OK);
    return status;
}

class Arguments : public ContractTest {};
CONTRACT_HOLDS_FOR(Arguments, all_makers);

TEST_P(Arguments, ThatAreNotJsonAreADecodeError) {
    const Pool pool = make();
    for (const std::string text :
         {"",         " ",         "[",          "]",       "[1,]",       "[1 2]",
          "[1]]",     "[1] x",     "{",          "{\"a\"}", "{\"a\":1,}", "{a:1}",
          "['a']",    "[\"a]",     "[nul]",      "[+1]",    "[01]",       "[1.]",
          "[.5]",     "[NaN]",     "[Infinity]", "[-]",     "[\"\\x\"]",  "[\"\\ud800\"]",
          "// c\n[]", "[\"a\nb\"]"}) {
        Error error;
        SCOPED_TRACE(text);
        expect_error(try_call(pool, text, error), error, CF_STATUS_DECODE_ERROR);
    }
    EXPECT_EQ(json_of(submit(pool, "echo")), "[]");
}

TEST_P(Arguments, OfTextThatIsNotUtf8AreADecodeError) {
    const Pool pool = make();
    for (const std::string text : {"[\"\xff\"]", "[\"\xc0\x80\"]", "[\"\xed\xa0\x80\"]",
                                   "[\"\xe2\x82\"]", "[\"\xf5\x80\x80\x80\"]"}) {
        Error error;
        expect_error(try_call(pool, text, error), error, CF_STATUS_DECODE_ERROR);
    }
}

TEST_P(Arguments, AfterAnEmbeddedNulAreADecodeError) {
    const Pool pool = make();
    Error error;
    expect_error(try_call(pool, std::string("[1]\0[2]", 7), error), error, CF_STATUS_DECODE_ERROR);
    Error inside;
    expect_error(try_call(pool, std::string("[\"a\0b\"]", 7), inside), inside,
                 CF_STATUS_DECODE_ERROR);
    EXPECT_EQ(json_of(submit(pool, "length", "[\"a\\u0000b\"]")), "3");
}

TEST_P(Arguments, WithNumbersThatDoNotFitAreADecodeError) {
    const Pool pool = make();
    for (const std::string number :
         {"18446744073709551616", "-9223372036854775809", "123456789012345678901234567890", "1E400",
          "-1E400", "1e99999999999"}) {
        Error error;
        SCOPED_TRACE(number);
        expect_error(try_call(pool, "[1, {\"a\": " + number + "}]", error), error,
                     CF_STATUS_DECODE_ERROR);
    }
    for (const std::string number :
         {"18446744073709551615", "-9223372036854775808", "1.7976931348623157e308"}) {
        EXPECT_EQ(json_of(submit(pool, "echo", '[' + number + ']')), '[' + number + ']');
    }
}

TEST_P(Arguments, ThatAreNestedTooDeeplyAreADecodeError) {
    const Pool pool = make();
    for (const std::size_t depth : {std::size_t{2000}, std::size_t{1000000}}) {
        Error error;
        std::string arrays(depth, '[');
        arrays.append(depth, ']');
        expect_error(try_call(pool, arrays, error), error, CF_STATUS_DECODE_ERROR, {"deep"});
        std::string objects;
        for (std::size_t i = 0; i < depth; ++i)
            objects += "{\"a\":";
        Error second;
        expect_error(try_call(pool, objects + '1' + std::string(depth, '}'), second), second,
                     CF_STATUS_DECODE_ERROR, {"deep"});
    }
    // The limit itself, which convention 13 names.
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_EQ(json_of(submit(pool, "echo", nested(128))), nested(128));
    Error beyond;
    expect_error(try_call(pool, nested(129), beyond), beyond, CF_STATUS_DECODE_ERROR, {"128"});
}

TEST_P(Arguments, ThatAreScalarsAreAnEncodeError) {
    const Pool pool = make();
    for (const std::string text : {"1", "\"text\"", "null", "true", " 1.5 "}) {
        Error error;
        SCOPED_TRACE(text);
        expect_error(try_call(pool, text, error), error, CF_STATUS_ENCODE_ERROR, {"array"});
    }
}

TEST_P(Arguments, OfANegativeSizeAreRefused) {
    const Pool pool = make();
    Error error;
    expect_error(cf_executor_submit_call(pool, nullptr, "echo", "[]", -2, nullptr, error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"size"});
}

TEST_P(Arguments, OfTheWrongTypeFailTheTask) {
    const Pool pool = make();
    EXPECT_EQ(outcome_of(submit(pool, "add", R"(["a", {}])")), CF_STATUS_TASK_FAILED);
    EXPECT_EQ(outcome_of(submit(pool, "add", "[1]")), CF_STATUS_TASK_FAILED);
}

TEST_P(Arguments, AMissingNameIsRefused) {
    const Pool pool = make();
    Error null;
    expect_error(cf_executor_submit_call(pool, nullptr, nullptr, "[]", -1, nullptr, null.out()),
                 null, CF_STATUS_INVALID_ARGUMENT, {"name"});
}

TEST_P(Arguments, MissingOnesOfMapAreRefused) {
    const Pool pool = make();
    const char* const texts[] = {"[1]", nullptr};
    Map map;
    Error no_map;
    expect_error(
        cf_executor_map_call(pool, nullptr, "echo", texts, nullptr, 1, nullptr, no_map.out()),
        no_map, CF_STATUS_INVALID_ARGUMENT, {"map_out"});
    Error no_texts;
    expect_error(
        cf_executor_map_call(pool, nullptr, "echo", nullptr, nullptr, 1, map.out(), no_texts.out()),
        no_texts, CF_STATUS_INVALID_ARGUMENT, {"arguments"});
    Error no_name;
    expect_error(
        cf_executor_map_call(pool, nullptr, nullptr, texts, nullptr, 1, map.out(), no_name.out()),
        no_name, CF_STATUS_INVALID_ARGUMENT, {"name"});
    Error no_input;
    expect_error(cf_executor_map_call_lazy(pool, nullptr, "echo", nullptr, nullptr, nullptr,
                                           map.out(), no_input.out()),
                 no_input, CF_STATUS_INVALID_ARGUMENT, {"next_arguments_fn"});
}

class PointerArguments : public ContractTest {};
CONTRACT_HOLDS_FOR(PointerArguments, in_process_makers);

TEST_P(PointerArguments, MissingOnesAreRefusedAndUserDataIsDestroyed) {
    Load load;
    const Pool pool = make();
    Future future;
    Map map;
    void* payload = nullptr;
    Error no_task;
    expect_error(cf_executor_submit(pool, nullptr, nullptr, &load, Load::destroy, future.out(),
                                    no_task.out()),
                 no_task, CF_STATUS_INVALID_ARGUMENT, {"task_fn"});
    EXPECT_EQ(load.destroyed.value(), 1);
    Error no_prepared_task;
    expect_error(cf_executor_prepare(pool, nullptr, 8, 8, nullptr, nullptr, nullptr, &payload,
                                     future.out(), no_prepared_task.out()),
                 no_prepared_task, CF_STATUS_INVALID_ARGUMENT, {"task_fn"});
    Error no_future;
    expect_error(cf_executor_prepare(pool, nullptr, 8, 8, Load::run, nullptr, nullptr, &payload,
                                     nullptr, no_future.out()),
                 no_future, CF_STATUS_INVALID_ARGUMENT, {"future_out"});
    Error no_item;
    expect_error(cf_executor_map(pool, nullptr, Load::run, nullptr, nullptr, &load, Load::destroy,
                                 map.out(), no_item.out()),
                 no_item, CF_STATUS_INVALID_ARGUMENT, {"next_item_fn"});
    EXPECT_EQ(load.destroyed.value(), 2);
    Error no_callback;
    const Future done = submit(pool, "echo");
    expect_error(
        cf_future_add_done_callback(done, nullptr, &load, Load::destroy, no_callback.out()),
        no_callback, CF_STATUS_INVALID_ARGUMENT, {"done_fn"});
    EXPECT_EQ(load.destroyed.value(), 3);
    EXPECT_EQ(load.ran.value(), 0);
}

// --- Options ---------------------------------------------------------------------------------------

TEST(Options, OfThreadPools) {
    ThreadPoolOptions options;
    ASSERT_EQ(cf_thread_pool_options_create(options.out(), nullptr), CF_STATUS_OK);
    for (const int32_t workers : {0, -1, 4097, INT32_MAX, INT32_MIN}) {
        Error error;
        expect_error(cf_thread_pool_options_set_max_workers(options, workers, error.out()), error,
                     CF_STATUS_INVALID_ARGUMENT, {"max_workers", std::to_string(workers), "4096"});
    }
    EXPECT_EQ(cf_thread_pool_options_set_max_workers(options, 1, nullptr), CF_STATUS_OK);
    EXPECT_EQ(cf_thread_pool_options_set_max_workers(options, 4096, nullptr), CF_STATUS_OK);
    Error prefix;
    expect_error(cf_thread_pool_options_set_name_prefix(options, nullptr, prefix.out()), prefix,
                 CF_STATUS_INVALID_ARGUMENT, {"prefix"});
}

TEST(Options, OfProcessPools) {
    ProcessPoolOptions options;
    ASSERT_EQ(cf_process_pool_options_create(options.out(), nullptr), CF_STATUS_OK);
    for (const int32_t workers : {0, -1, 4097}) {
        Error error;
        expect_error(cf_process_pool_options_set_max_workers(options, workers, error.out()), error,
                     CF_STATUS_INVALID_ARGUMENT, {"max_workers", std::to_string(workers)});
    }
    Error tasks;
    expect_error(cf_process_pool_options_set_max_tasks_per_child(options, -1, tasks.out()), tasks,
                 CF_STATUS_INVALID_ARGUMENT, {"max_tasks"});
    for (const int64_t timeout : {int64_t{0}, int64_t{-1}}) {
        Error error;
        expect_error(cf_process_pool_options_set_start_timeout(options, timeout, error.out()),
                     error, CF_STATUS_INVALID_ARGUMENT, {"timeout"});
    }
    for (const int64_t size : {int64_t{-1}, int64_t{1023}, int64_t{1} << 31}) {
        Error error;
        expect_error(cf_process_pool_options_set_max_message_size(options, size, error.out()),
                     error, CF_STATUS_INVALID_ARGUMENT, {"size"});
    }
    EXPECT_EQ(cf_process_pool_options_set_max_message_size(options, 1024, nullptr), CF_STATUS_OK);
    EXPECT_EQ(
        cf_process_pool_options_set_max_message_size(options, (int64_t{1} << 31) - 1, nullptr),
        CF_STATUS_OK);
}

TEST(Options, OfWorkers) {
    ProcessPoolOptions options;
    ASSERT_EQ(cf_process_pool_options_create(options.out(), nullptr), CF_STATUS_OK);
    const char* const relative[] = {"relative.so"};
    const char* const null[] = {nullptr};
    const char* const empty[] = {""};
    Error error;
    expect_error(cf_process_pool_options_set_worker_libraries(options, relative, 1, error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"relative.so", "absolute"});
    expect_error(cf_process_pool_options_set_worker_libraries(options, null, 1, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT);
    expect_error(cf_process_pool_options_set_worker_libraries(options, nullptr, 1, error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"paths"});
    expect_error(cf_process_pool_options_set_worker_libraries(options, relative, 0, error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"paths"});
    expect_error(cf_process_pool_options_set_worker_command(options, null, 1, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT);
    expect_error(cf_process_pool_options_set_worker_command(options, nullptr, 1, error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"argv"});
    expect_error(cf_process_pool_options_set_worker_command(options, empty, 0, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"argv"});
}

TEST(Options, OfProcessInitializers) {
    ProcessPoolOptions options;
    ASSERT_EQ(cf_process_pool_options_create(options.out(), nullptr), CF_STATUS_OK);
    Error error;
    for (const char* const text : {"[", "[1E400]", "x"}) {
        expect_error(
            cf_process_pool_options_set_initializer(options, "f", text, kTerminated, error.out()),
            error, CF_STATUS_DECODE_ERROR);
    }
    expect_error(cf_process_pool_options_set_initializer(options, "f", "[]", -2, error.out()),
                 error, CF_STATUS_INVALID_ARGUMENT, {"size"});
    EXPECT_EQ(cf_process_pool_options_set_initializer(options, nullptr, nullptr, 0, nullptr),
              CF_STATUS_OK);
}

TEST(Options, OfMaps) {
    MapOptions options;
    ASSERT_EQ(cf_map_options_create(options.out(), nullptr), CF_STATUS_OK);
    Error error;
    for (const int64_t size : {int64_t{-1}, int64_t{65537}, INT64_MAX}) {
        expect_error(cf_map_options_set_chunk_size(options, size, error.out()), error,
                     CF_STATUS_INVALID_ARGUMENT, {"chunk_size"});
    }
    EXPECT_EQ(cf_map_options_set_chunk_size(options, 65536, nullptr), CF_STATUS_OK);
    expect_error(cf_map_options_set_window(options, -1, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"window"});
}

TEST(Options, OfSubmit) {
    SubmitOptions options;
    ASSERT_EQ(cf_submit_options_create(options.out(), nullptr), CF_STATUS_OK);
    Error error;
    expect_error(cf_submit_options_set_name(options, nullptr, error.out()), error,
                 CF_STATUS_INVALID_ARGUMENT, {"name"});
}

TEST(Options, MayMakeAnyNumberOfExecutors) {
    ThreadPoolOptions options;
    ASSERT_EQ(cf_thread_pool_options_create(options.out(), nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_thread_pool_options_set_max_workers(options, 1, nullptr), CF_STATUS_OK);
    cf_executor_t* first = nullptr;
    cf_executor_t* second = nullptr;
    ASSERT_EQ(cf_thread_pool_create(options, &first, nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_thread_pool_create(options, &second, nullptr), CF_STATUS_OK);
    options.reset();
    const Pool one(first);
    const Pool two(second);
    EXPECT_EQ(json_of(submit(one, "echo")), "[]");
    EXPECT_EQ(json_of(submit(two, "echo")), "[]");
}

TEST(Options, ThreadsBearThePrefix) {
    ThreadPoolOptions options;
    ASSERT_EQ(cf_thread_pool_options_create(options.out(), nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_thread_pool_options_set_name_prefix(options, "render", nullptr), CF_STATUS_OK);
    cf_executor_t* executor = nullptr;
    ASSERT_EQ(cf_thread_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    const Pool pool(executor);
    std::string name(16, '\0');
    const auto task = [](cf_task_t*, void* data) -> int32_t {
        return pthread_getname_np(pthread_self(), static_cast<std::string*>(data)->data(), 16);
    };
    Future future;
    ASSERT_EQ(cf_executor_submit(pool, nullptr, task, &name, nullptr, future.out(), nullptr),
              CF_STATUS_OK);
    ASSERT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_EQ(name.substr(0, 7), "render_");
}

// --- Missing out parameters --------------------------------------------------------------------------

TEST(OutParameters, AreNamedWhenTheyAreMissing) {
    Error error;
    const auto expect_named = [&](cf_status_t status, const char* word) {
        expect_error(status, error, CF_STATUS_INVALID_ARGUMENT, {word});
    };
    expect_named(cf_inline_executor_create(nullptr, error.out()), "executor_out");
    expect_named(cf_thread_pool_create(nullptr, nullptr, error.out()), "executor_out");
    expect_named(cf_process_pool_create(nullptr, nullptr, error.out()), "executor_out");
    expect_named(cf_thread_pool_options_create(nullptr, error.out()), "options_out");
    expect_named(cf_process_pool_options_create(nullptr, error.out()), "options_out");
    expect_named(cf_submit_options_create(nullptr, error.out()), "options_out");
    expect_named(cf_map_options_create(nullptr, error.out()), "options_out");
    expect_named(cf_promise_create(nullptr, error.out()), "promise_out");
    expect_named(cf_completion_queue_create(nullptr, error.out()), "queue_out");
    expect_named(cf_as_completed(nullptr, 0, -1, nullptr, error.out()), "queue_out");
}

// Convention 5: whatever stood there is gone, so that nobody uses or releases it.
TEST(OutParameters, AreClearedWhenTheCallFails) {
    int anything = 0;
    const auto refused = [&]<typename Handle>(Handle* garbage, auto call) {
        Handle* handle = garbage;
        EXPECT_LT(call(&handle), 0);
        EXPECT_EQ(handle, nullptr);
    };
    auto* const future = reinterpret_cast<cf_future_t*>(&anything);
    auto* const map = reinterpret_cast<cf_map_t*>(&anything);
    auto* const queue = reinterpret_cast<cf_completion_queue_t*>(&anything);
    const cf_task_fn task = [](cf_task_t*, void*) -> int32_t { return 0; };
    const cf_then_fn follow = [](cf_task_t*, cf_future_t*, void*) -> int32_t { return 0; };
    const cf_map_item_fn item = [](void*, void**) -> int32_t { return 0; };
    const cf_map_arguments_fn arguments = [](void*, const char**, size_t*) -> int32_t { return 0; };
    const char* const texts[] = {"[]", "[]"};
    cf_future_t* const none[] = {nullptr};
    refused(future, [&](auto out) {
        return cf_executor_submit(nullptr, nullptr, task, nullptr, nullptr, out, nullptr);
    });
    refused(future, [&](auto out) {
        return cf_executor_submit_call(nullptr, nullptr, "echo", "[]", -1, out, nullptr);
    });
    refused(future, [&](auto out) {
        return cf_executor_submit_batch(nullptr, nullptr, task, nullptr, 1, nullptr, out, nullptr);
    });
    refused(future, [&](auto out) {
        return cf_executor_submit_call_batch(nullptr, nullptr, "echo", texts, nullptr, 1, out,
                                             nullptr);
    });
    refused(future, [&](auto out) {
        void* payload = &anything;
        const cf_status_t status = cf_executor_prepare(nullptr, nullptr, 8, 8, task, nullptr,
                                                       nullptr, &payload, out, nullptr);
        EXPECT_EQ(payload, nullptr);
        return status;
    });
    refused(future, [&](auto out) {
        return cf_future_then(nullptr, nullptr, nullptr, 0, follow, nullptr, nullptr, out, nullptr);
    });
    refused(future, [&](auto out) { return cf_when_all(none, 1, out, nullptr); });
    refused(future, [&](auto out) { return cf_when_any(none, 1, out, nullptr); });
    refused(future, [&](auto out) {
        uint64_t tag = 7;
        const cf_status_t status = cf_completion_queue_next(nullptr, 0, out, &tag, nullptr);
        EXPECT_EQ(tag, 0u);
        return status;
    });
    refused(future, [&](auto out) {
        uint64_t tag = 7;
        size_t count = 7;
        const cf_status_t status =
            cf_completion_queue_next_batch(nullptr, 0, out, &tag, 1, &count, nullptr);
        EXPECT_EQ(count, 0u);
        return status;
    });
    refused(future, [&](auto out) {
        uint64_t index = 7;
        const cf_status_t status = cf_map_next(nullptr, 0, out, &index, nullptr);
        EXPECT_EQ(index, 0u);
        return status;
    });
    refused(queue, [&](auto out) { return cf_as_completed(none, 1, 0, out, nullptr); });
    refused(map, [&](auto out) {
        return cf_executor_map(nullptr, nullptr, task, nullptr, item, nullptr, nullptr, out,
                               nullptr);
    });
    refused(map, [&](auto out) {
        return cf_executor_map_call(nullptr, nullptr, "echo", texts, nullptr, 2, out, nullptr);
    });
    refused(map, [&](auto out) {
        return cf_executor_map_call_lazy(nullptr, nullptr, "echo", arguments, nullptr, nullptr, out,
                                         nullptr);
    });
    refused(reinterpret_cast<cf_worker_list_t*>(&anything),
            [&](auto out) { return cf_executor_workers(nullptr, out, nullptr); });
    refused(reinterpret_cast<cf_executor_t*>(&anything), [&](auto out) {
        const auto* wrong = reinterpret_cast<const cf_thread_pool_options_t*>(&anything);
        return cf_thread_pool_create(wrong, out, nullptr);
    });
    refused(reinterpret_cast<cf_promise_t*>(&anything), [&](auto out) {
        return cf_promise_create_with_payload(8, 3, nullptr, nullptr, out, nullptr);
    });
    refused(reinterpret_cast<void*>(&anything),
            [&](auto out) { return cf_future_result_pointer(nullptr, 0, out, nullptr); });
    refused(reinterpret_cast<const char*>(&anything), [&](auto out) {
        size_t size = 7;
        const cf_status_t status = cf_future_result_json(nullptr, 0, out, &size, nullptr);
        EXPECT_EQ(size, 0u);
        return status;
    });
    refused(reinterpret_cast<const char*>(&anything), [&](auto out) {
        size_t size = 7;
        const cf_status_t status = cf_task_arguments(nullptr, out, &size);
        EXPECT_EQ(size, 0u);
        return status;
    });
    refused(reinterpret_cast<cf_error_t*>(&anything), [&](auto out) {
        return cf_error_create(CF_STATUS_OK, nullptr, nullptr, nullptr, out);
    });
    refused(reinterpret_cast<cf_error_t*>(&anything), [&](auto out) {
        return cf_future_exception(nullptr, 0, out) == CF_STATUS_INVALID_ARGUMENT && *out == nullptr
                   ? CF_STATUS_INVALID_ARGUMENT
                   : CF_STATUS_OK;
    });
    size_t done = 7;
    EXPECT_LT(cf_wait(none, 1, CF_RETURN_WHEN_ALL_COMPLETED, 0, nullptr, &done, nullptr), 0);
    EXPECT_EQ(done, 0u);
}

}  // namespace
}  // namespace contract
