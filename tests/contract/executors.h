// The executors that the contract holds for, and what they differ in.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "handles.h"
#include "worker_ways.h"

namespace contract {

struct Maker {
    std::string name;
    int workers;
    bool queues;       // calls can wait their turn; otherwise submit runs them
    bool in_process;   // tasks run in this process, so pointers mean something
    bool knows_names;  // submit refuses an unknown name; otherwise the worker is asked
    WorkerWay way;     // of process pools
    cf_status_t (*create)(const Maker& maker, cf_executor_t** executor_out);
};

std::ostream& operator<<(std::ostream& stream, const Maker& maker);

// For INSTANTIATE_TEST_SUITE_P: the selections of makers and the names of the instances.
std::vector<Maker> all_makers();
std::vector<Maker> queueing_makers();    // all but the inline executor
std::vector<Maker> in_process_makers();  // the inline executor and thread pools
std::vector<Maker> thread_makers();
std::vector<Maker> process_makers();
std::vector<Maker> wide_makers();  // two or more workers

// Options of a process pool like the one that a maker makes.
ProcessPoolOptions process_options(const Maker& maker);

}  // namespace contract
