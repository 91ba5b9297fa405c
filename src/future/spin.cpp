#include "future/spin.h"

#include "support/cpu_count.h"

namespace cf {
namespace {

sync::Atomic<int32_t> spinners{0};
sync::Atomic<int32_t> counted{1};
sync::Atomic<int32_t> awake{0};

}  // namespace

void prepare_spinning() {
    static const int32_t count = usable_cpu_count();
    counted.store(count, std::memory_order_relaxed);
}

int32_t processors() {
    return counted.load(std::memory_order_relaxed);
}

void count_awake(int32_t change) {
    awake.fetch_add(change, std::memory_order_relaxed);
}

void start_spinning_anew() {
    awake.store(0, std::memory_order_relaxed);
    spinners.store(0, std::memory_order_relaxed);
}

bool processor_is_free(int32_t own) {
    return awake.load(std::memory_order_relaxed) - own < processors();
}

SpinPermit::SpinPermit() : granted_(false) {
    const int32_t most = processors();
    if (most < 2) return;
    granted_ = spinners.fetch_add(1, std::memory_order_relaxed) < most;
    if (!granted_) spinners.fetch_sub(1, std::memory_order_relaxed);
}

SpinPermit::~SpinPermit() {
    if (granted_) spinners.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace cf
