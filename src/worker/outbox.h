// What a worker has to say to its pool, on its way to the socket.
//
// A system call for each answer costs more than all else about a short call, so answers are held back
// while there are more calls to run, and go together. Held back they stand in the memory that the
// worker shares with its pool ("The answer space" in docs/protocol.md): when the worker dies in the
// next call the pool finds them there, and no finished call is lost. Without that memory nothing is
// held back.
//
// Threads: the main thread fills and sends; the late sender sends what has been held back for a
// millisecond or two because the main thread is in a long call. It sleeps while nothing is held back.
// Writes block, and are made under the mutex: nobody else waits for it but these two.
#pragma once

#include <string_view>

#include "process_pool/claim_page.h"
#include "process_pool/protocol.h"
#include "support/sync.h"
#include "support/thread.h"

namespace cf {

class Outbox {
  public:
    explicit Outbox(int socket) : socket_(socket) {}
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    /// Holds answers back in the page from now on. Does nothing when the late sender cannot be started.
    void hold_back_in(ClaimPage& page);

    /// Takes whole frames that may wait, since this thread is about to run a call. kResults frames of one
    /// result each become one when their numbers are consecutive.
    void hold(std::string_view frames, bool within_chunk);
    /// Sends what was held back, and then these.
    void send(std::string_view frames = {});

  private:
    void write(std::string_view bytes) CF_REQUIRES(mutex_);
    void write_at_once(std::string_view frames) CF_REQUIRES(mutex_);
    void send_held() CF_REQUIRES(mutex_);
    void hold_in_page(std::string_view frames) CF_REQUIRES(mutex_);
    void close_results() CF_REQUIRES(mutex_);
    void send_late();
    void tick();

    const int socket_;
    Mutex mutex_;
    ClaimPage* page_ CF_GUARDED_BY(mutex_) = nullptr;
    uint64_t written_ CF_GUARDED_BY(mutex_) = 0;  // bytes of the stream so far
    size_t held_ CF_GUARDED_BY(mutex_) = 0;       // bytes in the answer space
    // The kResults frame that ends what is held, and may still grow.
    char* open_ CF_GUARDED_BY(mutex_) = nullptr;
    uint8_t open_flags_ CF_GUARDED_BY(mutex_) = 0;
    uint32_t next_result_ CF_GUARDED_BY(mutex_) =
        0;  // the number of the call that it may take next
    uint32_t holds_ CF_GUARDED_BY(mutex_) = 0;
    uint32_t sends_ CF_GUARDED_BY(mutex_) = 0;
    /// Whether the late sender looks every now and then.
    sync::Atomic<uint32_t> watched_{0};
};

}  // namespace cf
