/*
 * std::async with the launch policy async: a thread for each call.
 */
#include "future_workloads.h"

namespace {

struct Pool {
    template <class Function>
    auto submit(Function function) {
        return std::async(std::launch::async, function);
    }
};

}  // namespace

int main(int argc, char** argv) {
    using W = FutureWorkloads<Pool>;
    const bench_workload workloads[] = {
        {"W1", W::w1}, {"W3", W::w3}, {"W4", W::w4},      {"W6", W::w6},
        {"W7", W::w7}, {"W9", W::w9}, {nullptr, nullptr},
    };
    return bench_main(argc, argv, workloads);
}
