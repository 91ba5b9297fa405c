// W1 and P1 through the C++ API.
#include <cfutures/cfutures.hpp>
#include <cstdint>
#include <vector>

#include "../support/bench.h"

namespace {

using cfutures::Future;

std::int64_t increment(std::int64_t n) {
    return n + 1;
}

template <typename Submit>
bench_figure submit_and_get(std::int64_t size, std::int64_t expected, const Submit& submit) {
    std::vector<Future<std::int64_t>> futures;
    futures.reserve(static_cast<std::size_t>(size));
    const std::int64_t start = bench_now_ns();
    for (std::int64_t i = 0; i < size; ++i)
        futures.push_back(submit(i));
    std::int64_t sum = 0;
    for (Future<std::int64_t>& future : futures) {
        sum += future.result();
        future = {};
    }
    const bench_figure figure =
        bench_value(static_cast<double>(bench_now_ns() - start) / static_cast<double>(size));
    BENCH_CHECK(sum == expected);
    return figure;
}

bench_figure w1(std::int64_t size) {
    static cfutures::ThreadPool pool({.max_workers = BENCH_WORKERS});
    return submit_and_get(size, size * (size - 1) / 2,
                          [](std::int64_t i) { return pool.submit([i] { return i; }); });
}

bench_figure p1(std::int64_t size) {
    static cfutures::ProcessPool pool({.max_workers = BENCH_WORKERS});
    return submit_and_get(size, size * (size + 1) / 2,
                          [](std::int64_t i) { return pool.submit<increment>(i); });
}

}  // namespace

int main(int argc, char** argv) {
    static const bench_workload workloads[] = {{"W1", w1}, {"P1", p1}, {nullptr, nullptr}};
    cfutures::worker_entry();
    return bench_main(argc, argv, workloads);
}
