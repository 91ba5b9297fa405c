#include "support/json_text.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <string>

#include "support/json_scan.h"
#include "support/time.h"

namespace cf_unit {
namespace {

using namespace std::string_literals;

bool accepted(std::string_view json) {
    return !cf::check_json(json, CF_STATUS_DECODE_ERROR, "the text");
}

std::string nested(int depth, const char* open, const char* inside, const char* close) {
    std::string json;
    for (int i = 0; i < depth; ++i)
        json += open;
    json += inside;
    for (int i = 0; i < depth; ++i)
        json += close;
    return json;
}

class JsonAccepted : public testing::TestWithParam<std::string> {};
TEST_P(JsonAccepted, Is) {
    EXPECT_TRUE(accepted(GetParam()));
}

// The quick look is sure of all but numbers that are unusual.
TEST_P(JsonAccepted, AtAQuickLook) {
    const std::string& json = GetParam();
    const bool is_unusual = json == "1.7976931348e308" || json == "1E-400" || json == "0e999";
    EXPECT_EQ(cf::is_certainly_json(json), !is_unusual);
}

class JsonRefused : public testing::TestWithParam<std::string> {};
TEST_P(JsonRefused, IsWithAReason) {
    const cf::ErrorRef error = cf::check_json(GetParam(), CF_STATUS_DECODE_ERROR, "the text");
    ASSERT_TRUE(error);
    EXPECT_EQ(error->status(), CF_STATUS_DECODE_ERROR);
    EXPECT_TRUE(error->fields().message.starts_with("the text cannot be used as JSON: "));
    EXPECT_FALSE(cf::is_certainly_json(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    JsonText, JsonAccepted,
    testing::Values("null"s, "true"s, "false"s, "0"s, "-0"s, "1"s, "-1"s, "1.5"s, "-1.5E-10"s,
                    "1e5"s, "0.0"s, "\"\""s, "[]"s, "{}"s, " \t\r\n[ 1 , 2 ]\n"s,
                    "{\"a\":1,\"a\":2}"s, "{\"\":null}"s, "\"\\u0000\""s, "\"\\ud83d\\ude00\""s,
                    "\"\xf0\x9f\x98\x80\""s, "\"\\\"\\\\\\/\\b\\f\\n\""s, "\"\x7f\""s,
                    "\"\xed\x9f\xbf\""s, "\"\xf4\x8f\xbf\xbf\""s,
                    // Integers of 64 bits, signed or not, and doubles with all their digits.
                    "9223372036854775807"s, "-9223372036854775808"s, "18446744073709551615"s,
                    "1.7976931348e308"s, "123456789012345678901234567890.0"s, "1E-400"s, "0e999"s,
                    nested(cf::kMaxJsonDepth, "[", "", "]"),
                    nested(cf::kMaxJsonDepth, "{\"a\":", "1", "}")));

INSTANTIATE_TEST_SUITE_P(
    JsonText, JsonRefused,
    testing::Values(""s, " "s, "nul"s, "nulll"s, "True"s, "NaN"s, "Infinity"s, "-Infinity"s, "+1"s,
                    "01"s, "1."s, ".5"s, "1e"s, "1e+"s, "-"s, "--1"s, "0x10"s, "1_000"s, "'a'"s,
                    "\"a"s, "\"\\x41\""s, "\"\\u12\""s, "\"\n\""s, "\"\t\""s, "["s, "]"s, "[1"s,
                    "[1,"s, "[1,]"s, "[,1]"s, "[1 2]"s, "{"s, "{}}"s, "{\"a\"}"s, "{\"a\":}"s,
                    "{\"a\":1,}"s, "{a:1}"s, "{1:1}"s, "{\"a\" 1}"s, "[1]]"s, "[1] x"s, "1 2"s,
                    "// c\n1"s, "/* c */1"s, "[1]#"s,
                    // Numbers that no type of ours holds.
                    "9223372036854775808e"s, "-9223372036854775809"s, "18446744073709551616"s,
                    "1E400"s, "-1E400"s, "[1, 99999999999999999999999]"s,
                    // NUL ends nothing.
                    "\0"s, "[1]\0"s, "[1]\0]"s, "\0[1]"s, "\"a\0b\""s, "[1,\0"s,
                    // A byte-order mark is no JSON.
                    "\xef\xbb\xbf[1]"s, "\xef\xbb\xbf"s, "\xef\xbb"s, "\xff\xfe[\0"s,
                    // Not UTF-8: bare continuation, overlong, surrogate, too high, cut off.
                    "\"\x80\""s, "\"\xc0\xaf\""s, "\"\xe0\x80\x80\""s, "\"\xed\xa0\x80\""s,
                    "\"\xf4\x90\x80\x80\""s, "\"\xc3\""s, "\"\xff\""s, "\xe9"s,
                    // Surrogates that stand alone or the wrong way round.
                    "\"\\ud800\""s, "\"\\udc00\""s, "\"\\ud800\\u0041\""s, "\"\\ude00\\ud83d\""s,
                    nested(cf::kMaxJsonDepth + 1, "[", "", "]"),
                    nested(cf::kMaxJsonDepth + 1, "{\"a\":", "1", "}")));

/// What the full parser says, which never sees what the quick look has accepted: a number that it is
/// not sure of goes before the text.
bool accepted_in_full(const std::string& json) {
    return accepted("[1e-400," + json + "]");
}

// Texts that are nearly right, by the thousand: whatever the quick look accepts the parser accepts too.
TEST(JsonText, TheQuickLookAcceptsNothingThatTheParserRefuses) {
    const std::string whole =
        "{\"a\": [1, -2.5e10, true, null, \"\\u00e9\\ud83d\\ude00 \xc3\xa9\xf0\x9f\x98\x80\"], "
        "\"b\\n\": {\"c\": [[], {}, false, 18446744073709551615]}}";
    ASSERT_TRUE(cf::is_certainly_json(whole));
    ASSERT_TRUE(accepted_in_full(whole));
    const auto compare = [](const std::string& json) {
        EXPECT_TRUE(!cf::is_certainly_json(json) || accepted_in_full(json)) << json;
    };
    for (size_t at = 0; at < whole.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = whole;
            changed[at] = static_cast<char>(byte);
            compare(changed);
        }
        compare(whole.substr(0, at));
        compare(whole.substr(at));
        compare(whole.substr(0, at) + whole.substr(at + 1));
    }
}

TEST(JsonText, DeepNestingIsRefusedOnASmallStack) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    ASSERT_EQ(pthread_attr_setstacksize(&attributes, 64 * 1024), 0);
    pthread_t thread;
    const auto check = [](void*) -> void* {
        for (const char c : {'[', '{'})
            EXPECT_FALSE(accepted(std::string(1'000'000, c)));
        return nullptr;
    };
    ASSERT_EQ(pthread_create(&thread, &attributes, check, nullptr), 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
}

TEST(JsonText, TakesLinearTime) {
    // A quadratic check of any of these takes minutes, and the watchdog ends it.
    const size_t n = 2'000'000;
    EXPECT_TRUE(accepted("\"" + std::string(n, 'a') + "\""));
    EXPECT_FALSE(accepted("\"" + std::string(n, 'a')));
    EXPECT_FALSE(accepted(std::string(n, '9')));
    EXPECT_TRUE(accepted("0." + std::string(n, '1')));
    EXPECT_TRUE(accepted(std::string(n, ' ') + "1" + std::string(n, ' ')));
    std::string array = "[0";
    for (size_t i = 0; i < n / 4; ++i)
        array += ",\"\\n\"";
    EXPECT_TRUE(accepted(array + "]"));
}

TEST(JsonText, ArgumentsAreAnArrayOrAnObject) {
    EXPECT_FALSE(cf::check_json_arguments("[1]"));
    EXPECT_FALSE(cf::check_json_arguments(" \n{\"a\":1}"));
    for (const char* scalar : {"1", "\"[]\"", "null", " true"}) {
        const cf::ErrorRef error = cf::check_json_arguments(scalar);
        ASSERT_TRUE(error) << scalar;
        EXPECT_EQ(error->status(), CF_STATUS_ENCODE_ERROR);
    }
    const cf::ErrorRef error = cf::check_json_arguments("");
    ASSERT_TRUE(error);
    EXPECT_EQ(error->status(), CF_STATUS_DECODE_ERROR);
}

TEST(JsonText, QuotesAnyBytesAsJson) {
    for (const std::string& bytes :
         {""s, "a\"b\\c\n"s, "\0x"s, "\xff\xc3(\xed\xa0\x80"s, "\xf0\x9f\x98\x80"s}) {
        EXPECT_TRUE(accepted(cf::quote_json(bytes))) << cf::quote_json(bytes);
    }
    EXPECT_EQ(cf::quote_json("a\"b"), "\"a\\\"b\"");
}

// --- reading --------------------------------------------------------------------------------------

TEST(JsonDocument, GivesTheMembersOfAnObject) {
    const cf::JsonDocument document(R"({"a":-7,"b":"x\u0000y","c":[1, 2],"d":true,"a":8})");
    const cf::JsonValue object = document.value();
    EXPECT_TRUE(object.is_object());
    EXPECT_EQ(object["a"].integer(), 8);  // the last one counts
    EXPECT_EQ(object["b"].string(), "x\0y"s);
    EXPECT_TRUE(object["c"].is_array());
    EXPECT_EQ(object["c"].dump(), "[1,2]");
    EXPECT_TRUE(object["d"].is_true());
}

TEST(JsonDocument, AnswersNoForValuesOfAnotherKind) {
    const cf::JsonDocument document(R"({"n":1,"s":"true","f":1.5})");
    const cf::JsonValue object = document.value();
    EXPECT_FALSE(object["n"].is_true());
    EXPECT_FALSE(object["n"].string());
    EXPECT_FALSE(object["s"].is_true());
    EXPECT_FALSE(object["s"].integer());
    EXPECT_FALSE(object["f"].integer());
    EXPECT_FALSE(object["f"].is_array());
    EXPECT_TRUE(object["n"]["of a number"].is_absent());
}

TEST(JsonDocument, AnswersNoForAnAbsentValue) {
    for (const char* text : {"{", "1 2", "", "\"\xFF\""}) {
        const cf::JsonDocument document(text);
        const cf::JsonValue absent = document.value();
        EXPECT_TRUE(absent.is_absent()) << text;
        EXPECT_TRUE(absent["a"].is_absent());
        EXPECT_FALSE(absent.is_object() || absent.is_array() || absent.is_true());
        EXPECT_FALSE(absent.string() || absent.integer());
        EXPECT_EQ(absent.dump(), "");
    }
}

TEST(JsonDocument, GivesIntegersThatFitOnly) {
    EXPECT_EQ(cf::JsonDocument("9223372036854775807").value().integer(), INT64_MAX);
    EXPECT_EQ(cf::JsonDocument("-9223372036854775808").value().integer(), INT64_MIN);
    EXPECT_FALSE(cf::JsonDocument("9223372036854775808").value().integer());
    EXPECT_FALSE(cf::JsonDocument("1.0").value().integer());
}

}  // namespace
}  // namespace cf_unit
