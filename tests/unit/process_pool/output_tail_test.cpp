// What is kept of a worker's output.
#include "process_pool/output_tail.h"

#include <gtest/gtest.h>

#include <string>

namespace cf_unit {
namespace {

using cf::OutputTail;

TEST(OutputTail, KeepsTheLastBytesInOrder) {
    OutputTail tail;
    EXPECT_EQ(tail.text(), "");
    std::string all;
    for (int i = 0; i < 10000; ++i) {
        const std::string line = std::to_string(i) + '\n';
        tail.add(line);
        all += line;
    }
    EXPECT_EQ(tail.text(), all.substr(all.size() - OutputTail::kSize));
    const std::string large(3 * OutputTail::kSize + 1, 'x');
    tail.add(large);
    EXPECT_EQ(tail.text(), std::string(OutputTail::kSize, 'x'));
}

TEST(OutputTail, IsAlwaysUtf8) {
    const struct {
        const char* raw;
        const char* text;
    } rows[] = {
        {"plain", "plain"},
        {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\xff\xfe", "??"},
        {"a\xc3", "a?"},
        {"\xc0\x80", "??"},
        {"\xed\xa0\x80", "???"},
        {"\xe0\x80\x80", "???"},
        {"\xf4\x90\x80\x80", "????"},
        {"\xe2\x28\xa1", "?(?"},
    };
    for (const auto& row : rows) {
        OutputTail tail;
        tail.add(row.raw);
        EXPECT_EQ(tail.text(), row.text);
    }
}

TEST(OutputTail, ACharacterThatWasCutOffDoesNotShow) {
    OutputTail tail;
    tail.add("\xe2\x82\xac");
    tail.add(std::string(OutputTail::kSize - 1, 'x'));
    EXPECT_EQ(tail.text(), std::string(OutputTail::kSize - 1, 'x'));
}

}  // namespace
}  // namespace cf_unit
