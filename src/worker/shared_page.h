// The claim page as a worker maps it.
#pragma once

#include "process_pool/claim_page.h"
#include "support/error.h"

namespace cf {

/// Checks before it maps: a page that could shrink would be a trap (D-04). The descriptor stays open.
ErrorRef map_claim_page(int descriptor, ClaimPage*& page_out);

}  // namespace cf
