#include "support/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "support/proc.h"
#include "support/stacks.h"

namespace cf_test {
namespace {

struct Watchdog {
    std::mutex mutex;
    std::condition_variable changed;
    std::string name;
    Clock::time_point deadline = Clock::time_point::max();
};

// Never destroyed: the thread also watches the exit handlers.
Watchdog& watchdog() {
    static Watchdog& instance = *new Watchdog;
    return instance;
}

void set_watch(const std::string& name, Clock::time_point deadline) {
    Watchdog& dog = watchdog();
    const std::lock_guard lock(dog.mutex);
    dog.name = name;
    dog.deadline = deadline;
    dog.changed.notify_one();
}

void keep_watch() {
    pthread_setname_np(pthread_self(), "cf-watchdog");
    Watchdog& dog = watchdog();
    std::unique_lock lock(dog.mutex);
    while (Clock::now() < dog.deadline) {
        if (dog.deadline == Clock::time_point::max()) {
            dog.changed.wait(lock);
        } else {
            dog.changed.wait_until(lock, dog.deadline);
        }
    }
    lock.unlock();
    die_with_stacks("still running at its deadline");
}

}  // namespace

void start_watchdog() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread(keep_watch).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void watch(const std::string& name, Duration limit) {
    set_watch(name, Clock::now() + limit);
}

void unwatch() {
    set_watch("", Clock::time_point::max());
}

void die_with_stacks(const std::string& why) {
    // The first to die speaks; others wait here for the abort.
    static std::mutex& dying = *new std::mutex;
    dying.lock();

    Watchdog& dog = watchdog();
    std::string name;
    {
        const std::lock_guard lock(dog.mutex);
        name = dog.name.empty() ? describe_process(getpid()) : dog.name;
    }
    fflush(stdout);
    dprintf(STDERR_FILENO, "WEDGED: %s: %s\n", name.c_str(), why.c_str());
    dump_stacks(getpid());
    for (const pid_t pid : descendants_of(getpid())) {
        dump_stacks(pid);
        kill(pid, SIGKILL);
    }
    dprintf(STDERR_FILENO, "WEDGED: %s: aborted\n", name.c_str());
    std::abort();
}

}  // namespace cf_test
