// DESIGN. The stack is made by makecontext(); after that _setjmp and _longjmp switch, which unlike
// swapcontext() need no system call. Thread-local variables of the program are one block of memory of
// the real thread, which is copied out and in at each switch: a fiber sees its own values at the
// address that they all share. Variables of shared libraries are not copied but for the C++ runtime's
// list of caught exceptions.
#undef _FORTIFY_SOURCE  // its longjmp refuses to leave a stack

#include "engine/fiber.h"

#include <cxxabi.h>
#include <link.h>
#include <ucontext.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace cf_model {
namespace {

/// The thread-local block of the program, and what it holds when a thread starts.
struct Locals {
    char* block = nullptr;
    size_t size = 0;
    const char* initial = nullptr;
    size_t initial_size = 0;
};

const Locals& locals() {
    static const Locals found = [] {
        Locals result;
        dl_iterate_phdr(
            [](dl_phdr_info* info, size_t, void* out) {
                auto& to = *static_cast<Locals*>(out);
                for (size_t i = 0; i < info->dlpi_phnum; ++i) {
                    const auto& header = info->dlpi_phdr[i];
                    if (header.p_type != PT_TLS) continue;
                    to.block = static_cast<char*>(info->dlpi_tls_data);
                    to.size = header.p_memsz;
                    to.initial = reinterpret_cast<const char*>(info->dlpi_addr + header.p_vaddr);
                    to.initial_size = header.p_filesz;
                }
                return 1;  // the first object is the program
            },
            &result);
        return result;
    }();
    return found;
}

void entry(unsigned high, unsigned low) {
    auto* fiber = reinterpret_cast<Fiber*>(uintptr_t{high} << 32 | low);
    fiber->start.main(fiber->start.argument);
    std::abort();
}

}  // namespace

Fiber::Fiber() : locals_(new char[locals().size + 1]) {}

Fiber::~Fiber() = default;

void Fiber::prepare(char* stack, size_t size, void (*main)(void*), void* argument) {
    stack_ = stack;
    stack_size_ = size;
    start = {main, argument};
    entered_ = false;
    renew_locals();
}

void Fiber::renew_locals() {
    exceptions_ = {};
    const Locals& all = locals();
    if (all.size == 0) return;
    std::memcpy(locals_.get(), all.initial, all.initial_size);
    std::memset(locals_.get() + all.initial_size, 0, all.size - all.initial_size);
}

void Fiber::save_locals() {
    if (locals().size != 0) std::memcpy(locals_.get(), locals().block, locals().size);
    std::memcpy(&exceptions_, abi::__cxa_get_globals(), sizeof exceptions_);
}

void Fiber::restore_locals() {
    if (locals().size != 0) std::memcpy(locals().block, locals_.get(), locals().size);
    std::memcpy(static_cast<void*>(abi::__cxa_get_globals()), &exceptions_, sizeof exceptions_);
}

void Fiber::switch_to(Fiber& from) {
    from.save_locals();
    if (_setjmp(from.at_) != 0) return;
    restore_locals();
    if (entered_) _longjmp(at_, 1);
    enter();
}

void Fiber::enter() {
    entered_ = true;
    ucontext_t context;
    getcontext(&context);
    context.uc_stack.ss_sp = stack_;
    context.uc_stack.ss_size = stack_size_;
    context.uc_link = nullptr;
    const auto self = reinterpret_cast<uintptr_t>(this);
    makecontext(&context, reinterpret_cast<void (*)()>(entry), 2, static_cast<unsigned>(self >> 32),
                static_cast<unsigned>(self));
    setcontext(&context);
}

}  // namespace cf_model
