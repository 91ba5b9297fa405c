"""The process pool against its peers and against the machine's limits."""

from driver.model import REVISION, Bar, Benchmark, Subject, Workload

RATE = "M/s"


def less(name, what, size, unit, **more):
    """A workload of which less is better."""
    return Workload(name, what, size, unit, higher_is_better=False, **more)


WORKLOADS = (
    Workload("P1", "submit no-op calls, get all", 200_000, RATE),
    less("P2", "one no-op call at a time, everyone sleeps between", 5_000, "us"),
    less("P2-spin", "one no-op call at a time, waiters spin for a while", 50_000, "us"),
    less("P2-idle", "wake-ups of an idle pool", 1, "1/s", warmups=0, idle="wakeups"),
    less("P2-spin-idle", "wake-ups of an idle pool that may spin", 1, "1/s", warmups=0,
         idle="wakeups"),
    Workload("P3", "map of 100k cheap calls, one by one", 100_000, RATE),
    Workload("P3-chunks", "map of 100k cheap calls, automatic or best chunks", 100_000, RATE),
    less("P4-1MiB", "echo of 1 MiB, filled in place where that is offered", 20, "ms", quick=20),
    less("P4-100MiB", "echo of 100 MiB, copied in and out, warm", 3, "ms", warmups=0, quick=3),
    less("P4-handle", "echo of a buffer's handle alone", 5_000, "us"),
    less("P5", "from a new pool of 2 to its first result", 10, "ms", warmups=0, quick=10),
    less("P5-installed", "new pool to first result, with cfutures-worker", 10, "ms", warmups=0,
         quick=10),
    less("P5-next", "a further worker, from the fork server", 10, "ms", warmups=0, quick=10),
    less("P5-2GiB", "new pool to first result, 2 GiB resident", 10, "ms", warmups=0, quick=10),
    less("P5-next-2GiB", "a further worker, from the fork server, 2 GiB resident", 10, "ms", warmups=0,
         quick=10),
    less("P6", "kill -9 of a worker until its call has failed", 20, "ms", warmups=0, quick=20),
    less("P6-replaced", "kill -9 of a worker until its successor has answered", 20, "ms", warmups=0,
         quick=20),
    less("P7", "the six primes of Python's documentation", 5, "ms", quick=5),
    less("P8", "private memory of an idle worker", 1, "MiB", warmups=0, idle="memory"),
    less("P8-installed", "private memory of an idle cfutures-worker", 1, "MiB", warmups=0,
         idle="memory"),
    less("P9", "the parent's CPU time for a call of P1", 200_000, "us"),
)

CC = ("cc", "-std=gnu11", "-O3", "-pthread", "-I{include}", "{source}")
OURS = ("-L{library}", "-Wl,-rpath,{library}", "-lcfutures")

SLOW = {"P1": 10_000, "P2": 2_000, "P3": 10_000, "P5": 3, "P7": 2, "P9": 10_000}

VENV = "{work}/../venv"


def python(name, what, script):
    return Subject(name, what, f"process/{script}.py", run=("python3", "-B", "{source}"),
                   sizes=SLOW, version=("python3", "--version"))


def from_pypi(name, what, script):
    return Subject(name, what, f"process/{script}.py", sizes=SLOW,
                   build=(("python3", "-m", "venv", VENV),
                          (f"{VENV}/bin/pip", "install", "--quiet", "--requirement",
                           "{bench}/process/requirements.txt")),
                   run=(f"{VENV}/bin/python", "-B", "{source}"),
                   version=(f"{VENV}/bin/python", "-c",
                            f"import importlib.metadata as m; print(m.version('{name}'))"))


SUBJECTS = (
    Subject("cfutures", "libcfutures through its C ABI", "process/cfutures.c",
            build=((*CC, "-shared", "-fPIC", "-DBENCH_LIBRARY", "-o", "{work}/libfunctions.so",
                    *OURS),
                   (*CC, "-o", "{out}", *OURS)),
            run=("env", "BENCH_FUNCTIONS={work}/libfunctions.so", "{out}"), version=REVISION),
    Subject("loop", "the bare event loop with text, a window of 64 and two workers",
            "process/loop.cpp", build=(("c++", "-std=c++20", "-O3", "{source}", "-o", "{out}"),)),
    Subject("bare", "the machine's limits: ping-pong, spawn, fork, copies, kill",
            "process/bare.c",
            build=(("cc", "-O2", "{bench}/process/empty.c", "-o", "{work}/empty"),
                   (*CC, "-o", "{out}")),
            run=("env", "BENCH_EMPTY={work}/empty", "{out}")),
    python("executor", "Python's ProcessPoolExecutor", "python_executor"),
    python("multiprocessing", "Python's multiprocessing.Pool", "python_multiprocessing"),
    from_pypi("loky", "loky's ProcessPoolExecutor", "python_loky"),
    from_pypi("pebble", "pebble's ProcessPool", "python_pebble"),
    from_pypi("joblib", "joblib.Parallel over loky", "python_joblib"),
    Subject("piscina", "Node's piscina, whose workers are threads", "process/piscina/subject.js",
            build=(("cp", "{bench}/process/piscina/package.json", "{source}",
                    "{bench}/process/piscina/worker.js", "{work}"),
                   ("npm", "install", "--silent", "--no-audit", "--no-fund")),
            run=("node", "{work}/subject.js"), sizes=SLOW, version=("node", "--version")),
)

PEERS = ("executor", "multiprocessing", "loky", "pebble", "joblib", "piscina")

BARS = (
    Bar("P1", at_least=20, of="multiprocessing"),
    Bar("P1", at_least=0.4, of="loop", aim="0.55"),
    Bar("P2", at_most=1.15, of="bare"),
    Bar("P2", at_most=0.5, of="executor"),
    Bar("P2-spin", at_most=1.7, of="bare"),
    Bar("P2-spin.p99", at_most=3, of="cfutures", of_workload="P2-spin"),
    Bar("P2-idle", at_most=0),
    Bar("P2-spin-idle", at_most=0),
    Bar("P3", at_least=15, of="multiprocessing"),
    Bar("P3-chunks", at_least=1.25, of=PEERS),
    Bar("P3-chunks", at_least=0.8, of="loop", aim="2.5"),
    Bar("P4-1MiB", at_most=2, of="bare"),
    Bar("P4-100MiB", at_most=2.5, of="bare"),
    Bar("P4-handle", at_most=5, of="cfutures", of_workload="P2"),
    Bar("P5", at_most=3, of="bare"),
    Bar("P5-installed", at_most=3, of="bare", of_workload="P5"),
    Bar("P5-next", at_most=3, of="bare"),
    Bar("P5-2GiB", at_most=1.2, of="cfutures", of_workload="P5"),
    Bar("P5-next-2GiB", at_most=1.2, of="cfutures", of_workload="P5-next"),
    Bar("P6", at_most=3, of="bare"),
    # Full capacity again: twice a further worker, after the failure was seen.
    Bar("P6-replaced", minus="P6", at_most=2, of="cfutures", of_workload="P5-next"),
    Bar("P7", at_most=1.03, of="bare"),
    Bar("P8", at_most=0.6),
    Bar("P8-installed", at_most=0.6),
    Bar("P9", at_most=4, of="loop"),
)

BENCHMARK = Benchmark("process", "cfutures", WORKLOADS, SUBJECTS, BARS)
