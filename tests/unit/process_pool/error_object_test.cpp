// Errors as they travel.
#include "process_pool/error_object.h"

#include <gtest/gtest.h>

#include "process_pool/worker_process.h"

namespace cf_unit {
namespace {

using cf::decode_error;
using cf::ErrorFields;
using cf::ErrorRef;

TEST(ErrorObject, ComesBackAsItWas) {
    const ErrorRef error = cf::Error::create(ErrorFields{.status = CF_STATUS_TASK_FAILED,
                                                         .type = "std::out_of_range",
                                                         .message = "line 1\n\"quoted\" \xc3\xa9",
                                                         .detail = R"({"a":[1,2.5,null]})",
                                                         .task_code = -7});
    const ErrorRef back = decode_error(cf::encode_error(*error), "f", 42, 4711);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->status(), CF_STATUS_TASK_FAILED);
    EXPECT_EQ(back->fields().type, "std::out_of_range");
    EXPECT_EQ(back->fields().message, "line 1\n\"quoted\" \xc3\xa9");
    EXPECT_EQ(back->fields().detail, R"({"a":[1,2.5,null]})");
    EXPECT_EQ(back->fields().task_code, -7);
    EXPECT_EQ(back->fields().function, "f");
    EXPECT_EQ(back->fields().task_id, 42U);
    EXPECT_EQ(back->fields().worker_pid, 4711);
}

TEST(ErrorObject, EveryFailureTravelsByName) {
    const struct {
        cf_status_t status;
        const char* name;
    } statuses[] = {
#define ROW(name, value, message) {value, #name},
        CFUTURES_STATUS_LIST(ROW)
#undef ROW
    };
    for (const auto& [status, name] : statuses) {
        const std::string json = cf::encode_error(*cf::Error::create(status, ""));
        EXPECT_EQ(json, std::string("{\"status\":\"") + name + "\"}");
        const ErrorRef back = decode_error(json, {}, 0, 0);
        ASSERT_EQ(static_cast<bool>(back), status < 0) << name << ": only failures are errors";
        EXPECT_TRUE(!back || back->status() == status);
    }
}

TEST(ErrorObject, TakesWhatItCanUse) {
    const ErrorRef error = decode_error(
        R"({"status":"TASK_FAILED","type":7,"message":["x"],"code":"3","more":{"a":1}})", {}, 0, 0);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->fields().type, "");
    EXPECT_EQ(error->fields().message, "");
    EXPECT_EQ(error->fields().detail, "");
    EXPECT_EQ(error->fields().task_code, 0);
}

TEST(ErrorObject, TakesACodeOf32BitsAlone) {
    const struct {
        const char* json;
        int32_t code;
    } codes[] = {{"2147483647", INT32_MAX},
                 {"-2147483648", INT32_MIN},
                 {"2147483648", 0},
                 {"-2147483649", 0},
                 {"18446744073709551615", 0},
                 {"1.0", 0},
                 {"true", 0},
                 {"null", 0}};
    for (const auto& [json, code] : codes) {
        const ErrorRef error =
            decode_error(cf::text(R"({"status":"TASK_FAILED","code":)", json, "}"), {}, 0, 0);
        ASSERT_TRUE(error) << json;
        EXPECT_EQ(error->fields().task_code, code) << json;
    }
}

TEST(ErrorObject, RefusesWhatIsNoErrorObject) {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    for (const std::string& json : std::vector<std::string>{
             "", "{", "null", "[]", "{}", "\"TASK_FAILED\"", R"({"status":-9})",
             R"({"status":"task_failed"})", R"({"status":"OK"})", R"({"status":"END"})",
             R"({"status":"RESERVED"})", R"({"status":""})", R"({"status":"TASK_FAILED"}})",
             "{\"status\":\"TASK_FAILED\",\"message\":\"\xff\"}",
             R"({"status":"TASK_FAILED","detail":1e999})",
             R"({"status":"TASK_FAILED","detail":)" + deep + "}"}) {
        EXPECT_FALSE(decode_error(json, {}, 0, 0)) << json.substr(0, 60);
    }
}

TEST(ExitReport, SaysHowAProcessEnded) {
    using cf::ExitReport;
    EXPECT_EQ(ExitReport{}.describe(), "ended with an unknown status");
    EXPECT_EQ((ExitReport{.known = true, .exit_status = 3}).describe(), "exited with status 3");
    EXPECT_EQ((ExitReport{.known = true, .signal = 9}).describe(),
              "was killed by signal 9 (SIGKILL)");
    EXPECT_EQ((ExitReport{.known = true, .signal = 63}).describe(),
              "was killed by signal 63 (SIG?)");
}

}  // namespace
}  // namespace cf_unit
