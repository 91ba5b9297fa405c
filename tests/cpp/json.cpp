// encode() and decode(): nothing is lost in silence.
#include <gtest/gtest.h>
#include <cfutures/json.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using cfutures::decode;
using cfutures::DecodeError;
using cfutures::encode;
using cfutures::EncodeError;
using nlohmann::json;

struct Point {
    double x = 0;
    double y = 0;
    friend bool operator==(const Point&, const Point&) = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Point, x, y)
};

enum class Colour { kRed, kGreen };
NLOHMANN_JSON_SERIALIZE_ENUM(Colour, {{Colour::kRed, "red"}, {Colour::kGreen, "green"}})

template <class T>
void round_trip(const T& value, const char* text) {
    EXPECT_EQ(cfutures::to_text(encode(value)), text);
    EXPECT_EQ(decode<T>(json::parse(text)), value) << text;
}

TEST(Json, IntegersAreExact) {
    round_trip(std::numeric_limits<std::int64_t>::min(), "-9223372036854775808");
    round_trip(std::numeric_limits<std::int64_t>::max(), "9223372036854775807");
    round_trip(std::numeric_limits<std::uint64_t>::max(), "18446744073709551615");
    round_trip<std::int8_t>(-128, "-128");
}

TEST(Json, Values) {
    round_trip(true, "true");
    round_trip(0.1, "0.1");
    round_trip(0.5F, "0.5");
    round_trip(std::string("caf\u00e9 \" \n"), "\"caf\u00e9 \\\" \\n\"");
    round_trip(Point{1, 2}, R"({"x":1.0,"y":2.0})");
    round_trip(Colour::kGreen, "\"green\"");
    round_trip(json{{"free", {1, 2}}}, R"({"free":[1,2]})");
    EXPECT_EQ(encode("literal"), "literal");
}

TEST(Json, Containers) {
    round_trip(std::vector<int>{1, 2}, "[1,2]");
    round_trip(std::vector<bool>{true, false}, "[true,false]");
    round_trip(std::array<int, 2>{1, 2}, "[1,2]");
    round_trip(std::set<int>{1, 2}, "[1,2]");
    round_trip(std::pair<int, std::string>{1, "a"}, R"([1,"a"])");
    round_trip(std::tuple<int, bool>{1, true}, "[1,true]");
    round_trip(std::tuple<>(), "[]");
    round_trip(std::map<std::string, int>{{"a", 1}}, R"({"a":1})");
    round_trip(std::map<int, int>{{1, 2}}, "[[1,2]]");
    round_trip(std::unordered_map<std::string, Point>{{"p", {1, 2}}}, R"({"p":{"x":1.0,"y":2.0}})");
    round_trip(std::optional<int>(), "null");
    round_trip(std::vector<std::optional<Point>>{Point{1, 2}, std::nullopt},
               R"([{"x":1.0,"y":2.0},null])");
}

TEST(Json, IntegersThatDoNotFitAreRefused) {
    EXPECT_EQ(decode<std::int8_t>(json(127)), 127);
    EXPECT_THROW(decode<std::int8_t>(json(128)), DecodeError);
    EXPECT_THROW(decode<std::int8_t>(json(-129)), DecodeError);
    EXPECT_THROW(decode<std::uint8_t>(json(-1)), DecodeError);
    EXPECT_THROW(decode<std::uint64_t>(json(-1)), DecodeError);
    EXPECT_THROW(decode<std::uint64_t>(json::parse("18446744073709551616")), DecodeError);
    EXPECT_THROW(decode<std::int64_t>(json(std::numeric_limits<std::uint64_t>::max())),
                 DecodeError);
    EXPECT_THROW(decode<std::vector<std::uint8_t>>(json{1, 256}), DecodeError);
    EXPECT_THROW((decode<std::map<std::string, std::uint8_t>>(json{{"a", 256}})), DecodeError);
    EXPECT_THROW(decode<std::optional<std::uint8_t>>(json(256)), DecodeError);
}

TEST(Json, FloatsThatDoNotFitAreRefused) {
    EXPECT_EQ(decode<double>(json(3)), 3.0);
    EXPECT_THROW(decode<float>(json(1e300)), DecodeError);
    EXPECT_THROW(decode<int>(json(1.5)), DecodeError);
    EXPECT_THROW(decode<int>(json(1.0)), DecodeError);
}

TEST(Json, WrongTypesAreRefused) {
    EXPECT_THROW(decode<int>(json(true)), DecodeError);
    EXPECT_THROW(decode<int>(json("1")), DecodeError);
    EXPECT_THROW(decode<bool>(json(1)), DecodeError);
    EXPECT_THROW(decode<double>(json(nullptr)), DecodeError);
    EXPECT_THROW(decode<std::string>(json(1)), DecodeError);
    EXPECT_THROW(decode<std::vector<int>>(json{{"a", 1}}), DecodeError);
    EXPECT_THROW((decode<std::pair<int, int>>(json{1, 2, 3})), DecodeError);
    EXPECT_THROW((decode<std::array<int, 2>>(json{1})), DecodeError);
    EXPECT_THROW((decode<std::map<std::string, int>>(json{1})), DecodeError);
    EXPECT_THROW((decode<std::map<int, int>>(json::parse("[[1]]"))), DecodeError);
    EXPECT_THROW(decode<Point>(json{{"x", 1}}), DecodeError);
}

TEST(Json, NumbersThatJsonDoesNotHaveAreRefused) {
    const double nan = std::nan("");
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_THROW(encode(nan), EncodeError);
    EXPECT_THROW(encode(-infinity), EncodeError);
    EXPECT_THROW(encode(std::vector<double>{1, infinity}), EncodeError);
    EXPECT_THROW(encode(Point{nan, 1}), EncodeError);
    EXPECT_THROW(encode(json{{"deep", {1, nan}}}), EncodeError);
}

TEST(Json, BadUtf8IsRefused) {
    EXPECT_THROW(cfutures::to_text(encode(std::string("\xff"))), EncodeError);
    EXPECT_THROW(cfutures::to_text(encode(std::map<std::string, int>{{"\xff", 1}})), EncodeError);
}

TEST(Json, BadTextIsRefused) {
    EXPECT_THROW(cfutures::from_text("[1,", 3), DecodeError);
}

}  // namespace
