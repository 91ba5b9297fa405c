// The body of a worker process: its socket, its watch thread, and the calls it runs.
#pragma once

namespace cf {

/// Serves the pool at the other end of the socket until there is nothing more to do; then the
/// process has ended. Runs user code on this thread.
[[noreturn]] void serve_as_worker(int socket);

/// The pool is gone, so nobody wants this process any more, its exit handlers included.
[[noreturn]] void end_with_pool() noexcept;

/// Says on stderr why this worker has to end, and ends it at once.
[[noreturn]] void give_up(const char* reason) noexcept;

}  // namespace cf
