/// All of the C++ API. Programs that use threads alone may include <cfutures/thread_pool.hpp> and what
/// else they need, and are spared nlohmann/json.
#ifndef CFUTURES_CFUTURES_HPP
#define CFUTURES_CFUTURES_HPP

#include "cfutures/as_completed.hpp"
#include "cfutures/call.hpp"
#include "cfutures/completion_queue.hpp"
#include "cfutures/coroutine.hpp"
#include "cfutures/errors.hpp"
#include "cfutures/executor.hpp"
#include "cfutures/executor_ref.hpp"
#include "cfutures/function.hpp"
#include "cfutures/future.hpp"
#include "cfutures/inline_executor.hpp"
#include "cfutures/json.hpp"
#include "cfutures/map.hpp"
#include "cfutures/process_pool.hpp"
#include "cfutures/promise.hpp"
#include "cfutures/stats.hpp"
#include "cfutures/submit_options.hpp"
#include "cfutures/task_context.hpp"
#include "cfutures/thread_pool.hpp"
#include "cfutures/timeout.hpp"
#include "cfutures/wait.hpp"
#include "cfutures/when.hpp"
#include "cfutures/worker.hpp"

#endif
