"""Python's own ThreadPoolExecutor."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from bench import idle, main, percentiles, rate  # noqa: E402

WORKERS = 2
POOL = ThreadPoolExecutor(WORKERS)


def number(value):
    return value


def numbers(size):
    futures = [POOL.submit(number, i) for i in range(size)]
    assert sum(future.result() for future in futures) == size * (size - 1) // 2


def w1(size):
    start = time.monotonic_ns()
    numbers(size)
    return rate(size, start)


def w2(size):
    start = time.monotonic_ns()
    with ThreadPoolExecutor(WORKERS) as pool:
        for _ in range(size):
            pool.submit(int)
    return rate(size, start)


def w3(size):
    durations = []
    last = time.monotonic_ns()
    for i in range(size):
        POOL.submit(number, i).result()
        now = time.monotonic_ns()
        durations.append(now - last)
        last = now
    return percentiles(durations)


def w4(size):
    producers = [threading.Thread(target=numbers, args=(size // 2,)) for _ in range(2)]
    start = time.monotonic_ns()
    for producer in producers:
        producer.start()
    for producer in producers:
        producer.join()
    return rate(size, start)


def resident_bytes():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def w8(size):
    gate = threading.Event()
    held = [POOL.submit(gate.wait) for _ in range(WORKERS)]
    futures = [None] * size
    before = resident_bytes()
    for i in range(size):
        futures[i] = POOL.submit(number, i)
    after = resident_bytes()
    gate.set()
    for future in held + futures:
        future.result()
    return {"value": (after - before) / size}


def w10(size):
    numbers(size)
    return idle()


def w11(size):
    start = time.monotonic_ns()
    futures = [POOL.submit(number, i) for i in range(size)]
    total = sum(future.result() for future in as_completed(futures))
    figure = rate(size, start)
    assert total == size * (size - 1) // 2
    return figure


main({"W1": w1, "W2": w2, "W3": w3, "W4": w4, "W8": w8, "W10": w10, "W11": w11})
