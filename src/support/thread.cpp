#include "support/thread.h"

#if !defined(__APPLE__)
#include <link.h>
#endif

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <utility>

#include "support/sync.h"
#include "support/system_calls.h"

namespace cf {
namespace {

constexpr size_t kNameCapacity = 16;
constexpr Nanoseconds kFirstPause = 20'000;
constexpr Nanoseconds kLongestPause = 10 * kMillisecond;

struct Start {
    void (*function)(void*);
    void* argument;
    char name[kNameCapacity];
};

#if defined(__APPLE__)

void name_this_thread(const char* name) {
    pthread_setname_np(name);
}

// The system keeps thread-local variables apart from stacks.
size_t size_of_thread_locals() {
    return 0;
}

/// 0, or EBUSY while the thread runs.
int try_join(pthread_t thread) {
    return pthread_kill(thread, 0) == 0 ? EBUSY : pthread_join(thread, nullptr);
}

#else

void name_this_thread(const char* name) {
    pthread_setname_np(pthread_self(), name);
}

/// What the thread-local variables of the program and its libraries take up at most. The C library lays
/// them into each thread's stack, whatever its size: programs in Zig have a quarter of a megabyte.
size_t size_of_thread_locals() {
    size_t size = 0;
    const auto add = [](dl_phdr_info* module, size_t, void* sum) {
        for (size_t i = 0; i < module->dlpi_phnum; ++i) {
            const auto& segment = module->dlpi_phdr[i];
            if (segment.p_type == PT_TLS) {
                *static_cast<size_t*>(sum) += segment.p_memsz + segment.p_align;
            }
        }
        return 0;
    };
    dl_iterate_phdr(add, &size);
    return size;
}

int try_join(pthread_t thread) {
    return pthread_tryjoin_np(thread, nullptr);
}

#endif

void* thread_main(void* opaque) {
    Start start{};
    {
        const std::unique_ptr<Start> owned(static_cast<Start*>(opaque));
        start = *owned;
    }
    name_this_thread(start.name);
    start.function(start.argument);
    return nullptr;
}

}  // namespace

Thread::Thread(Thread&& other) noexcept
    : id_(other.id_), joinable_(std::exchange(other.joinable_, false)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
    id_ = other.id_;
    joinable_ = std::exchange(other.joinable_, false);
    return *this;
}

ErrorRef Thread::start(const std::string& name, void (*function)(void*), void* argument,
                       size_t stack_size) {
    auto start = std::make_unique<Start>(Start{function, argument, {}});
    std::strncpy(start->name, name.c_str(), kNameCapacity - 1);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (stack_size != 0) {
        pthread_attr_setstacksize(&attributes, stack_size + size_of_thread_locals());
    }
    // A new thread inherits the mask of its creator: block all, create, restore.
    sigset_t all;
    sigset_t previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    const int result = system_calls().pthread_create(&id_, &attributes, thread_main, start.get());
    pthread_sigmask(SIG_SETMASK, &previous, nullptr);
    pthread_attr_destroy(&attributes);
    if (result != 0) return Error::system(result, "cannot start a thread");
    static_cast<void>(start.release());
    joinable_ = true;
    return nullptr;
}

bool Thread::is_current() const {
    return joinable_ && pthread_equal(id_, pthread_self()) != 0;
}

void Thread::join() {
    pthread_join(id_, nullptr);
    joinable_ = false;
}

bool Thread::join(Deadline deadline) {
    if (deadline.is_never()) {
        join();
        return true;
    }
    // The C library's own timed join follows the wall clock, or is unknown to the thread sanitizer.
    Nanoseconds pause = kFirstPause;
    sync::Atomic<uint32_t> never_changes{0};
    while (try_join(id_) == EBUSY) {
        if (deadline.passed()) return false;
        sync::park(never_changes, 0, deadline.earlier(Deadline::after(pause)));
        pause = std::min(2 * pause, kLongestPause);
    }
    joinable_ = false;
    return true;
}

void Thread::detach() {
    pthread_detach(id_);
    joinable_ = false;
}

}  // namespace cf
