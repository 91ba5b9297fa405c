// hostile: breaks the protocol in the way that the name of the function says, and serves "echo".
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <random>

#include "peer.h"
#include "process_pool/claim_page.h"

namespace {

using cf::FrameKind;
using fault_worker::Peer;

/// One byte, or nothing more, with descriptors that no frame promises.
void send_descriptors(int count, std::string_view bytes) {
    std::array<int, 200> descriptors{};
    int ends[2];
    if (pipe(ends) != 0) _exit(70);
    for (int i = 0; i < count; ++i)
        descriptors[static_cast<size_t>(i)] = ends[i % 2];
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)];
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * static_cast<size_t>(count));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * static_cast<size_t>(count));
    std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof(int) * static_cast<size_t>(count));
    if (sendmsg(fault_worker::kSocket, &message, MSG_NOSIGNAL) < 0) _exit(71);
}

std::string frame(const cf::FrameHeader& header, std::string_view body) {
    std::string bytes;
    cf::append_frame(bytes, header, body);
    return bytes;
}

/// Everything in the shared memory, over and over, and an answer in between.
[[noreturn]] void scribble(Peer& peer, const Peer::Call& call) {
    void* memory =
        mmap(nullptr, cf::kSharedSize, PROT_READ | PROT_WRITE, MAP_SHARED, peer.page(), 0);
    if (memory == MAP_FAILED) _exit(72);
    auto* words = static_cast<uint64_t*>(memory);
    std::mt19937_64 random(call.number);
    for (int round = 0; round < 200; ++round) {
        for (size_t i = 0; i < cf::kSharedSize / sizeof(uint64_t); ++i)
            words[i] = random();
        if (round == 100) peer.answer(call, "\"in between\"");
    }
    _exit(0);
}

void misbehave(Peer& peer, const Peer::Call& call) {
    const cf::FrameHeader answer{
        .kind = FrameKind::kResult, .flags = cf::kResultIsJson, .call = call.number};
    if (call.function == "scribble") scribble(peer, call);
    peer.start(call);
    if (call.function == "one_descriptor") return send_descriptors(1, frame(answer, "1"));
    if (call.function == "many_descriptors") return send_descriptors(200, frame(answer, "1"));
    if (call.function == "descriptors_without_end") {
        for (;;)
            send_descriptors(200, std::string(1, '\0'));
    }
    if (call.function == "half_a_frame") {
        peer.send(frame(answer, "[1, 2]").substr(0, 27));
        _exit(0);
    }
    if (call.function == "largest_length") peer.send("\xff\xff\xff\xff" + std::string(20, '\x13'));
    if (call.function == "frames_without_end") {
        for (;;)
            peer.say({.kind = FrameKind::kStart, .call = call.number});
    }
    if (call.function == "answers_without_end") {
        for (;;)
            peer.answer(call, "1");
    }
    fault_worker::sleep_until_killed();
}

}  // namespace

int main(int argc, char**) {
    Peer peer;
    peer.claims = argc > 1;  // hostile claims
    for (;;) {
        const Peer::Call call = peer.next();
        if (call.function != "echo") {
            misbehave(peer, call);
            continue;
        }
        peer.start(call);
        peer.answer(call, call.arguments);
    }
}
