// forker: "leave" leaves a child, and a child of that child, with all that it holds, its socket too, and
// gives the pid of the last one; "die" dies.
#include <unistd.h>

#include <csignal>

#include "peer.h"

namespace {

pid_t leave_children() {
    int ends[2];
    if (pipe(ends) != 0) _exit(70);
    const pid_t child = fork();
    if (child == 0) {
        const pid_t grandchild = fork();
        if (grandchild == 0) fault_worker::sleep_until_killed();
        if (write(ends[1], &grandchild, sizeof grandchild) != sizeof grandchild) _exit(71);
        fault_worker::sleep_until_killed();
    }
    pid_t grandchild = -1;
    if (read(ends[0], &grandchild, sizeof grandchild) != sizeof grandchild) _exit(72);
    close(ends[0]);
    close(ends[1]);
    return grandchild;
}

}  // namespace

int main() {
    fault_worker::Peer peer;
    for (;;) {
        const auto call = peer.next();
        peer.start(call);
        if (call.function == "echo") {
            peer.answer(call, call.arguments);
            continue;
        }
        if (call.function == "die") raise(SIGKILL);
        peer.answer(call, std::to_string(leave_children()));
    }
}
