// epoll: a list of descriptors, given to poll anew for each wait. The set's own descriptor is the end of a
// socket that other threads write to when they change the list while one waits. A set that is watched by
// another one lends it its list.
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <new>
#include <vector>

#include "support/portable/calls.h"
#include "support/portable/objects.h"

namespace cf::portable {
namespace {

static_assert(EPOLLIN == 1 && EPOLLOUT == 4 && EPOLLERR == 8 && EPOLLHUP == 16);

short poll_bits(uint32_t events) {
    return static_cast<short>(((events & EPOLLIN) != 0 ? POLLIN : 0) |
                              ((events & EPOLLOUT) != 0 ? POLLOUT : 0));
}

uint32_t epoll_bits(short bits) {
    return ((bits & POLLIN) != 0 ? EPOLLIN : 0U) | ((bits & POLLOUT) != 0 ? EPOLLOUT : 0U) |
           ((bits & (POLLERR | POLLNVAL)) != 0 ? EPOLLERR : 0U) |
           ((bits & POLLHUP) != 0 ? EPOLLHUP : 0U);
}

int64_t now_ms() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

template <typename T>
using List = std::vector<T, KernelMemory<T>>;

class PollSet final : public Object {
  public:
    PollSet(int visible, int hidden) : visible_(visible), hidden_(hidden) {}
    ~PollSet() override { ::close(hidden_); }
    PollSet(const PollSet&) = delete;

    /// The kernel does this when a descriptor is closed.
    void forget(int descriptor) {
        const std::lock_guard lock(mutex_);
        std::erase_if(items_, [&](const Item& item) { return item.descriptor == descriptor; });
    }

    int control(int operation, int descriptor, const epoll_event* event) {
        const std::lock_guard lock(mutex_);
        const auto found = std::find_if(items_.begin(), items_.end(), [&](const Item& item) {
            return item.descriptor == descriptor;
        });
        if ((found != items_.end()) == (operation == EPOLL_CTL_ADD)) {
            errno = operation == EPOLL_CTL_ADD ? EEXIST : ENOENT;
            return -1;
        }
        if (operation == EPOLL_CTL_ADD) {
            items_.push_back({descriptor, *event});
        } else if (operation == EPOLL_CTL_MOD) {
            found->event = *event;
        } else {
            items_.erase(found);
        }
        // Whoever waits waits for the old list. A full socket has told him already.
        const char changed = 0;
        static_cast<void>(::write(hidden_, &changed, 1));
        return 0;
    }

    int wait(epoll_event* events, int capacity, int timeout_ms) {
        const int64_t end = timeout_ms < 0 ? 0 : now_ms() + timeout_ms;
        for (;;) {
            const int count = wait_for_this_list(events, capacity, timeout_ms);
            if (count != kListChanged) return count;
            if (timeout_ms >= 0) {
                timeout_ms = static_cast<int>(std::max<int64_t>(end - now_ms(), 0));
            }
        }
    }

  private:
    static constexpr int kListChanged = -2;

    struct Item {
        int descriptor;
        epoll_event event;
    };
    /// An item, and where it stands among what is polled.
    struct Watched {
        epoll_event event;
        size_t first;
        size_t last;
        bool is_set;
    };

    int wait_for_this_list(epoll_event* events, int capacity, int timeout_ms) {
        List<pollfd> polled;
        List<Watched> watched;
        for (const Item& item : take_list(polled)) {
            const size_t first = polled.size();
            // Another set's own descriptor tells only of changes, and its list is what counts.
            const auto set =
                (item.event.events & EPOLLIN) != 0 ? find_as<PollSet>(item.descriptor) : nullptr;
            if (set != nullptr) {
                for (const Item& inner : set->take_list(polled))
                    polled.push_back({inner.descriptor, poll_bits(inner.event.events), 0});
            } else {
                polled.push_back({item.descriptor, poll_bits(item.event.events), 0});
            }
            watched.push_back(
                {item.event, first + (set != nullptr ? 1 : 0), polled.size(), set != nullptr});
        }
        const int ready = ::poll(polled.data(), static_cast<nfds_t>(polled.size()), timeout_ms);
        if (ready <= 0) return ready;
        int count = 0;
        for (const Watched& one : watched) {
            uint32_t bits = 0;
            for (size_t i = one.first; i < one.last; ++i)
                bits |= epoll_bits(polled[i].revents);
            if (one.is_set && bits != 0) bits = EPOLLIN;
            if (bits != 0 && count < capacity) events[count++] = {bits, one.event.data};
        }
        return count == 0 ? kListChanged : count;
    }

    /// What is in the list now; changes from now on make the set's own descriptor readable, which is
    /// added to what is polled.
    List<Item> take_list(List<pollfd>& polled) {
        const std::lock_guard lock(mutex_);
        drain();
        polled.push_back({visible_, POLLIN, 0});
        return items_;
    }

    void drain() {
        char changes[64];
        while (::read(visible_, changes, sizeof changes) > 0) {
        }
    }

    const int visible_;
    const int hidden_;
    std::mutex mutex_;
    List<Item> items_;
};

}  // namespace

void forget_in_sets(int descriptor) {
    for_each(
        [](Object& object, int closed) {
            if (auto* set = dynamic_cast<PollSet*>(&object)) set->forget(closed);
        },
        descriptor);
}

int epoll_create1(int) {
    int ends[2];
    if (private_pair(SOCK_STREAM, ends) != 0) return -1;
    auto set = make_object<PollSet>(ends[0], ends[1]);
    if (set == nullptr) {
        drop(ends[0]);
        drop(ends[1]);
        return -1;
    }
    return publish(ends[0], std::move(set));
}

int epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event) {
    const auto set = find_as<PollSet>(epoll);
    if (set == nullptr) {
        errno = EBADF;
        return -1;
    }
    try {
        return set->control(operation, descriptor, event);
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        return -1;
    }
}

int epoll_wait(int epoll, epoll_event* events, int capacity, int timeout_ms) {
    const auto set = find_as<PollSet>(epoll);
    if (set == nullptr) {
        errno = EBADF;
        return -1;
    }
    try {
        return set->wait(events, capacity, timeout_ms);
    } catch (const std::bad_alloc&) {
        // There is another round.
        return 0;
    }
}

}  // namespace cf::portable
