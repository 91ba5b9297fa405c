// A quick look at JSON text: whether it is certainly what check_json() accepts.
//
// It goes over the bytes once, builds nothing and recurses nowhere. It accepts a subset: text with an
// unusual number (of more digits or a larger exponent than it is sure of) is "not certain" just as wrong
// text is, and the full parser has the last word, which also knows how to say what is wrong. So a doubt
// costs time and never correctness.
#pragma once

#include <string_view>

namespace cf {

/// True only for one JSON value that check_json() accepts.
[[nodiscard]] bool is_certainly_json(std::string_view text);

}  // namespace cf
