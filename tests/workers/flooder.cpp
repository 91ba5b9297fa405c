// flooder: writes what looks like frames to standard output and error, 1 MiB for each call.
#include <unistd.h>

#include "peer.h"

int main() {
    fault_worker::Peer peer;
    std::string block;
    while (block.size() < 65536) {
        cf::append_frame(block, {.kind = cf::FrameKind::kResult, .flags = 1, .call = 1},
                         "\"flood\"");
        cf::append_frame(block, {.kind = cf::FrameKind::kReady}, R"({"protocol":1})");
    }
    for (;;) {
        const auto call = peer.next();
        peer.start(call);
        for (int i = 0; i < 16; ++i) {
            for (const int file : {STDOUT_FILENO, STDERR_FILENO}) {
                if (write(file, block.data(), block.size()) < 0) return 1;
            }
        }
        peer.answer(call, call.arguments);
    }
}
