// Worker programs that cannot be started, are no workers, or lack a function.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "contract.h"
#include "support/subprocess.h"

namespace contract {
namespace {

cf_status_t create(const std::vector<const char*>& argv, int64_t start_timeout,
                   cf_executor_t** executor, Error& error) {
    ProcessPoolOptions options;
    cf_process_pool_options_create(options.out(), nullptr);
    cf_process_pool_options_set_max_workers(options, 1, nullptr);
    cf_process_pool_options_set_start_timeout(options, start_timeout, nullptr);
    EXPECT_EQ(
        cf_process_pool_options_set_worker_command(options, argv.data(), argv.size(), nullptr),
        CF_STATUS_OK);
    return cf_process_pool_create(options, executor, error.out());
}

// A pool whose worker program starts, but never becomes a worker.
void expect_no_worker(const std::vector<const char*>& argv, const std::vector<std::string>& words,
                      int64_t start_timeout = long_wait_ns()) {
    cf_executor_t* executor = nullptr;
    Error error;
    ASSERT_EQ(create(argv, start_timeout, &executor, error), CF_STATUS_OK)
        << cf_error_message(error);
    Watcher watcher;
    const Pool pool(executor);
    const Future future = submit(pool, "echo");
    watcher.add_to(future);
    expect_failure(future, CF_STATUS_BROKEN_EXECUTOR, words);
    Error refused;
    expect_error(cf_executor_submit_call(pool, nullptr, "echo", "[]", -1, nullptr, refused.out()),
                 refused, CF_STATUS_BROKEN_EXECUTOR, words);
    EXPECT_EQ(shutdown_and_wait(pool), CF_STATUS_OK);
    EXPECT_EQ(watcher.called.value(), 1);
}

TEST(WorkerProgram, ThatDoesNotExist) {
    cf_executor_t* executor = nullptr;
    Error error;
    expect_error(create({"/no/such/worker"}, long_wait_ns(), &executor, error), error,
                 CF_STATUS_SYSTEM, {"/no/such/worker"});
    EXPECT_EQ(cf_error_os_code(error), ENOENT);
    EXPECT_EQ(executor, nullptr);
}

TEST(WorkerProgram, ThatIsNotExecutable) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("worker");
    std::ofstream(file) << "no program";
    cf_executor_t* executor = nullptr;
    Error error;
    expect_error(create({file.c_str()}, long_wait_ns(), &executor, error), error, CF_STATUS_SYSTEM,
                 {file});
    EXPECT_EQ(cf_error_os_code(error), EACCES);
    EXPECT_EQ(executor, nullptr);
}

TEST(WorkerProgram, ThatIsADirectory) {
    const cf_test::TempDir directory;
    cf_executor_t* executor = nullptr;
    Error error;
    expect_error(create({directory.path().c_str()}, long_wait_ns(), &executor, error), error,
                 CF_STATUS_SYSTEM, {directory.path()});
    EXPECT_EQ(executor, nullptr);
}

// Executable by its mode, but the kernel has no way to run it.
TEST(WorkerProgram, ThatTheSystemCannotRun) {
    const cf_test::TempDir directory;
    const std::string file = directory.file("worker");
    std::ofstream(file) << "\x7f"
                           "ELF, but not really";
    ASSERT_EQ(chmod(file.c_str(), 0700), 0);
    expect_no_worker({file.c_str()}, {file});
}

TEST(WorkerProgram, ThatEndsAtOnce) {
    expect_no_worker({"/bin/true"}, {"/bin/true"});
}

TEST(WorkerProgram, ThatFails) {
    expect_no_worker({"/bin/false"}, {"/bin/false"});
}

TEST(WorkerProgram, ThatSpeaksSomethingElse) {
    expect_no_worker({"/bin/cat"}, {"/bin/cat"});
}

TEST(WorkerProgram, ThatSaysNothing) {
    expect_no_worker({"/bin/sleep", "1000"}, {"/bin/sleep"}, cf_test::short_wait_ns());
}

TEST(WorkerLibrary, ThatDoesNotExist) {
    ProcessPoolOptions options;
    cf_process_pool_options_create(options.out(), nullptr);
    const char* const paths[] = {"/no/such/library.so"};
    ASSERT_EQ(cf_process_pool_options_set_worker_libraries(options, paths, 1, nullptr),
              CF_STATUS_OK);
    cf_executor_t* executor = nullptr;
    Error error;
    expect_error(cf_process_pool_create(options, &executor, error.out()), error, CF_STATUS_SYSTEM,
                 {"/no/such/library.so"});
    EXPECT_EQ(cf_error_os_code(error), ENOENT);
    EXPECT_EQ(executor, nullptr);
}

// A file that exists, but that the loader refuses in the worker.
TEST(WorkerLibrary, ThatIsNone) {
    ProcessPoolOptions options;
    cf_process_pool_options_create(options.out(), nullptr);
    const char* const paths[] = {"/etc/passwd"};
    ASSERT_EQ(cf_process_pool_options_set_worker_libraries(options, paths, 1, nullptr),
              CF_STATUS_OK);
    cf_executor_t* executor = nullptr;
    ASSERT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    const Pool pool(executor);
    expect_failure(submit(pool, "echo"), CF_STATUS_BROKEN_EXECUTOR, {"/etc/passwd"});
}

TEST(WorkerLibrary, HasItsOwnFunctionsAndNotTheProgrammes) {
    const ProcessPoolOptions options = process_options(WorkerWay::kLibrary);
    cf_executor_t* executor = nullptr;
    ASSERT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    const Pool pool(executor);
    EXPECT_EQ(json_of(submit(pool, "only_in_library")), "\"from the library\"");
    const Future missing = submit(pool, "only_in_program");
    expect_failure(missing, CF_STATUS_UNKNOWN_FUNCTION, {"only_in_program"});
    EXPECT_EQ(json_of(submit(pool, "only_in_library")), "\"from the library\"");
}

TEST(WorkerSelf, HasTheProgrammesFunctionsAndNotTheLibrarys) {
    cf_executor_t* executor = nullptr;
    ASSERT_EQ(cf_process_pool_create(nullptr, &executor, nullptr), CF_STATUS_OK);
    const Pool pool(executor);
    EXPECT_EQ(json_of(submit(pool, "only_in_program")), "\"from the program\"");
    Error error;
    expect_error(
        cf_executor_submit_call(pool, nullptr, "only_in_library", "[]", -1, nullptr, error.out()),
        error, CF_STATUS_UNKNOWN_FUNCTION, {"only_in_library"});
}

// The last choice of a worker counts.
TEST(WorkerSelf, CanBeChosenAgain) {
    const ProcessPoolOptions options = process_options(WorkerWay::kLibrary);
    ASSERT_EQ(cf_process_pool_options_set_worker_self(options, nullptr), CF_STATUS_OK);
    cf_executor_t* executor = nullptr;
    ASSERT_EQ(cf_process_pool_create(options, &executor, nullptr), CF_STATUS_OK);
    const Pool pool(executor);
    EXPECT_EQ(json_of(submit(pool, "only_in_program")), "\"from the program\"");
}

// --- Programs of their own, since a process passes the worker entry once --------------------------------

void expect_host(const std::string& scene) {
    const cf_test::Outcome outcome = cf_test::run({{CONTRACT_HOST}, {"CONTRACT_SCENE=" + scene}});
    EXPECT_FALSE(outcome.timed_out);
    EXPECT_EQ(outcome.signal, 0);
    EXPECT_EQ(outcome.exit_status, 0);
    EXPECT_EQ(outcome.out, "as expected\n") << outcome.err;
}

TEST(WorkerEntry, AProgramThatHasNotPassedItIsRefused) {
    expect_host("unprepared");
}

TEST(WorkerEntry, AProgramThatDoesNotReachItAsAWorkerIsReported) {
    expect_host("other_path");
}

TEST(WorkerEntry, AProgramMayMakeOtherPoolsWithoutIt) {
    expect_host("library_only");
}

TEST(WorkerEntry, TheMarkerLeavesTheEnvironment) {
    expect_host("grandchild");
}

// --- A program that ends ---------------------------------------------------------------------------------

class ProgramExit : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Contract, ProgramExit, testing::Values("threads", "processes"),
                         [](const auto& each) { return each.param; });

TEST_P(ProgramExit, S3Gh83386AcceptedWorkIsFinishedFirst) {
    for (const char* const way : {"return", "exit", "shutdown_no_wait", "release"}) {
        const cf_test::TempDir directory;
        const std::string file = directory.file("record");
        const cf_test::Outcome outcome =
            cf_test::run({{CONTRACT_HOST},
                          {"CONTRACT_SCENE=leave", std::string("CONTRACT_POOL=") + GetParam(),
                           std::string("CONTRACT_WAY=") + way, "CONTRACT_FILE=" + file}});
        EXPECT_FALSE(outcome.timed_out) << way;
        EXPECT_EQ(outcome.exit_status, 0) << way << outcome.err;
        EXPECT_EQ(recorded(file), 20) << way;
    }
}

TEST_P(ProgramExit, T12AbandonsWhatRuns) {
    for (const char* const way : {"return", "exit", "quick_exit", "_exit"}) {
        const cf_test::ProcessGate gate;
        const cf_test::Outcome outcome = cf_test::run(
            {{CONTRACT_HOST},
             {"CONTRACT_SCENE=abandon", std::string("CONTRACT_POOL=") + GetParam(),
              std::string("CONTRACT_WAY=") + way, "CONTRACT_GATE=" + std::string(gate.path())}});
        EXPECT_FALSE(outcome.timed_out) << way;
        EXPECT_EQ(outcome.signal, 0) << way;
        EXPECT_EQ(outcome.exit_status, 0) << way << outcome.err;
    }
}

TEST(ProgramExitInATask, T12DoesNotHang) {
    const cf_test::Outcome outcome =
        cf_test::run({{CONTRACT_HOST}, {"CONTRACT_SCENE=exit_in_task"}});
    EXPECT_FALSE(outcome.timed_out);
    EXPECT_EQ(outcome.exit_status, 5) << outcome.err;
}

}  // namespace
}  // namespace contract
