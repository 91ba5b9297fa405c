// Futures made of several others: when_all, when_any.
//
// The derived future is done by whoever completes the antecedent that decides it. A Group holds one
// node for each antecedent, in one block that is made with the derived future, so that no memory is
// needed later (F6).
//
// The group is decided once: by the antecedent that settles the derived future, or by its
// cancellation. Then its nodes leave the antecedents that are not done, so that a long-lived future
// does not collect the nodes of all the groups it was ever in. Nodes are added while antecedents end:
// whoever comes last, the adder or the one who decided, takes them out.
#pragma once

#include <span>

#include "future/future.h"

namespace cf {

/// Done with no result when all are done, whatever their outcomes. Throws std::bad_alloc.
FutureRef when_all(std::span<Future* const> antecedents);

/// Done when the first one is, whatever its outcome: the JSON number of its index. At least one.
/// Throws std::bad_alloc.
FutureRef when_any(std::span<Future* const> antecedents);

}  // namespace cf
