// eventfd: each write is a datagram from the hidden end, so that the visible one is readable, also to poll
// and to edge-triggered epoll, until it was read. A read takes all of them.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "support/portable/calls.h"
#include "support/portable/objects.h"

namespace cf::portable {
namespace {

class Event final : public Object {
  public:
    explicit Event(int hidden) : hidden_(hidden) {}
    ~Event() override { ::close(hidden_); }
    Event(const Event&) = delete;

    /// A full queue is as good as one more: it is readable.
    bool add(uint64_t count) const {
        return ::write(hidden_, &count, sizeof count) == sizeof count || errno == EAGAIN ||
               errno == ENOBUFS;
    }

  private:
    int hidden_;
};

}  // namespace

int eventfd(unsigned initial, int) {
    int ends[2];
    if (private_pair(SOCK_DGRAM, ends) != 0) return -1;
    auto event = make_object<Event>(ends[1]);
    if (event == nullptr) {
        drop(ends[0]);
        drop(ends[1]);
        return -1;
    }
    if (initial != 0) event->add(initial);
    return publish(ends[0], std::move(event));
}

ssize_t write(int descriptor, const void* buffer, size_t size) {
    if (const auto event = find_as<Event>(descriptor)) {
        uint64_t count = 0;
        std::memcpy(&count, buffer, sizeof count);
        return event->add(count) ? static_cast<ssize_t>(size) : -1;
    }
    return ::write(descriptor, buffer, size);
}

ssize_t read(int descriptor, void* buffer, size_t size) {
    if (find_as<Event>(descriptor) == nullptr) return ::read(descriptor, buffer, size);
    uint64_t sum = 0;
    uint64_t count = 0;
    while (::read(descriptor, &count, sizeof count) == sizeof count)
        sum += count;
    if (sum == 0) {
        errno = EAGAIN;
        return -1;
    }
    std::memcpy(buffer, &sum, sizeof sum);
    return sizeof sum;
}

}  // namespace cf::portable
