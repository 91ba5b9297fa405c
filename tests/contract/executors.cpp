#include "executors.h"

#include <algorithm>
#include <iterator>

#include "support/sanitizer.h"

namespace contract {
namespace {

#if defined(CONTRACT_HAS_FORK_SERVER)
constexpr bool kHasForkServer = true;
#else
constexpr bool kHasForkServer = false;
#endif

cf_status_t create_inline(const Maker&, cf_executor_t** executor_out) {
    return cf_inline_executor_create(executor_out, nullptr);
}

cf_status_t create_threads(const Maker& maker, cf_executor_t** executor_out) {
    ThreadPoolOptions options;
    cf_thread_pool_options_create(options.out(), nullptr);
    cf_thread_pool_options_set_max_workers(options, maker.workers, nullptr);
    return cf_thread_pool_create(options, executor_out, nullptr);
}

cf_status_t create_processes(const Maker& maker, cf_executor_t** executor_out) {
    return cf_process_pool_create(process_options(maker), executor_out, nullptr);
}

template <typename Predicate>
std::vector<Maker> select(Predicate predicate) {
    const std::vector<Maker> all = all_makers();
    std::vector<Maker> selected;
    std::copy_if(all.begin(), all.end(), std::back_inserter(selected), predicate);
    return selected;
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Maker& maker) {
    return stream << maker.name;
}

std::vector<Maker> all_makers() {
    const auto none = WorkerWay::kNone;
    // name, workers, queues, in_process, knows_names, way
    std::vector<Maker> makers = {
        {"Inline", 1, false, true, true, none, create_inline},
        {"Threads1", 1, true, true, true, none, create_threads},
        {"Threads2", 2, true, true, true, none, create_threads},
        {"Threads4", 4, true, true, true, none, create_threads},
        {"Processes1", 1, true, false, true, WorkerWay::kSelf, create_processes},
        {"Processes2", 2, true, false, true, WorkerWay::kSelf, create_processes},
        {"ForkedWorkers2", 2, true, false, true, WorkerWay::kForked, create_processes},
        {"LibraryWorkers2", 2, true, false, false, WorkerWay::kLibrary, create_processes},
    };
    if (!kHasForkServer) {
        std::erase_if(makers, [](const Maker& maker) { return maker.way == WorkerWay::kForked; });
    }
    // A sanitizer has nothing to see in a worker that is not ours, and the start of Python is half the suite's time.
    if (!cf_test::kSanitized)
        makers.push_back(
            {"PythonWorkers2", 2, true, false, false, WorkerWay::kPython, create_processes});
    return makers;
}

std::vector<Maker> queueing_makers() {
    return select([](const Maker& maker) { return maker.queues; });
}

std::vector<Maker> in_process_makers() {
    return select([](const Maker& maker) { return maker.in_process; });
}

std::vector<Maker> thread_makers() {
    return select([](const Maker& maker) { return maker.in_process && maker.queues; });
}

std::vector<Maker> process_makers() {
    return select([](const Maker& maker) { return !maker.in_process; });
}

std::vector<Maker> wide_makers() {
    return select([](const Maker& maker) { return maker.workers > 1; });
}

ProcessPoolOptions process_options(const Maker& maker) {
    ProcessPoolOptions options = process_options(maker.way);
    cf_process_pool_options_set_max_workers(options, maker.workers, nullptr);
    return options;
}

}  // namespace contract
