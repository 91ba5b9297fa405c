// Hosts that make it hard for a library: the whole suite can run in one of them.
#pragma once

namespace contract {

// Makes this process a host of the kind that CONTRACT_HOST_KIND says, if it says one. Below zero: go on;
// otherwise the exit status, kSkipped where the machine cannot show it.
int become_host_of_kind();

constexpr int kSkipped = 77;

}  // namespace contract
