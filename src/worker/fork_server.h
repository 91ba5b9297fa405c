// The body of a fork server: a process that has loaded all that a worker needs, and makes workers by copying
// itself, in a fraction of the time of a start.
//
// It is started as a worker is, by the same command, and told by a second variable to serve forks. It has one
// thread, and so no watch thread: it does nothing but wait for its pool, and ends when the socket does. Its
// workers are children of the pool's process (support/sibling.h), as if that had started them.
#pragma once

namespace cf {

/// Serves the pool at the other end of the socket until that is closed; then the process has ended. Returns
/// in each worker that it makes, whose own socket has the same number.
void serve_forks(int socket);

}  // namespace cf
