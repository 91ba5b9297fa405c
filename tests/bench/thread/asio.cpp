/*
 * Boost.Asio's thread_pool; post() of a packaged_task gives the future.
 */
#include <boost/asio/packaged_task.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "future_workloads.h"

namespace {

struct Pool {
    boost::asio::thread_pool threads{BENCH_WORKERS};

    template <class Function>
    auto submit(Function function) {
        using Result = decltype(function());
        return boost::asio::post(threads, std::packaged_task<Result()>(function));
    }
};

/* The pool's own way to wait for all is to join it. */
bench_figure w2(int64_t size) {
    Pool pool;
    int64_t start = bench_now_ns();
    for (int64_t i = 0; i < size; ++i)
        boost::asio::post(pool.threads, [] {});
    pool.threads.join();
    return bench_rate(size, start);
}

}  // namespace

int main(int argc, char** argv) {
    using W = FutureWorkloads<Pool>;
    const bench_workload workloads[] = {
        {"W1", W::w1}, {"W2", w2},    {"W3", W::w3}, {"W4", W::w4},   {"W6", W::w6},
        {"W7", W::w7}, {"W8", W::w8}, {"W9", W::w9}, {"W10", W::w10}, {nullptr, nullptr},
    };
    return bench_main(argc, argv, workloads);
}
