#include "system_call_failure.h"

#include <linux/futex.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <initializer_list>

#include "support/events.h"

namespace cf_unit {
namespace {

thread_local bool counted_here = false;
std::atomic<bool> counted_everywhere{false};
std::atomic<int> calls_left{0};  // 0: nothing fails
std::atomic<int> error_to_give{0};
std::atomic<bool> fail_from_then_on{false};
std::atomic<const char*> last_victim{nullptr};
std::atomic<cf_test::Gate*> gate_at_sleep{nullptr};

bool is_counted() {
    return counted_here || counted_everywhere.load();
}

/// Whether this call, which may fail with these errors, does so now.
bool fails(const char* name, std::initializer_list<int> errors, bool may_last = true) {
    const int error = error_to_give.load();
    if (!is_counted() || std::find(errors.begin(), errors.end(), error) == errors.end())
        return false;
    int left = calls_left.load();
    do {
        if (left == 0 || (fail_from_then_on.load() && !may_last)) return false;
    } while (!calls_left.compare_exchange_weak(
        left, left > 1 ? left - 1 : (fail_from_then_on.load() ? 1 : 0)));
    if (left > 1) return false;
    last_victim.store(name);
    errno = error;
    return true;
}

/// Of eventfds: eight bytes that do not block, and so are never interrupted.
bool is_counter(size_t size) {
    return size == sizeof(uint64_t);
}

const cf::SystemCalls& real() {
    return cf::real_system_calls();
}

cf::SystemCalls failing_table() {
    cf::SystemCalls table = real();
    table.futex = [](uint32_t* address, int operation, uint32_t value, const timespec* timeout,
                     uint32_t bits) -> long {
        if ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET) {
            if (fails("futex", {EAGAIN, EINTR})) return -1;
            cf_test::Gate* const gate = gate_at_sleep.load();
            if (gate != nullptr && is_counted()) gate->open();
        }
        return real().futex(address, operation, value, timeout, bits);
    };
    table.pthread_create = [](pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*function)(void*), void* argument) {
        if (fails("pthread_create", {EAGAIN})) return EAGAIN;
        return real().pthread_create(thread, attributes, function, argument);
    };
    table.pthread_atfork = [](void (*prepare)(), void (*parent)(), void (*child)()) {
        if (fails("pthread_atfork", {ENOMEM})) return ENOMEM;
        return real().pthread_atfork(prepare, parent, child);
    };
    table.atexit = [](void (*function)()) {
        return fails("atexit", {ENOMEM}) ? -1 : real().atexit(function);
    };
    table.socketpair = [](int domain, int type, int protocol, int descriptors[2]) {
        if (fails("socketpair", {EMFILE, ENOMEM})) return -1;
        return real().socketpair(domain, type, protocol, descriptors);
    };
    table.sendmsg = [](int descriptor, const msghdr* message, int flags) -> ssize_t {
        // A system that never has memory for what is sent is one where nothing ends.
        if (fails("sendmsg", {EAGAIN, EINTR, ENOMEM}, false)) return -1;
        return real().sendmsg(descriptor, message, flags);
    };
    table.recvmsg = [](int descriptor, msghdr* message, int flags) -> ssize_t {
        if (fails("recvmsg", {EAGAIN, EINTR, ENOMEM})) return -1;
        return real().recvmsg(descriptor, message, flags);
    };
    table.open = [](const char* path, int flags) {
        return fails("open", {EINTR, EMFILE, ENOMEM}) ? -1 : real().open(path, flags);
    };
    table.read = [](int descriptor, void* buffer, size_t size) -> ssize_t {
        if (!is_counter(size) && fails("read", {EAGAIN, EINTR})) return -1;
        return real().read(descriptor, buffer, size);
    };
    table.write = [](int descriptor, const void* buffer, size_t size) -> ssize_t {
        if (!is_counter(size) && fails("write", {EAGAIN, EINTR})) return -1;
        return real().write(descriptor, buffer, size);
    };
    table.close = [](int descriptor) {
        const int result = real().close(descriptor);  // it is closed all the same
        return fails("close", {EINTR}) ? -1 : result;
    };
    table.poll = [](pollfd* descriptors, nfds_t count, int timeout_ms) {
        return fails("poll", {EINTR, ENOMEM}) ? -1 : real().poll(descriptors, count, timeout_ms);
    };
    table.epoll_create1 = [](int flags) {
        return fails("epoll_create1", {EMFILE, ENOMEM}) ? -1 : real().epoll_create1(flags);
    };
    table.epoll_ctl = [](int epoll, int operation, int descriptor, epoll_event* event) {
        if (operation == EPOLL_CTL_ADD && fails("epoll_ctl", {ENOMEM})) return -1;
        return real().epoll_ctl(epoll, operation, descriptor, event);
    };
    table.epoll_wait = [](int epoll, epoll_event* events, int capacity, int timeout_ms) {
        if (fails("epoll_wait", {EINTR})) return -1;
        return real().epoll_wait(epoll, events, capacity, timeout_ms);
    };
    table.eventfd = [](unsigned initial, int flags) {
        return fails("eventfd", {EMFILE, ENOMEM}) ? -1 : real().eventfd(initial, flags);
    };
    table.memfd_create = [](const char* name, unsigned flags) {
        return fails("memfd_create", {EMFILE, ENOMEM}) ? -1 : real().memfd_create(name, flags);
    };
    table.ftruncate = [](int descriptor, off_t size) {
        return fails("ftruncate", {EINTR}) ? -1 : real().ftruncate(descriptor, size);
    };
    table.mmap = [](void* address, size_t size, int protection, int flags, int descriptor,
                    off_t offset) {
        if (fails("mmap", {EAGAIN, ENOMEM})) return MAP_FAILED;
        return real().mmap(address, size, protection, flags, descriptor, offset);
    };
    table.pipe2 = [](int descriptors[2], int flags) {
        return fails("pipe2", {EMFILE}) ? -1 : real().pipe2(descriptors, flags);
    };
    table.clone = [](int (*function)(void*), void* stack, int flags, void* argument, int* pidfd) {
        if (fails("clone", {EAGAIN, EMFILE, ENOMEM})) return -1;
        return real().clone(function, stack, flags, argument, pidfd);
    };
    table.execve = [](const char* path, char* const argv[], char* const envp[]) {
        return fails("execve", {EAGAIN, EMFILE, ENOMEM}) ? -1 : real().execve(path, argv, envp);
    };
    table.waitid = [](idtype_t type, id_t id, siginfo_t* info, int options) {
        return fails("waitid", {EINTR}) ? -1 : real().waitid(type, id, info, options);
    };
    return table;
}

const cf::SystemCalls& the_failing_table() {
    static const cf::SystemCalls table = failing_table();
    return table;
}

}  // namespace

FailingSystemCall::FailingSystemCall(int nth, int error, Mode mode, Whose whose)
    : scope_(the_failing_table()) {
    last_victim = nullptr;
    error_to_give = error;
    fail_from_then_on = mode == Mode::kFromThenOn;
    counted_here = whose == Whose::kThisThread;
    counted_everywhere = whose == Whose::kEveryThread;
    calls_left = nth;
}

FailingSystemCall::~FailingSystemCall() {
    calls_left = 0;
    counted_here = false;
    counted_everywhere = false;
    gate_at_sleep = nullptr;
}

bool FailingSystemCall::struck() const {
    return last_victim != nullptr;
}

const char* FailingSystemCall::victim() const {
    return struck() ? last_victim.load() : "none";
}

void FailingSystemCall::open_at_sleep(cf_test::Gate* gate) {
    gate_at_sleep = gate;
}

}  // namespace cf_unit
