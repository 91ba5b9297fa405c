// Threads of a size of their own.
#include "support/thread.h"

#include <array>

#include "helpers.h"

namespace cf_unit {
namespace {

// As large as those of a program in Zig; they lie in the stack of each thread.
thread_local std::array<char, size_t{320} << 10> many_thread_locals;

TEST(Thread, ASmallStackIsThereBesideLargeThreadLocals) {
    size_t touched = 0;
    cf::Thread thread;
    const auto main = [](void* out) {
        many_thread_locals.back() = 1;
        std::array<volatile char, size_t{40} << 10> locals{};
        locals.front() = many_thread_locals.back();
        *static_cast<size_t*>(out) = locals.size() * static_cast<size_t>(locals.front());
    };
    ASSERT_FALSE(thread.start("unit", main, &touched, size_t{64} << 10));
    thread.join();
    EXPECT_EQ(touched, size_t{40} << 10);
}

}  // namespace
}  // namespace cf_unit
