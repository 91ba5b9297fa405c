/*
 * oneTBB as its users use it: task_arena::enqueue of a packaged_task where a future is wanted,
 * task_group for W2 and W5, parallel_for for W6.
 */
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <memory>

#include "future_workloads.h"

namespace {

namespace tbb = oneapi::tbb;

/* Workers beside the thread that submits. */
struct Pool {
    tbb::task_arena arena{BENCH_WORKERS, 0};

    template <class Function>
    auto submit(Function function) {
        // enqueue() wants a copyable function.
        auto task = std::make_shared<std::packaged_task<decltype(function())()>>(function);
        auto future = task->get_future();
        arena.enqueue([task] { (*task)(); });
        return future;
    }
};

/* Two workers and the thread that submits, which helps when it waits. */
bench_figure w2(int64_t size) {
    static tbb::task_arena arena(BENCH_WORKERS + 1, 1);
    return arena.execute([size] {
        tbb::task_group group;
        int64_t start = bench_now_ns();
        for (int64_t i = 0; i < size; ++i)
            group.run([] {});
        group.wait();
        return bench_rate(size, start);
    });
}

/* Two threads in all compute: the calling one and a worker. */
tbb::task_arena& two_threads() {
    static tbb::task_arena arena(BENCH_WORKERS, 1);
    return arena;
}

int64_t fib(int64_t n) {
    if (n < 2) return n;
    int64_t left = 0;
    tbb::task_group group;
    group.run([&left, n] { left = fib(n - 1); });
    int64_t right = fib(n - 2);
    group.wait();
    return left + right;
}

bench_figure w5(int64_t size) {
    return fork_join(size, [](int64_t n) { return two_threads().execute([n] { return fib(n); }); });
}

bench_figure w6(int64_t size) {
    return map_squares(size, [](const int32_t* in, int32_t* out, int64_t count) {
        two_threads().execute([=] {
            tbb::parallel_for(tbb::blocked_range<int64_t>(0, count), [=](const auto& range) {
                bench_square(in, out, range.begin(), range.end());
            });
        });
    });
}

}  // namespace

int main(int argc, char** argv) {
    tbb::global_control threads(tbb::global_control::max_allowed_parallelism, BENCH_WORKERS + 1);
    using W = FutureWorkloads<Pool>;
    const bench_workload workloads[] = {
        {"W1", W::w1}, {"W2", w2},      {"W3", W::w3},      {"W4", W::w4},
        {"W5", w5},    {"W6", w6},      {"W7", W::w7},      {"W8", W::w8},
        {"W9", W::w9}, {"W10", W::w10}, {nullptr, nullptr},
    };
    return bench_main(argc, argv, workloads);
}
