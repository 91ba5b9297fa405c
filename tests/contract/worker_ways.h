// The ways in which the process pools of the contract get their workers.
#pragma once

#include <string>

#include "handles.h"

namespace contract {

enum class WorkerWay {
    kNone,     // no worker processes
    kSelf,     // this program again
    kForked,   // the same, each a copy that a fork server makes
    kLibrary,  // cfutures-worker with the library of functions
    kPython,   // a program that knows nothing but the protocol: ../workers/python_worker.py
};

// Options of a process pool with such workers.
ProcessPoolOptions process_options(WorkerWay way);

// A way as a word, for programs that are told by the environment.
const char* way_name(WorkerWay way);
WorkerWay way_named(const std::string& name);

}  // namespace contract
