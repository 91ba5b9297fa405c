"""What subjects in Python share: their main(), and small statistics."""

import json
import sys
import time


def rate(operations, start_ns):
    """Million operations per second since `start_ns`."""
    return {"value": operations * 1e3 / (time.monotonic_ns() - start_ns)}


def percentiles(durations_ns, unit_ns=1e3):
    """Median and 99th percentile, in microseconds unless told otherwise."""
    ranked = sorted(durations_ns)
    return {"value": ranked[len(ranked) // 2] / unit_ns,
            "p99": ranked[len(ranked) * 99 // 100] / unit_ns}


def idle():
    """The pool is warm and has nothing to do: the driver watches until it says stop."""
    print("idle", flush=True)
    sys.stdin.read()
    return {"value": 0}


def main(workloads):
    """`workloads` maps names to functions of a size that give a figure."""
    if sys.argv[1:] == ["--list"]:
        print("\n".join(workloads))
        return
    name, size, warmups = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for _ in range(warmups):
        workloads[name](size)
    print(json.dumps(workloads[name](size)))
