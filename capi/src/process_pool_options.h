// The object behind cf_process_pool_options_t.
#pragma once

#include "options.h"
#include "process_pool/process_pool.h"

namespace cf::capi {

using ProcessPoolOptionsHandle = Options<HandleKind::kProcessPoolOptions, ProcessPoolOptions>;

}  // namespace cf::capi
