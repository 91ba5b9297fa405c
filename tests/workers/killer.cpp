// killer read|write N: serves every call with its arguments, and is killed when it has read or written so
// many bytes of the conversation.
#include <cstdlib>
#include <cstring>

#include "peer.h"

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    fault_worker::Peer peer;
    (std::strcmp(argv[1], "read") == 0 ? peer.reads_to_live : peer.writes_to_live) =
        std::atol(argv[2]);
    for (;;) {
        const auto call = peer.next();
        peer.start(call);
        peer.answer(call, call.arguments);
    }
}
