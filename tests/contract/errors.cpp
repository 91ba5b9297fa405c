// How tasks fail, and what the error tells.
#include <pthread.h>
#include <unistd.h>

#include <cstring>

#include "contract.h"
#include "support/sanitizer.h"

namespace contract {
namespace {

class Errors : public ContractTest {};
CONTRACT_HOLDS_FOR(Errors, all_makers);

TEST_P(Errors, TypeMessageAndDetailArrive) {
    const Pool pool = make();
    const Future future = submit(pool, "fail", R"(["ValueError", "n is negative", {"n":-1}])");
    ASSERT_EQ(outcome_of(future), CF_STATUS_TASK_FAILED);
    const cf_error_t* error = cf_future_error(future);
    EXPECT_EQ(cf_error_status(error), CF_STATUS_TASK_FAILED);
    EXPECT_STREQ(cf_error_type(error), "ValueError");
    EXPECT_STREQ(cf_error_message(error), "n is negative");
    EXPECT_STREQ(cf_error_detail(error), R"({"n":-1})");
    EXPECT_STREQ(cf_error_function(error), "fail");
    EXPECT_EQ(cf_error_task_id(error), cf_future_task_id(future));
    EXPECT_EQ(cf_error_worker_signal(error), 0);
    EXPECT_EQ(cf_error_worker_exit_status(error), -1);
    EXPECT_EQ(cf_error_os_code(error), 0);
}

TEST_P(Errors, WithoutDetailThereIsNone) {
    const Pool pool = make();
    const Future future = submit(pool, "fail", R"(["E", "m"])");
    ASSERT_EQ(outcome_of(future), CF_STATUS_TASK_FAILED);
    EXPECT_EQ(cf_error_detail(cf_future_error(future)), nullptr);
}

TEST_P(Errors, AFailedFutureGivesItsErrorInsteadOfAResult) {
    const Pool pool = make();
    const Future future = submit(pool, "fail", R"(["E", "the message"])");
    ASSERT_EQ(outcome_of(future), CF_STATUS_TASK_FAILED);
    EXPECT_EQ(cf_future_state(future), CF_FUTURE_STATE_FINISHED);
    EXPECT_EQ(cf_future_result_kind(future), CF_RESULT_KIND_INVALID);

    Error by_json;
    const char* json = "";
    expect_error(cf_future_result_json(future, 0, &json, nullptr, by_json.out()), by_json,
                 CF_STATUS_TASK_FAILED, {"the message"});
    EXPECT_EQ(json, nullptr);
    Error by_bytes;
    const void* bytes = "";
    std::size_t size = 1;
    expect_error(cf_future_result_bytes(future, 0, &bytes, &size, by_bytes.out()), by_bytes,
                 CF_STATUS_TASK_FAILED, {"the message"});
    EXPECT_EQ(size, 0u);
    Error by_pointer;
    void* pointer = &size;
    expect_error(cf_future_result_pointer(future, 0, &pointer, by_pointer.out()), by_pointer,
                 CF_STATUS_TASK_FAILED, {"the message"});
    EXPECT_EQ(pointer, nullptr);
    EXPECT_STREQ(cf_error_message(error_of(future)), "the message");
}

TEST_P(Errors, ASuccessHasNoException) {
    const Pool pool = make();
    const Future future = submit(pool, "none");
    Error error;
    EXPECT_EQ(cf_future_exception(future, long_wait_ns(), error.out()), CF_STATUS_OK);
    EXPECT_EQ(error.get(), nullptr);
    EXPECT_EQ(cf_future_error(future), nullptr);
}

TEST_P(Errors, AnErrorOutlivesFutureAndExecutor) {
    Error error;
    {
        const Pool pool = make();
        error = error_of(submit(pool, "fail", R"(["E", "still here"])"));
    }
    EXPECT_STREQ(cf_error_message(error), "still here");
}

TEST_P(Errors, AnErrorOutweighsAResult) {
    const Pool pool = make();
    const Future future = submit(pool, "fail_after_result");
    EXPECT_EQ(outcome_of(future), CF_STATUS_TASK_FAILED);
    EXPECT_STREQ(cf_error_message(cf_future_error(future)), "this counts");
}

TEST_P(Errors, T01AnyOtherReturnValueFails) {
    const Pool pool = make();
    for (const int32_t code : {1, 2147483647}) {
        const Future future = submit(pool, "return_code", '[' + std::to_string(code) + ']');
        EXPECT_EQ(outcome_of(future), CF_STATUS_TASK_FAILED) << code;
        const cf_error_t* error = cf_future_error(future);
        EXPECT_EQ(cf_error_task_code(error), code);
        EXPECT_NE(std::string(cf_error_message(error)).find(std::to_string(code)),
                  std::string::npos)
            << cf_error_message(error);
    }
    EXPECT_EQ(outcome_of(submit(pool, "return_code", "[0]")), CF_STATUS_OK);
}

TEST_P(Errors, AGivenErrorKeepsItsStatus) {
    const Pool pool = make();
    for (const cf_status_t status :
         {CF_STATUS_TASK_FAILED, CF_STATUS_TIMEOUT, CF_STATUS_NO_MEMORY, CF_STATUS_UNSUPPORTED}) {
        const Future future = submit(pool, "fail_with_status", '[' + std::to_string(status) + ']');
        EXPECT_STREQ(cf_status_name(outcome_of(future)), cf_status_name(status));
        const cf_error_t* error = cf_future_error(future);
        EXPECT_EQ(cf_error_status(error), status);
        EXPECT_STREQ(cf_error_type(error), "Given");
        EXPECT_STREQ(cf_error_message(error), "as given");
    }
}

TEST_P(Errors, S6ATimeoutOfTheTaskIsNotATimeoutOfTheWait) {
    const Pool pool = make();
    const Future future =
        submit(pool, "fail_with_status", '[' + std::to_string(CF_STATUS_TIMEOUT) + ']');
    EXPECT_EQ(cf_future_wait(future, long_wait_ns()), CF_STATUS_OK);
    EXPECT_EQ(cf_future_done(future), 1);
    Error error;
    EXPECT_EQ(cf_future_exception(future, 0, error.out()), CF_STATUS_OK);
    EXPECT_EQ(cf_error_status(error), CF_STATUS_TIMEOUT);
}

TEST_P(Errors, T01StandardExceptionsArriveWithTypeAndText) {
    const Pool pool = make();
    const struct {
        const char* kind;
        const char* type;
        const char* message;
    } thrown[] = {
        {"runtime_error", "std::runtime_error", "it ran"},
        {"out_of_range", "std::out_of_range", "it left"},
        {"bad_alloc", "std::bad_alloc", "bad_alloc"},
    };
    for (const auto& each : thrown) {
        const Future future = submit(pool, "throw", '[' + quoted(each.kind) + ']');
        ASSERT_EQ(outcome_of(future), CF_STATUS_TASK_FAILED);
        const cf_error_t* error = cf_future_error(future);
        EXPECT_STREQ(cf_error_type(error), each.type);
        EXPECT_NE(std::strstr(cf_error_message(error), each.message), nullptr)
            << cf_error_message(error);
    }
}

TEST_P(Errors, T01OtherThrownTypesAreNamed) {
    const Pool pool = make();
    const Future number = submit(pool, "throw", R"(["int"])");
    ASSERT_EQ(outcome_of(number), CF_STATUS_TASK_FAILED);
    EXPECT_STREQ(cf_error_type(cf_future_error(number)), "int");
    EXPECT_STRNE(cf_error_message(cf_future_error(number)), "");

    const Future nested = submit(pool, "throw", R"(["nested"])");
    ASSERT_EQ(outcome_of(nested), CF_STATUS_TASK_FAILED);
    EXPECT_STREQ(cf_error_message(cf_future_error(nested)), "around it");

    const Future own = submit(pool, "throw", R"(["own"])");
    ASSERT_EQ(outcome_of(own), CF_STATUS_TASK_FAILED);
    EXPECT_NE(std::strstr(cf_error_type(cf_future_error(own)), "OwnException"), nullptr);
    EXPECT_STRNE(cf_error_message(cf_future_error(own)), "");
}

TEST_P(Errors, T01ThePoolWorksOnAfterEveryKind) {
    const Pool pool = make();
    for (int round = 0; round < 5; ++round) {
        submit(pool, "throw", R"(["int"])");
        submit(pool, "fail", R"(["E", "m"])");
        submit(pool, "return_code", "[5]");
        EXPECT_EQ(json_of(submit(pool, "add", "[1, 1]")), "2");
    }
}

TEST_P(Errors, EachFailedFutureHasAnErrorOfItsOwn) {
    const Pool pool = make();
    const Future first = submit(pool, "fail", R"(["E", "first"])");
    const Future second = submit(pool, "fail", R"(["E", "second"])");
    EXPECT_STREQ(cf_error_message(error_of(first)), "first");
    EXPECT_STREQ(cf_error_message(error_of(second)), "second");
}

TEST_P(Errors, TheNameOfACallCanBeChosen) {
    const Pool pool = make();
    SubmitOptions options;
    ASSERT_EQ(cf_submit_options_create(options.out(), nullptr), CF_STATUS_OK);
    ASSERT_EQ(cf_submit_options_set_name(options, "the third attempt", nullptr), CF_STATUS_OK);
    Future future;
    ASSERT_EQ(
        cf_executor_submit_call(pool, options, "fail", R"(["E", "m"])", -1, future.out(), nullptr),
        CF_STATUS_OK);
    ASSERT_EQ(outcome_of(future), CF_STATUS_TASK_FAILED);
    EXPECT_STREQ(cf_error_function(cf_future_error(future)), "the third attempt");
}

TEST_P(Errors, AnUnknownFunctionIsNamed) {
    const Pool pool = make();
    Future future;
    Error error;
    const cf_status_t status = cf_executor_submit_call(pool, nullptr, "no_such_function", "[]", -1,
                                                       future.out(), error.out());
    if (GetParam().knows_names) {
        expect_error(status, error, CF_STATUS_UNKNOWN_FUNCTION, {"no_such_function"});
        EXPECT_EQ(future.get(), nullptr);
    } else {
        ASSERT_EQ(status, CF_STATUS_OK);
        expect_failure(future, CF_STATUS_UNKNOWN_FUNCTION, {"no_such_function"});
    }
    EXPECT_EQ(json_of(submit(pool, "echo", "[1]")), "[1]");
}

TEST_P(Errors, UnreadErrorsDoNoHarm) {
    const Pool pool = make();
    for (int i = 0; i < 100; ++i)
        submit(pool, "fail", R"(["E", "m"])");
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
}

// --- Threads that end under a task -----------------------------------------------------------------

class ThreadErrors : public ContractTest {};
CONTRACT_HOLDS_FOR(ThreadErrors, thread_makers);

TEST_P(ThreadErrors, T16ATaskThatEndsItsThreadFailsAndThePoolWorksOn) {
    const Pool pool = make();
    for (int i = 0; i < 10; ++i) {
        const Future future = submit(pool, "exit_thread");
        EXPECT_EQ(outcome_of(future), CF_STATUS_TASK_EXITED);
        EXPECT_STRNE(cf_error_message(cf_future_error(future)), "");
    }
    EXPECT_EQ(json_of(submit(pool, "add", "[1, 2]")), "3");
}

// In a wait of its own, and in a wait of ours.
TEST_P(ThreadErrors, T16ATaskWhoseThreadIsCancelledFailsAndThePoolWorksOn) {
    struct Scene {
        pthread_t thread{};
        cf_future_t* never = nullptr;
        cf_test::Gate started;
    };
    const cf_task_fn sleeps = [](cf_task_t*, void* opaque) -> int32_t {
        auto& scene = *static_cast<Scene*>(opaque);
        scene.thread = pthread_self();
        scene.started.open();
        for (;;)
            pause();
    };
    const cf_task_fn waits = [](cf_task_t*, void* opaque) -> int32_t {
        auto& scene = *static_cast<Scene*>(opaque);
        scene.thread = pthread_self();
        scene.started.open();
        cf_future_wait(scene.never,
                       cf_test::short_wait_ns());  // our waits are no cancellation points
        pthread_testcancel();
        return 0;
    };
    Promise promise;
    ASSERT_EQ(cf_promise_create(promise.out(), nullptr), CF_STATUS_OK);
    const Future never(cf_promise_future(promise));
    const Pool pool = make();
    std::vector<cf_task_fn> tasks{waits};
    // That sanitizer sees no atomic operation of a thread that was cancelled in a system call: it reports
    // a race in any program whose thread says so afterwards.
    if (!cf_test::kThreadSanitizer) tasks.push_back(sleeps);
    for (const cf_task_fn task : tasks) {
        for (int round = 0; round < 5; ++round) {
            Scene scene;
            scene.never = never;
            Future future;
            ASSERT_EQ(
                cf_executor_submit(pool, nullptr, task, &scene, nullptr, future.out(), nullptr),
                CF_STATUS_OK);
            scene.started.wait();
            ASSERT_EQ(pthread_cancel(scene.thread), 0);
            EXPECT_EQ(outcome_of(future), CF_STATUS_TASK_EXITED);
        }
    }
    EXPECT_EQ(json_of(submit(pool, "add", "[1, 2]")), "3");
}

TEST_P(ThreadErrors, Bpo45021ATaskMayFork) {
    const Pool pool = make();
    std::vector<Future> futures;
    for (int i = 0; i < 20; ++i)
        futures.push_back(submit(pool, "fork_child", "[7]"));
    for (const Future& future : futures)
        EXPECT_EQ(json_of(future), "7");
}

}  // namespace
}  // namespace contract
