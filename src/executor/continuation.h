// Continuations: calls that an executor accepts when another future, the antecedent, is done.
//
// The call of a continuation is made when the continuation is, so that the antecedent's completion
// needs no memory (F6): it is a pending future that no executor has accepted yet. It can be cancelled
// like any other. What waits in the antecedent's list of observers is the Continuation, a callback.
//
//     antecedent --> Continuation --> call        until the antecedent is done or freed
//     call ----(input)----> Continuation          a function continuation, until the call has ended
//
// The first line has no way back, so that an antecedent that never ends can be freed. That happens to
// prepared calls that are never submitted; their continuations fail with BROKEN_PROMISE.
//
// A continuation ends a future, whose continuations end others. To keep long chains off the stack
// those that are notified inside of a continuation wait for their turn, in a list of their thread,
// until the one that runs has ended (UserCodeScope: not while user code runs, since that may wait).
#pragma once

#include "executor/executor.h"

namespace cf {

/// Has a prepared call of the executor accepted when the antecedent is done, or now when it is done
/// already. With on_success, only when it succeeded: otherwise the call ends as the antecedent did.
/// False when the call was submitted or cancelled before. Throws std::bad_alloc, and then has done
/// nothing.
[[nodiscard]] bool continue_with_prepared(Future& antecedent, Executor& executor, Future& call,
                                          bool on_success);

/// The same for a function that gets the antecedent, with a new call for it. Takes over user_data in
/// every case.
struct ContinuationFunction {
    cf_then_fn then_fn;
    void* user_data;
    cf_destroy_fn destroy;
};
ErrorRef continue_with(Future& antecedent, Executor& executor, const CallOptions& options,
                       const ContinuationFunction& function, bool on_success, FutureRef& call_out);

}  // namespace cf
