// Errors as they travel: the body of ERROR and FAILED frames (docs/protocol.md, "The error object").
#pragma once

#include <string>
#include <string_view>

#include "support/error.h"

namespace cf {

/// {"status":"TASK_FAILED","type":"ValueError","message":"...","detail":...,"code":1}; absent members
/// are left out.
std::string encode_error(const Error& error);

/// Makes the error that a worker's text describes, about a call of ours; null when the text is no
/// error object.
ErrorRef decode_error(std::string_view json, std::string_view function, uint64_t task_id,
                      int64_t worker_pid);

}  // namespace cf
