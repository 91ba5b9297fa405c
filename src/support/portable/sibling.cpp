#include "support/sibling.h"

#include <cerrno>

namespace cf {

ErrorRef check_can_fork_sibling() {
    return Error::create(CF_STATUS_UNSUPPORTED,
                         "on this system a process cannot make children for its parent");
}

Sibling fork_sibling(pid_t&) {
    return {.pid = -1, .pidfd = -1, .error = ENOSYS};
}

bool keep_from_siblings(void*, size_t) {
    return true;
}

int open_process(pid_t) {
    errno = ENOSYS;
    return -1;
}

}  // namespace cf
