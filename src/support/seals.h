// Shared memory whose size cannot change any more, so that who maps it need not fear for what it maps.
#pragma once

namespace cf {

/// Of a descriptor from memfd_create with MFD_ALLOW_SEALING. False with errno.
bool seal_size(int descriptor);

/// Where the system has no seals, true for everything: then the sender has to be trusted.
bool size_is_sealed(int descriptor);

}  // namespace cf
