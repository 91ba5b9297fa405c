// How much of a thing a test does that only quantity can find: races, random schedules, long texts.
#pragma once

#include <cstdint>

#include "support/sanitizer.h"

namespace cf_test {

/// `native` of them; a tenth where a sanitizer makes each of them many times as slow, and looks at
/// each so much closer.
constexpr std::int64_t amount(std::int64_t native) {
    return kSanitized ? native / 10 : native;
}

}  // namespace cf_test
