// FunctionName<F>: readable, and different for overloads.
#include <gtest/gtest.h>
#include <cfutures/detail/function_name.hpp>

#include <string>
#include <string_view>

namespace maths {

long half(long n);
long half(long n) {
    return n / 2;
}
double half(double n);
double half(double n) {
    return n / 2;
}

}  // namespace maths

namespace {

using cfutures::detail::FunctionName;

struct Shape {
    static int corners() noexcept { return 4; }
};

constexpr auto kHalfLong = static_cast<long (*)(long)>(&maths::half);
constexpr auto kHalfDouble = static_cast<double (*)(double)>(&maths::half);

TEST(FunctionNameTest, IsReadable) {
    const std::string_view name = FunctionName<kHalfLong>::get();
    EXPECT_TRUE(name == "maths::half(long int)" || name == "maths::half(long)") << name;
    const std::string_view member = FunctionName<&Shape::corners>::get();
    EXPECT_NE(member.find("Shape::corners"), std::string_view::npos) << member;
    EXPECT_TRUE(member.ends_with("()")) << member;
}

TEST(FunctionNameTest, TellsOverloadsApart) {
    EXPECT_STRNE(FunctionName<kHalfLong>::get(), FunctionName<kHalfDouble>::get());
    EXPECT_EQ(kHalfDouble(3), 1.5);
    EXPECT_EQ(Shape::corners(), 4);
}

}  // namespace
