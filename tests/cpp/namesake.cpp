#include "namesake.h"

namespace {

int namesake(int n) {
    return n + 1000;
}
int twin(int n) {
    return n + 2000;
}

}  // namespace

CFUTURES_REGISTER("other.twin", twin);

int call_other_namesake(cfutures::Executor& executor, int n) {
    return cfutures::call<int>(executor, cfutures::detail::RegisteredFunction<namesake>::name(), n)
        .result();
}

int call_other_twin(cfutures::Executor& executor, int n) {
    return cfutures::call<int>(executor, cfutures::detail::RegisteredFunction<twin>::name(), n)
        .result();
}
