// The worker's end of a conversation by hand, for programs that misbehave. It uses no claim page, unless
// told to, so the pool gives it one call at a time.
#pragma once

#include <string>

#include "process_pool/protocol.h"

namespace fault_worker {

constexpr int kSocket = 3;

class Peer {
  public:
    Peer();

    /// The next call; answers HELLO with READY by itself. Ends the program when the pool is gone or wants
    /// no more.
    struct Call {
        uint32_t number;
        std::string function;
        std::string arguments;
    };
    Call next();

    void start(const Call& call);
    void answer(const Call& call, std::string_view json);
    void say(const cf::FrameHeader& header, std::string_view body = {});
    void send(std::string_view bytes);

    /// The descriptor that came with HELLO; -1 for none.
    int page() const { return page_; }
    /// Says in READY that it uses the claim page.
    bool claims = false;

    /// How many bytes more it may read and write before it is killed; negative: for ever.
    long reads_to_live = -1;
    long writes_to_live = -1;
    size_t bytes_at_once = 65536;

  private:
    void read_some();

    cf::FrameReader reader_;
    std::string functions_[16];
    int page_ = -1;
};

/// Does nothing until it is killed.
[[noreturn]] void sleep_until_killed();

}  // namespace fault_worker
