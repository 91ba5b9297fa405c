#include "worker/marker.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace cf {
namespace {

bool is_unix_stream_socket(int descriptor) {
    const auto option_is = [descriptor](int option, int wanted) {
        int value = 0;
        socklen_t size = sizeof value;
        return getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 && value == wanted;
    };
    return option_is(SO_DOMAIN, AF_UNIX) && option_is(SO_TYPE, SOCK_STREAM);
}

}  // namespace

bool has_worker_marker() {
    return std::getenv(kWorkerMarker) != nullptr;
}

int worker_socket(std::string& problem) {
    const char* marker = std::getenv(kWorkerMarker);
    if (marker == nullptr) marker = "";
    const auto refuse = [&](const char* reason) {
        problem = std::string(kWorkerMarker) + " is '" + marker + "', " + reason;
        return -1;
    };
    int socket = -1;
    const char* end = marker + std::strlen(marker);
    const auto [parsed, error] = std::from_chars(marker, end, socket);
    if (error != std::errc() || parsed != end || socket < 0) {
        return refuse("which is not the number of a descriptor");
    }
    if (!is_unix_stream_socket(socket)) return refuse("which is not a Unix stream socket");
    const int flags = fcntl(socket, F_GETFL);
    if (fcntl(socket, F_SETFD, FD_CLOEXEC) != 0 || flags < 0 ||
        fcntl(socket, F_SETFL, flags & ~O_NONBLOCK) != 0) {
        return refuse("a socket whose flags cannot be set");
    }
    return socket;
}

}  // namespace cf
