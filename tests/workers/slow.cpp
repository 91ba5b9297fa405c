// slow: reads and writes byte by byte, through the smallest buffers that the system gives.
#include <sys/socket.h>

#include "peer.h"

int main() {
    const int smallest = 1;
    setsockopt(fault_worker::kSocket, SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest);
    setsockopt(fault_worker::kSocket, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
    fault_worker::Peer peer;
    peer.bytes_at_once = 1;
    for (;;) {
        const auto call = peer.next();
        peer.start(call);
        peer.answer(call, call.arguments);
    }
}
