// Checking JSON text without building a value: what the parent passes through it only validates.
//
// Accepted is RFC 8259 text in UTF-8, at most kMaxJsonDepth deep, whose integers fit int64 or
// uint64 and whose other numbers fit a double. Of duplicate keys the last one counts.
#pragma once

#include <string_view>

#include "support/error.h"

namespace cf {

constexpr int kMaxJsonDepth = 128;

/// Null when the text is one JSON value; otherwise an error with the given status that says what is
/// wrong and where. `what` names the text in the message: "the arguments".
ErrorRef check_json(std::string_view json, cf_status_t status, std::string_view what);

/// The same for the arguments of a call, which must be an array or an object: DECODE_ERROR for what
/// is no JSON, ENCODE_ERROR for a bare scalar.
ErrorRef check_json_arguments(std::string_view json);

/// A text as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD.
std::string quote_json(std::string_view text);

}  // namespace cf
