#include "worker_ways.h"

namespace contract {
namespace {

constexpr WorkerWay kWays[] = {WorkerWay::kSelf, WorkerWay::kForked, WorkerWay::kLibrary,
                               WorkerWay::kPython};

}  // namespace

ProcessPoolOptions process_options(WorkerWay way) {
    ProcessPoolOptions options;
    cf_process_pool_options_create(options.out(), nullptr);
    if (way == WorkerWay::kForked) {
        cf_process_pool_options_set_start_method(options, CF_START_METHOD_FORKSERVER, nullptr);
    } else if (way == WorkerWay::kLibrary) {
        const char* const paths[] = {CONTRACT_LIBRARY};
        cf_process_pool_options_set_worker_libraries(options, paths, 1, nullptr);
    } else if (way == WorkerWay::kPython) {
        // Isolated and without its site: nothing of the machine it runs on, and a faster start.
        const char* const argv[] = {CONTRACT_PYTHON, "-ISB", CONTRACT_PYTHON_WORKER,
                                    CONTRACT_PYTHON_FUNCTIONS};
        cf_process_pool_options_set_worker_command(options, argv, 4, nullptr);
    }
    return options;
}

const char* way_name(WorkerWay way) {
    switch (way) {
        case WorkerWay::kForked:
            return "forked";
        case WorkerWay::kLibrary:
            return "library";
        case WorkerWay::kPython:
            return "python";
        default:
            return "self";
    }
}

WorkerWay way_named(const std::string& name) {
    for (const WorkerWay way : kWays) {
        if (name == way_name(way)) return way;
    }
    return WorkerWay::kSelf;
}

}  // namespace contract
