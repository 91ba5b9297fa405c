// cfutures-worker LIBRARY...: the worker program of pools whose functions live in shared libraries.
//
// It loads the libraries, lets each register its functions, and serves. A library registers when it
// is loaded, or in an exported `void cfutures_register(void)`.
#include <cfutures/cfutures.h>
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "process_pool/error_object.h"
#include "process_pool/protocol.h"
#include "worker/marker.h"

namespace {

/// Empty on success.
std::string load(const char* path) {
    void* library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (library == nullptr) return std::string("cannot load a worker library: ") + dlerror();
    using RegisterFunctions = void (*)();
    const auto register_functions =
        reinterpret_cast<RegisterFunctions>(dlsym(library, "cfutures_register"));
    if (register_functions != nullptr) register_functions();
    return {};
}

/// FAILED is an answer, so HELLO has to be there first. False when the pool is gone.
bool read_hello(int socket) {
    cf::FrameReader reader(size_t{INT32_MAX} + cf::kControlBodyLimit);
    cf::Frame frame;
    cf::FrameReader::Status status{};
    while ((status = reader.next(frame)) == cf::FrameReader::Status::kNeedMore) {
        const auto room = reader.room(4096);
        const ssize_t size = read(socket, room.data(), room.size());
        if (size > 0) {
            reader.filled(static_cast<size_t>(size));
        } else if (size == 0 || errno != EINTR) {
            return false;
        }
    }
    return status == cf::FrameReader::Status::kFrame;
}

void report(int socket, const std::string& message) {
    std::string bytes;
    cf::append_frame(bytes, {.kind = cf::FrameKind::kFailed},
                     cf::encode_error(*cf::Error::create(CF_STATUS_SYSTEM, message)));
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const ssize_t size = send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (size >= 0) {
            rest.remove_prefix(static_cast<size_t>(size));
        } else if (errno != EINTR) {
            return;
        }
    }
}

/// Tells the pool why this process cannot be its worker; the exit status.
int refuse(const std::string& message) {
    std::string problem;
    const int socket = cf::worker_socket(problem);
    if (socket < 0) {
        std::fprintf(stderr, "cfutures-worker: %s\n", problem.c_str());
    } else if (read_hello(socket)) {
        report(socket, message);
    }
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
        std::printf("cfutures-worker %s\n", cf_version_string());
        return 0;
    }
    if (argc < 2 || !cf::has_worker_marker()) {
        std::fputs(
            "usage: cfutures-worker LIBRARY... is run by process pools of libcfutures, not by "
            "hand\n",
            stderr);
        return 2;
    }
    for (int i = 1; i < argc; ++i) {
        const std::string problem = load(argv[i]);
        if (!problem.empty()) return refuse(problem);
    }
    cf_worker_entry();
    return 1;  // not reached: there is a marker
}
