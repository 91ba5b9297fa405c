// ProcessPool with workers that are other programs: worker_libraries and worker_command.
#include <gtest/gtest.h>
#include <cfutures/process_pool.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

cfutures::ProcessPoolOptions with_library() {
    return {.max_workers = 1, .worker_libraries = {WORKER_LIBRARY}};
}

TEST(WorkerLibraries, CallsByName) {
    cfutures::ProcessPool pool(with_library());
    EXPECT_EQ(pool.call<std::string>("greet", "world").result(), "Hello, world!");
    EXPECT_THROW(pool.call<int>("refuse", 3).result(), std::domain_error);
    EXPECT_THROW(pool.call<int>("greet", "world").result(), cfutures::DecodeError);
    // This program does not know the names of its workers, so the worker answers.
    const auto unknown = pool.call<int>("nobody");
    EXPECT_THROW(unknown.result(), cfutures::UnknownFunctionError);
}

TEST(WorkerLibraries, NamesOfCalls) {
    cfutures::ProcessPool pool(with_library());
    const auto failed =
        cfutures::call<int>(pool, cfutures::SubmitOptions{.name = "third refusal"}, "refuse", 3);
    EXPECT_NE(failed.exception(), nullptr);
    EXPECT_STREQ(cf_error_function(cf_future_error(failed.native_handle())), "third refusal");
}

TEST(WorkerLibraries, OneThatIsMissingIsRefused) {
    EXPECT_THROW(cfutures::ProcessPool({.worker_libraries = {"/nowhere/missing.so"}}),
                 cfutures::SystemError);
}

// cfutures-worker with the library, spelled out: any program with any arguments.
TEST(WorkerCommand, IsRunWithItsArguments) {
    cfutures::ProcessPool pool(
        {.max_workers = 1, .worker_command = {WORKER_PROGRAM, WORKER_LIBRARY}});
    EXPECT_EQ(pool.call<std::string>("greet", "command").result(), "Hello, command!");
}

TEST(WorkerCommand, ThatCannotBeRunIsRefused) {
    EXPECT_THROW(cfutures::ProcessPool({.worker_command = {"/nowhere/program"}}),
                 cfutures::SystemError);
}

TEST(WorkerCommand, AndLibrariesExcludeEachOther) {
    EXPECT_THROW(cfutures::ProcessPool(
                     {.worker_libraries = {WORKER_LIBRARY}, .worker_command = {WORKER_PROGRAM}}),
                 cfutures::InvalidArgument);
}

}  // namespace
