"""The thread pool against its peers: workloads, subjects, and what must be reached."""

from driver.model import REVISION, Bar, Benchmark, Subject, Workload

RATE = "M/s"

WORKLOADS = (
    Workload("W1", "submit 1M tasks with futures from one thread, get all", 1_000_000, RATE),
    Workload("W2", "post 1M empty tasks without futures, wait for all", 1_000_000, RATE),
    Workload("W2-batch", "post 1M empty tasks in batches of 1000", 1_000_000, RATE),
    Workload("W3", "submit one, wait, repeat", 20_000, "us", higher_is_better=False),
    Workload("W3-sleep", "submit one, wait, repeat; nobody spins", 20_000, "us",
             higher_is_better=False),
    Workload("W3-own", "submit one, wait, repeat; a waiter may run its call", 200_000, "us",
             higher_is_better=False),
    Workload("W4", "two producers, 500k tasks with futures each", 1_000_000, RATE),
    Workload("W5", "fork-join: fib(n), a future at every spawn", 27, RATE, quick=2),
    Workload("W6", "map 1M numbers, range body", 1_000_000, "us", higher_is_better=False,
             warmups=0, quick=1),
    Workload("W7", "100k tasks of 10 us, futures got in order", 100_000, "% of ideal"),
    Workload("W8", "resident bytes per pending future, 1M of them", 1_000_000, "bytes",
             higher_is_better=False, warmups=0),
    Workload("W8-name", "resident bytes per pending future with a name", 1_000_000, "bytes",
             higher_is_better=False, warmups=0),
    Workload("W8-deadline", "resident bytes per pending future with a deadline", 1_000_000, "bytes",
             higher_is_better=False, warmups=0),
    Workload("W8-callback", "resident bytes per pending future with a callback", 1_000_000, "bytes",
             higher_is_better=False, warmups=0),
    Workload("W9", "allocations per submit and get, steady state", 100_000, "calls",
             higher_is_better=False, warmups=3, counts_allocations=True),
    Workload("W10", "wake-ups of an idle pool", 10_000, "1/s", higher_is_better=False, warmups=0,
             idle="wakeups"),
    Workload("W11", "as_completed over 100k", 100_000, RATE),
    Workload("W11-1M", "as_completed over 1M", 1_000_000, RATE),
)

CXX = ("c++", "-std=c++20", "-O3", "-pthread", "{source}", "-o", "{out}")

SUBJECTS = (
    Subject("cfutures", "libcfutures through its C ABI", "thread/cfutures.c",
            build=(("cc", "-std=gnu11", "-O3", "-pthread", "-I{include}", "{source}", "-o", "{out}",
                    "-L{library}", "-Wl,-rpath,{library}", "-lcfutures"),),
            version=REVISION),
    Subject("onetbb", "oneTBB: enqueue + packaged_task, task_group, parallel_for",
            "thread/onetbb.cpp", build=(CXX,), packages=("tbb",),
            version=("pkg-config", "--modversion", "tbb")),
    Subject("java", "Java ForkJoinPool, ExecutorCompletionService", "thread/ForkJoin.java",
            build=(("javac", "-d", "{work}", "{source}"),),
            run=("java", "-cp", "{work}", "ForkJoin"), warmups=5,
            version=("java", "--version")),
    Subject("asio", "Boost.Asio thread_pool with packaged_task", "thread/asio.cpp", build=(CXX,)),
    Subject("glib", "GLib GThreadPool with packaged_task", "thread/glib.cpp", build=(CXX,),
            packages=("glib-2.0",), version=("pkg-config", "--modversion", "glib-2.0")),
    Subject("libuv", "libuv uv_queue_work with after-callbacks", "thread/libuv.c",
            build=(("cc", "-std=gnu11", "-O3", "-pthread", "{source}", "-o", "{out}"),),
            packages=("libuv",), version=("pkg-config", "--modversion", "libuv")),
    Subject("std-async", "std::async, a thread for each call", "thread/std_async.cpp", build=(CXX,),
            sizes={"W1": 20_000, "W4": 10_000, "W7": 10_000, "W9": 2_000},
            version=("c++", "--version")),
    Subject("go", "goroutines with a channel for each result", "thread/goroutines.go",
            build=(("go", "build", "-o", "{out}", "{source}"),), version=("go", "version")),
    Subject("rayon", "rayon: spawn with a channel, scope, join, par_iter",
            "thread/rayon/Cargo.toml",
            build=(("cargo", "build", "--release", "--quiet", "--locked", "--manifest-path",
                    "{source}"),),
            run=("{work}/../cargo/release/rayon-subject",), version=("cargo", "--version")),
    Subject("python", "Python's ThreadPoolExecutor", "thread/python_threads.py",
            run=("python3", "-B", "{source}"),
            sizes={"W1": 100_000, "W2": 100_000, "W4": 100_000, "W8": 200_000},
            version=("python3", "--version")),
    Subject("futex", "the bare futex ping-pong, a floor for W3-sleep", "thread/futex.c",
            build=(("cc", "-std=gnu11", "-O3", "-pthread", "{source}", "-o", "{out}"),)),
)

BARS = (
    Bar("W1", at_least=5, of="onetbb"),
    Bar("W1", at_least=1.3, of="java"),
    Bar("W2", at_least=3, of="onetbb"),
    Bar("W2-batch", at_least=6, of="onetbb", of_workload="W2"),
    Bar("W3", at_most=1),
    Bar("W3.p99", at_most=10),
    Bar("W3-sleep", at_most=1.2, of="futex"),
    Bar("W3-own", at_most=0.35),
    Bar("W4", at_least=5, of="onetbb"),
    Bar("W4", at_least=0.9, of="java"),
    Bar("W5", at_least=2, of="onetbb"),
    Bar("W6", at_most=1.05, of="onetbb", aim="1.0"),
    Bar("W7", at_least=92),
    Bar("W8", at_most=88),
    Bar("W9", at_most=0),
    Bar("W10", at_most=0),
    Bar("W11", at_least=1.5, of="java", aim="2"),
    # Linear: a million costs each what a hundred thousand cost each, caches aside.
    Bar("W11-1M", at_least=0.75, of="cfutures", of_workload="W11"),
)

BENCHMARK = Benchmark("thread", "cfutures", WORKLOADS, SUBJECTS, BARS)
