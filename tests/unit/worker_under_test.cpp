#include "worker_under_test.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <system_error>

#include "support/eventually.h"
#include "support/json_text.h"
#include "support/subprocess.h"

namespace cf_unit {
namespace {

void require(bool holds, const char* what) {
    if (!holds) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

WorkerUnderTest::WorkerUnderTest(const std::vector<std::string>& args) {
    int ends[2];
    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
    socket_ = ends[0];
    require(fcntl(ends[1], F_SETFD, 0) == 0, "fcntl");
    struct stat status {};
    require(fstat(ends[1], &status) == 0, "fstat");
    socket_inode_ = status.st_ino;
    errors_ = memfd_create("stderr", MFD_CLOEXEC);
    require(errors_ >= 0, "memfd_create");
    pid_ = cf_test::spawn({.args = args, .env = {"CFUTURES_WORKER=" + std::to_string(ends[1])}},
                          errors_, errors_);
    close(ends[1]);
}

WorkerUnderTest::~WorkerUnderTest() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        wait();
    }
    close_socket();
    close(errors_);
    if (page_ != nullptr) munmap(page_, cf::kSharedSize);
}

void WorkerUnderTest::send(std::string_view bytes, const std::vector<int>& descriptors) {
    alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))] = {};
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const size_t size = descriptors.size() * sizeof(int);
    if (size != 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(size);
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(size);
        std::memcpy(CMSG_DATA(header), descriptors.data(), size);
    }
    ssize_t sent = sendmsg(socket_, &message, MSG_NOSIGNAL);
    while (sent >= 0 && static_cast<size_t>(sent) < bytes.size()) {
        bytes.remove_prefix(static_cast<size_t>(sent));
        sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    // A worker that has ended is seen by receive() and wait().
    require(sent >= 0 || errno == EPIPE || errno == ECONNRESET, "send");
}

void WorkerUnderTest::send(cf::FrameHeader header, std::string_view body) {
    std::string bytes;
    cf::append_frame(bytes, header, body);
    send(bytes);
}

int WorkerUnderTest::make_page(size_t size, unsigned seals, uint32_t magic, uint32_t version) {
    const int descriptor = memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    require(descriptor >= 0, "memfd_create");
    const uint32_t words[] = {magic, version, cf::kClaimSlots, cf::kAnswerSpace};
    require(ftruncate(descriptor, static_cast<off_t>(size)) == 0, "ftruncate");
    require(pwrite(descriptor, words, sizeof words, 0) == sizeof words, "pwrite");
    require(fcntl(descriptor, F_ADD_SEALS, seals) == 0, "F_ADD_SEALS");
    return descriptor;
}

std::string WorkerUnderTest::shake_hands(std::string_view hello) {
    const int descriptor = make_page(cf::kSharedSize, F_SEAL_SHRINK | F_SEAL_GROW,
                                     cf::kClaimPageMagic, cf::kClaimPageVersion);
    void* memory =
        mmap(nullptr, cf::kSharedSize, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    require(memory != MAP_FAILED, "mmap");
    page_ = static_cast<cf::ClaimPage*>(memory);
    std::string bytes;
    cf::append_frame(bytes, {.kind = cf::FrameKind::kHello, .flags = cf::kHelloBringsClaimPage},
                     hello);
    send(bytes, {descriptor});
    close(descriptor);
    const std::optional<Answer> ready = receive();
    EXPECT_TRUE(ready && ready->kind == cf::FrameKind::kReady) << errors();
    return ready ? ready->body : "";
}

uint32_t WorkerUnderTest::define(std::string_view name) {
    send({.kind = cf::FrameKind::kFunction, .function = ++functions_}, cf::quote_json(name));
    return functions_;
}

void WorkerUnderTest::call(uint32_t number, uint32_t function, std::string_view arguments,
                           uint8_t flags) {
    page_->queue(slot_of(number), number);
    send({.kind = cf::FrameKind::kCall,
          .flags = flags,
          .slot = slot_of(number),
          .call = number,
          .function = function,
          .task = number},
         arguments);
}

std::optional<WorkerUnderTest::Answer> WorkerUnderTest::receive() {
    const auto limit =
        std::chrono::duration_cast<std::chrono::milliseconds>(cf_test::long_wait()).count();
    cf::Frame frame;
    while (reader_.next_answer(frame) != cf::FrameReader::Status::kFrame) {
        pollfd readable{socket_, POLLIN, 0};
        if (poll(&readable, 1, static_cast<int>(limit)) <= 0) return std::nullopt;
        const auto room = reader_.room(size_t{64} << 10);
        const ssize_t size = recv(socket_, room.data(), room.size(), 0);
        if (size <= 0) return std::nullopt;
        reader_.filled(static_cast<size_t>(size));
        received_ += static_cast<size_t>(size);
    }
    return Answer{frame.header.kind, frame.header.flags, frame.header.call,
                  std::string(frame.body)};
}

WorkerUnderTest::Answer WorkerUnderTest::ask(std::string_view name, std::string_view arguments) {
    const uint32_t number = ++calls_;
    call(number, define(name), arguments);
    const std::optional<Answer> answer = receive();
    EXPECT_TRUE(answer && answer->call == number) << name << ": " << errors();
    return answer.value_or(Answer{});
}

void WorkerUnderTest::close_socket() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
}

int WorkerUnderTest::wait() {
    int status = 0;
    const bool ended = cf_test::eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; });
    if (!ended) {
        ADD_FAILURE() << "the worker does not end";
        kill(pid_, SIGKILL);
        waitpid(pid_, &status, 0);
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string WorkerUnderTest::errors() const {
    std::string text(size_t{64} << 10, '\0');
    const ssize_t size = pread(errors_, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return text;
}

}  // namespace cf_unit
