"""The language packages against plain C: workloads, subjects, and what must be reached."""

from driver.model import REVISION, Bar, Benchmark, Subject, Workload


def less(name, what, size):
    return Workload(name, what, size, "ns", higher_is_better=False)


WORKLOADS = (
    less("W1", "a task on two threads: submit 1M one by one, get all", 1_000_000),
    less("W1-batch", "a task in C on two threads: submit 1M together, get all", 1_000_000),
    less("W1-floor", "a call from Go to C, and one from a thread of C to Go", 1_000_000),
    less("P1", "a call in two processes: submit 200k, get all", 200_000),
)

C = "languages/native.c"
LINK = ("-L{library}", "-Wl,-rpath,{library}", "-lcfutures")
HEADERS = ("-I{include}", "-I{bench}/../../include")
ZIG = "{bench}/languages/zig"

SUBJECTS = (
    Subject("c", "plain C", C,
            build=(("cc", "-std=gnu11", "-O3", *HEADERS, "{source}", "-o", "{out}", *LINK),),
            version=REVISION),
    Subject("cpp", "the C++ API", "languages/api.cpp",
            build=(("c++", "-std=c++20", "-O3", *HEADERS, "{source}", "-o", "{out}", *LINK),),
            version=("c++", "--version")),
    Subject("rust", "the Rust package", "languages/rust/Cargo.toml",
            build=(("cargo", "build", "--release", "--quiet", "--locked", "--manifest-path",
                    "{source}"),),
            run=("{work}/../cargo/release/language-subject",), version=("cargo", "--version")),
    Subject("zig", "the Zig package", "languages/zig",
            build=(("sh", "{bench}/languages/zig.sh", "{source}", "build", "--release=fast",
                    "--prefix", "{work}/zig"),),
            run=("{work}/zig/bin/subject",),
            version=("sh", "{bench}/languages/zig.sh", "{source}", "version")),
    Subject("go", "the Go package", "languages/go",
            build=(("go", "build", "-C", "{source}", "-o", "{out}", "."),),
            version=("go", "version")),
)

BARS = (
    *(Bar(workload, at_most=1.3, of="c", subject=subject)
      for subject in ("cpp", "rust", "zig") for workload in ("W1", "P1")),
    Bar("W1", at_most=1.3, of="go", of_workload="W1-floor", subject="go"),
    Bar("W1-batch", at_most=1.3, of="c", subject="go"),
    Bar("P1", at_most=2, of="c", subject="go"),
)

BENCHMARK = Benchmark("languages", "c", WORKLOADS, SUBJECTS, BARS, title="Languages", staged=True)
