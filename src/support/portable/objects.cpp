#include "support/portable/objects.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <utility>

#include "support/portable/calls.h"

namespace cf::portable {
namespace {

struct Book {
    std::mutex mutex;
    std::map<int, std::shared_ptr<Object>, std::less<>,
             KernelMemory<std::pair<const int, std::shared_ptr<Object>>>>
        objects;
};

// A worker's standard streams and its socket, to which its descriptors are moved while it starts.
constexpr int kStandard = 3;

// Never destroyed: threads may still be running at exit.
Book& book() {
    alignas(Book) static char memory[sizeof(Book)];
    static Book& book = *new (memory) Book;
    return book;
}

}  // namespace

int publish(int descriptor, std::shared_ptr<Object> object) {
    try {
        const std::lock_guard lock(book().mutex);
        book().objects[descriptor] = std::move(object);
        return descriptor;
    } catch (const std::bad_alloc&) {
        ::close(descriptor);
        errno = ENOMEM;
        return -1;
    }
}

std::shared_ptr<Object> find(int descriptor) {
    const std::lock_guard lock(book().mutex);
    const auto found = book().objects.find(descriptor);
    return found == book().objects.end() ? nullptr : found->second;
}

std::shared_ptr<Object> withdraw(int descriptor) {
    const std::lock_guard lock(book().mutex);
    const auto found = book().objects.find(descriptor);
    if (found == book().objects.end()) return nullptr;
    std::shared_ptr<Object> object = std::move(found->second);
    book().objects.erase(found);
    return object;
}

void for_each(void (*function)(Object& object, int argument), int argument) {
    const std::lock_guard lock(book().mutex);
    for (const auto& [descriptor, object] : book().objects)
        function(*object, argument);
}

void drop(int descriptor) {
    const int error = errno;
    ::close(descriptor);
    errno = error;
}

int private_descriptor(int descriptor) {
    if (descriptor < 0) return -1;
    if (descriptor > kStandard) {
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        return descriptor;
    }
    const int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, kStandard + 1);
    drop(descriptor);
    return moved;
}

int private_pair(int type, int ends[2]) {
    int made[2];
    if (::socketpair(AF_UNIX, type, 0, made) != 0) return -1;
    ends[0] = private_descriptor(made[0]);
    ends[1] = private_descriptor(made[1]);
    if (ends[0] >= 0 && ends[1] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 &&
        fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0) {
        return 0;
    }
    for (const int end : {ends[0], ends[1]}) {
        if (end >= 0) drop(end);
    }
    return -1;
}

int close(int descriptor) {
    forget_in_sets(descriptor);
    // What stands behind it goes last: a child's watcher may still tell it of the end.
    const std::shared_ptr<Object> object = withdraw(descriptor);
    return ::close(descriptor);
}

}  // namespace cf::portable
