// The functions that the contract calls by name. The test program registers them, and so does the
// shared library that cfutures-worker loads, so that every executor can run them.
#pragma once

namespace contract {

void register_functions();

}  // namespace contract
