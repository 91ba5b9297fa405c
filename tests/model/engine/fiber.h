// Simulated threads run as fibers of one real thread: each has a stack, and its own copy of what the
// program and the C++ runtime keep thread-local.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <memory>

namespace cf_model {

class Fiber {
  public:
    Fiber();
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// The next switch_to() calls main(argument), which must not return.
    void prepare(char* stack, size_t size, void (*main)(void*), void* argument);
    /// Its thread-local variables are as a new thread finds them.
    void renew_locals();
    bool prepared() const { return stack_ != nullptr; }
    /// Leaves the running fiber and goes on where this one was left.
    void switch_to(Fiber& from);

    /// The fiber that entry() starts.
    struct Start {
        void (*main)(void*);
        void* argument;
    } start{};

  private:
    void enter();
    void save_locals();
    void restore_locals();

    struct ExceptionState {
        void* caught;
        unsigned uncaught;
    } exceptions_{};
    std::unique_ptr<char[]> locals_;  // a copy of the thread-local block of the program
    jmp_buf at_{};
    char* stack_ = nullptr;
    size_t stack_size_ = 0;
    bool entered_ = true;  // the thread that the program started with
};

}  // namespace cf_model
