#include "support/program.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>

#if defined(__linux__)
#include <sys/prctl.h>

#include <cerrno>  // declares the program's names
#elif defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

namespace cf {

#if defined(__linux__)

std::string program_path() {
    return "/proc/self/exe";
}

const char* program_name() {
    return program_invocation_name;
}

void name_process_after_program() {
    prctl(PR_SET_NAME, program_invocation_short_name);
}

const char* trusted_environment(const char* name) {
    return secure_getenv(name);
}

#else

std::string program_path() {
#if defined(__APPLE__)
    uint32_t size = 0;
    _NSGetExecutablePath(nullptr, &size);
    std::string path(size, '\0');
    if (_NSGetExecutablePath(path.data(), &size) == 0) return path.c_str();
#endif
    return program_name();
}

const char* program_name() {
    return getprogname();
}

// It was run by its own name.
void name_process_after_program() {}

const char* trusted_environment(const char* name) {
    return issetugid() != 0 ? nullptr : std::getenv(name);
}

#endif

const char* signal_name(int number) {
    switch (number) {
#define CF_SIGNAL(name) \
    case SIG##name:     \
        return #name;
        CF_SIGNAL(HUP)
        CF_SIGNAL(INT)
        CF_SIGNAL(QUIT)
        CF_SIGNAL(ILL)
        CF_SIGNAL(TRAP)
        CF_SIGNAL(ABRT)
        CF_SIGNAL(BUS)
        CF_SIGNAL(FPE)
        CF_SIGNAL(KILL)
        CF_SIGNAL(USR1)
        CF_SIGNAL(SEGV)
        CF_SIGNAL(USR2)
        CF_SIGNAL(PIPE)
        CF_SIGNAL(ALRM)
        CF_SIGNAL(TERM)
        CF_SIGNAL(CHLD)
        CF_SIGNAL(CONT)
        CF_SIGNAL(STOP)
        CF_SIGNAL(TSTP)
        CF_SIGNAL(TTIN)
        CF_SIGNAL(TTOU)
        CF_SIGNAL(URG)
        CF_SIGNAL(XCPU)
        CF_SIGNAL(XFSZ)
        CF_SIGNAL(VTALRM)
        CF_SIGNAL(PROF)
        CF_SIGNAL(WINCH)
        CF_SIGNAL(IO)
        CF_SIGNAL(SYS)
#undef CF_SIGNAL
        default:
            return "?";
    }
}

}  // namespace cf
