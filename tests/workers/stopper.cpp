// stopper [hello]: stops itself before READY, or where the name of the function says; serves "echo".
#include <csignal>

#include "peer.h"

int main(int argc, char**) {
    if (argc > 1) raise(SIGSTOP);
    fault_worker::Peer peer;
    for (;;) {
        const auto call = peer.next();
        if (call.function == "stop_before_start") raise(SIGSTOP);
        peer.start(call);
        if (call.function == "stop_in_the_call") raise(SIGSTOP);
        if (call.function == "stop_in_the_answer") {
            peer.send(std::string(11, '\0'));
            raise(SIGSTOP);
        }
        peer.answer(call, call.arguments);
    }
}
