/*
 * GLib's GThreadPool, which has no results: a packaged_task on the heap brings the future.
 */
#include <glib.h>

#include <memory>

#include "future_workloads.h"

namespace {

struct Call {
    virtual ~Call() = default;
    virtual void run() = 0;
};

template <class Function>
struct TypedCall final : Call {
    explicit TypedCall(Function function) : task(function) {}
    void run() override { task(); }
    std::packaged_task<decltype(std::declval<Function>()())()> task;
};

struct Pool {
    GThreadPool* threads = g_thread_pool_new(
        [](gpointer data, gpointer) { std::unique_ptr<Call>(static_cast<Call*>(data))->run(); },
        nullptr, BENCH_WORKERS, TRUE, nullptr);

    template <class Function>
    auto submit(Function function) {
        auto* call = new TypedCall<Function>(function);
        auto future = call->task.get_future();
        g_thread_pool_push(threads, static_cast<Call*>(call), nullptr);
        return future;
    }
};

/* The pool's own way to wait for all is to free it. */
bench_figure w2(int64_t size) {
    static char something;
    GThreadPool* pool =
        g_thread_pool_new([](gpointer, gpointer) {}, nullptr, BENCH_WORKERS, TRUE, nullptr);
    int64_t start = bench_now_ns();
    for (int64_t i = 0; i < size; ++i)
        g_thread_pool_push(pool, &something, nullptr);
    g_thread_pool_free(pool, FALSE, TRUE);
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
