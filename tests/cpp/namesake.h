// Two files each have a function namesake(int) of their own.
#pragma once

#include <cfutures/call.hpp>
#include <cfutures/executor.hpp>

// Calls the namesake of namesake.cpp, by its derived name.
int call_other_namesake(cfutures::Executor& executor, int n);
// The same for named_twin(int), which has a name of its own there.
int call_other_twin(cfutures::Executor& executor, int n);
