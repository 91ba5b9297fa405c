/*
 * The workloads for every peer whose submit() gives a std::future:
 *
 *     struct Pool { template <class F> auto submit(F function); };   // a std::future of its result
 *
 * One pool serves all runs of a process.
 */
#ifndef CFUTURES_BENCH_FUTURE_WORKLOADS_H
#define CFUTURES_BENCH_FUTURE_WORKLOADS_H

#include <barrier>
#include <future>
#include <shared_mutex>
#include <thread>
#include <utility>
#include <vector>

#include "../support/bench.h"

/* W5 on any way to compute fib(n); the figure is million spawns a second. */
template <class Fib>
bench_figure fork_join(int64_t n, Fib fib) {
    int64_t start = bench_now_ns();
    int64_t result = fib(n);
    int64_t end = bench_now_ns();
    int64_t a = 0;
    int64_t b = 1;
    for (int64_t i = 0; i < n; ++i)
        b += std::exchange(a, b);
    BENCH_CHECK(result == a);
    return bench_value(static_cast<double>(b - 1) * 1e3 / static_cast<double>(end - start));
}

/* W6 on any way to map `count` numbers. */
template <class Map>
bench_figure map_squares(int64_t count, Map map) {
    constexpr int passes = 201;
    int64_t durations[passes];
    std::vector<int32_t> in(static_cast<size_t>(count));
    std::vector<int32_t> out(static_cast<size_t>(count));
    for (size_t i = 0; i < in.size(); ++i)
        in[i] = static_cast<int32_t>(i % 1000);
    for (int64_t& duration : durations) {
        int64_t start = bench_now_ns();
        map(in.data(), out.data(), count);
        duration = bench_now_ns() - start;
    }
    for (size_t i = 0; i < in.size(); ++i)
        BENCH_CHECK(out[i] == in[i] * in[i] + 1);
    return bench_value(bench_percentiles(durations, passes).value);
}

template <class Pool>
struct FutureWorkloads {
    static Pool& pool() {
        static auto* const the_pool = new Pool;  // no order of destruction to think of
        return *the_pool;
    }

    static void numbers(int64_t size) {
        std::vector<std::future<int64_t>> futures;
        futures.reserve(static_cast<size_t>(size));
        for (int64_t i = 0; i < size; ++i)
            futures.push_back(pool().submit([i] { return i; }));
        int64_t sum = 0;
        for (auto& future : futures)
            sum += future.get();
        BENCH_CHECK(sum == size * (size - 1) / 2);
    }

    static bench_figure w1(int64_t size) {
        pool();
        int64_t start = bench_now_ns();
        numbers(size);
        return bench_rate(size, start);
    }

    static bench_figure w3(int64_t size) {
        std::vector<int64_t> durations(static_cast<size_t>(size));
        int64_t last = bench_now_ns();
        for (int64_t& duration : durations) {
            pool().submit([last] { return last; }).get();
            int64_t now = bench_now_ns();
            duration = now - last;
            last = now;
        }
        return bench_percentiles(durations.data(), size);
    }

    static bench_figure w4(int64_t size) {
        constexpr int producers = 2;
        pool();
        std::barrier<> begin(producers + 1);
        auto produce = [&] {
            begin.arrive_and_wait();
            numbers(size / producers);
        };
        std::thread first(produce);
        std::thread second(produce);
        begin.arrive_and_wait();
        int64_t start = bench_now_ns();
        first.join();
        second.join();
        return bench_rate(size, start);
    }

    static bench_figure w6(int64_t size) {
        return map_squares(size, [](const int32_t* in, int32_t* out, int64_t count) {
            constexpr int64_t chunks = 4 * BENCH_WORKERS;
            std::future<void> futures[chunks];
            for (int64_t i = 0; i < chunks; ++i) {
                futures[i] = pool().submit(
                    [=] { bench_square(in, out, count * i / chunks, count * (i + 1) / chunks); });
            }
            for (auto& future : futures)
                future.get();
        });
    }

    static bench_figure w7(int64_t size) {
        std::vector<std::future<uint64_t>> futures;
        futures.reserve(static_cast<size_t>(size));
        int64_t steps = bench_steps_of_10_us();
        double cost_ns = bench_spin_cost_ns(steps);
        int64_t start = bench_now_ns();
        for (int64_t i = 0; i < size; ++i) {
            futures.push_back(
                pool().submit([=] { return bench_spin(steps, static_cast<uint64_t>(i)); }));
        }
        for (auto& future : futures)
            future.get();
        return bench_efficiency(size, steps, cost_ns, bench_now_ns() - start);
    }

    static bench_figure w8(int64_t size) {
        std::shared_mutex gate;
        std::vector<std::future<int64_t>> futures(static_cast<size_t>(size));
        std::vector<std::future<int64_t>> held;
        gate.lock();
        for (int i = 0; i < BENCH_WORKERS; ++i) {
            held.push_back(pool().submit([&gate] {
                std::shared_lock pass(gate);
                return int64_t{0};
            }));
        }
        int64_t before = bench_resident_bytes();
        for (int64_t i = 0; i < size; ++i) {
            futures[static_cast<size_t>(i)] = pool().submit([i] { return i; });
        }
        int64_t after = bench_resident_bytes();
        gate.unlock();
        for (auto& future : held)
            future.get();
        for (auto& future : futures)
            future.get();
        return bench_value(static_cast<double>(after - before) / static_cast<double>(size));
    }

    static bench_figure w9(int64_t size) {
        pool();
        uint64_t before = bench_allocations_now();
        numbers(size);
        return bench_value(static_cast<double>(bench_allocations_now() - before) /
                           static_cast<double>(size));
    }

    static bench_figure w10(int64_t size) {
        w1(size);
        return bench_idle();
    }
};

#endif
