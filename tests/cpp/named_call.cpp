// Functions by name, in this process: registration, arguments, results, errors.
#include <gtest/gtest.h>
#include <cfutures/cfutures.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "namesake.h"

namespace {

struct Point {
    int x = 0;
    int y = 0;
    friend bool operator==(const Point&, const Point&) = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Point, x, y)
};

struct Unwritable {
    friend void to_json(nlohmann::json&, const Unwritable&) {
        throw std::runtime_error("cannot be written");
    }
    friend void from_json(const nlohmann::json&, Unwritable&) {}
};

struct MyError : std::runtime_error {
    using runtime_error::runtime_error;
};

int namesake(int n) {
    return n + 1;
}
int twin(int n) {
    return n + 2;
}
Point mirrored(const Point& point) {
    return {point.y, point.x};
}
std::int8_t narrow(std::int8_t n) {
    return n;
}
double root(double n) {
    return std::sqrt(n);
}
std::string echo(std::string text) {
    return text;
}
Unwritable unwritable() {
    return {};
}
void nothing() {}
const std::string& reference(const std::string& text) {
    return text;
}
int fail(const std::string& how) {
    if (how == "standard") throw std::out_of_range("far");
    if (how == "system") throw std::system_error(5, std::generic_category(), "disk");
    if (how == "mine") throw MyError("mine");
    if (how == "number") throw 42;
    if (how == "timeout") throw cfutures::TimeoutError();
    throw std::logic_error("unexpected");
}

CFUTURES_REGISTER("point.mirrored", mirrored);
CFUTURES_REGISTER("test.twin", twin);
CFUTURES_REGISTER("test.narrow", narrow);
CFUTURES_REGISTER("test.root", root);
CFUTURES_REGISTER("test.echo", echo);
CFUTURES_REGISTER("test.unwritable", unwritable);
CFUTURES_REGISTER("test.nothing", nothing);
CFUTURES_REGISTER("test.fail", fail);
CFUTURES_REGISTER("test.reference", reference);

class NamedCallTest : public testing::Test {
  protected:
    cfutures::ThreadPool pool_;
    cfutures::ExecutorRef executor_{pool_};
};

TEST_F(NamedCallTest, OnEveryLocalExecutor) {
    cfutures::InlineExecutor inline_executor;
    for (const cfutures::ExecutorRef executor :
         {cfutures::ExecutorRef(pool_), cfutures::ExecutorRef(inline_executor)}) {
        EXPECT_EQ(executor.call<Point>("point.mirrored", Point{1, 2}).result(), (Point{2, 1}));
        EXPECT_EQ(executor.submit<mirrored>(Point{1, 2}).result(), (Point{2, 1}));
        std::vector<Point> points;
        for (const Point& point : executor.map<mirrored>(std::vector<Point>{{1, 2}, {3, 4}})) {
            points.push_back(point);
        }
        EXPECT_EQ(points, (std::vector<Point>{{2, 1}, {4, 3}}));
    }
}

TEST_F(NamedCallTest, Results) {
    const auto text = executor_.call<std::string>("test.echo", "text");
    EXPECT_EQ(text.result(), "text");
    EXPECT_EQ(&text.result(), &text.result());
    EXPECT_EQ(executor_.call<std::string>("test.reference", "text").result(), "text");
    executor_.call<void>("test.nothing").result();
    EXPECT_EQ(executor_.call<std::optional<int>>("test.nothing").result(), std::nullopt);
    EXPECT_EQ(executor_.call<nlohmann::json>("point.mirrored", Point{1, 2}).result(),
              nlohmann::json::parse(R"({"x":2,"y":1})"));
}

TEST_F(NamedCallTest, ResultOfAnotherType) {
    const auto future = executor_.call<int>("test.echo", "text");
    EXPECT_THROW(future.result(), cfutures::DecodeError);
    EXPECT_THROW(std::rethrow_exception(future.exception()), cfutures::DecodeError);
}

TEST_F(NamedCallTest, WrongArguments) {
    EXPECT_THROW(executor_.call<int>("test.narrow").result(), cfutures::DecodeError);
    EXPECT_THROW(executor_.call<int>("test.narrow", 1, 2).result(), cfutures::DecodeError);
    EXPECT_THROW(executor_.call<int>("test.narrow", "one").result(), cfutures::DecodeError);
    EXPECT_EQ(executor_.call<int>("test.narrow", -128).result(), -128);
    try {
        executor_.call<int>("test.narrow", 128).result();
        FAIL();
    } catch (const cfutures::DecodeError& error) {
        EXPECT_NE(std::string(error.what()).find("argument 1: 128 does not fit"), std::string::npos)
            << error.what();
    }
}

TEST_F(NamedCallTest, ArgumentsThatCannotBeWritten) {
    EXPECT_THROW(executor_.call<double>("test.root", std::nan("")), cfutures::EncodeError);
    EXPECT_THROW(executor_.call<std::string>("test.echo", "\xff"), cfutures::EncodeError);
    EXPECT_THROW(executor_.call<int>("test.fail", Unwritable()), cfutures::EncodeError);
}

TEST_F(NamedCallTest, ResultsThatCannotBeWritten) {
    EXPECT_THROW(executor_.call<double>("test.root", -1.0).result(), cfutures::EncodeError);
    EXPECT_THROW(executor_.call<Unwritable>("test.unwritable").result(), cfutures::EncodeError);
}

TEST_F(NamedCallTest, UnknownName) {
    EXPECT_THROW(executor_.call<int>("no such function").result(), cfutures::UnknownFunctionError);
}

TEST_F(NamedCallTest, StandardExceptionsArriveAsTheirType) {
    EXPECT_THROW(executor_.call<int>("test.fail", "standard").result(), std::out_of_range);
    try {
        executor_.call<int>("test.fail", "system").result();
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::error_code(5, std::generic_category()));
        EXPECT_TRUE(std::string(error.what()).starts_with("disk: "));
    }
}

TEST_F(NamedCallTest, OtherExceptionsArriveWithTheirNames) {
    try {
        executor_.call<int>("test.fail", "mine").result();
        FAIL();
    } catch (const cfutures::RemoteError& error) {
        EXPECT_NE(error.type_name().find("MyError"), std::string_view::npos);
        EXPECT_EQ(error.message(), "mine");
        EXPECT_EQ(error.function(), "test.fail");
    }
    try {
        executor_.call<int>("test.fail", "number").result();
        FAIL();
    } catch (const cfutures::RemoteError& error) {
        EXPECT_EQ(error.type_name(), "int");
    }
    EXPECT_THROW(executor_.call<int>("test.fail", "timeout").result(), cfutures::RemoteError);
}

TEST_F(NamedCallTest, NamesakesAreFoundOut) {
    using cfutures::detail::RegisteredFunction;
    int refused = 0;
    try {
        EXPECT_EQ(executor_.call<int>(RegisteredFunction<namesake>::name(), 1).result(), 2);
    } catch (const cfutures::InvalidStateError& error) {
        EXPECT_NE(std::string(error.what()).find("CFUTURES_REGISTER"), std::string::npos);
        ++refused;
    }
    try {
        EXPECT_EQ(call_other_namesake(pool_, 1), 1001);
    } catch (const cfutures::InvalidStateError&) {
        ++refused;
    }
    EXPECT_EQ(refused, 1);
}

TEST_F(NamedCallTest, ANameOfItsOwnSettlesIt) {
    using cfutures::detail::RegisteredFunction;
    EXPECT_EQ(executor_.call<int>(RegisteredFunction<twin>::name(), 1).result(), 3);
    EXPECT_EQ(call_other_twin(pool_, 1), 2001);
    EXPECT_EQ(executor_.call<int>("other.twin", 1).result(), 2001);
}

TEST_F(NamedCallTest, NamedCallIsMadeOfAFunction) {
    const cfutures::NamedCall call = cfutures::named_call<narrow>(7);
    EXPECT_EQ(call.name, "test.narrow");
    EXPECT_EQ(call.arguments, "[7]");
}

}  // namespace
