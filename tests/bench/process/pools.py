"""What the process pools of Python share. A subject makes one of these:

    Pools(make, submit, get, run_map, close)

    make()                      a pool of two processes
    submit(pool, function, *arguments)      something that get() turns into the result
    run_map(pool, function, items, chunk)   the results in order
    close(pool)                 ends it, for good
"""

import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
import bench  # noqa: E402

WORKERS = 2
PRIMES = (112272535095293, 112582705942171, 112272535095293, 115280095190773, 115797848077099,
          1099726899285419)


def nothing():
    return None


def increment(number):
    return number + 1


def echo(data):
    return data


def is_prime(number):
    if number < 2 or (number > 2 and number % 2 == 0):
        return False
    for divisor in range(3, math.isqrt(number) + 1, 2):
        if number % divisor == 0:
            return False
    return True


class Pools:
    def __init__(self, make, submit, get, run_map, close):
        self.make, self.submit, self.get = make, submit, get
        self.run_map, self.close = run_map, close
        self.pool = None

    def warm(self):
        if self.pool is None:
            self.pool = self.make()
            self.no_ops(100)
        return self.pool

    def no_ops(self, size):
        futures = [self.submit(self.pool, nothing) for _ in range(size)]
        for future in futures:
            self.get(future)

    def p1(self, size):
        self.warm()
        start = time.monotonic_ns()
        self.no_ops(size)
        return bench.rate(size, start)

    def p2(self, size):
        pool, durations = self.warm(), []
        last = time.monotonic_ns()
        for _ in range(size):
            self.get(self.submit(pool, nothing))
            now = time.monotonic_ns()
            durations.append(now - last)
            last = now
        return bench.percentiles(durations)

    def mapped(self, size, chunk):
        pool = self.warm()
        start = time.monotonic_ns()
        results = list(self.run_map(pool, increment, range(size), chunk))
        figure = bench.rate(size, start)
        assert results == list(range(1, size + 1))
        return figure

    def p3(self, size):
        return self.mapped(size, 1)

    def p3_chunks(self, size):
        # Each wants another size; the best counts.
        return max((self.mapped(size, chunk) for chunk in (1000, 5000, size // WORKERS)),
                   key=lambda figure: figure["value"])

    def echo(self, megabytes, size):
        pool, data, durations = self.warm(), bytes(megabytes << 20), []
        for _ in range(size):
            start = time.monotonic_ns()
            assert len(self.get(self.submit(pool, echo, data))) == len(data)
            durations.append(time.monotonic_ns() - start)
        return {"value": bench.percentiles(durations, 1e6)["value"]}

    def p5(self, size):
        durations = []
        for _ in range(size):
            start = time.monotonic_ns()
            pool = self.make()
            self.get(self.submit(pool, nothing))
            durations.append(time.monotonic_ns() - start)
            self.close(pool)
        return {"value": bench.percentiles(durations, 1e6)["value"]}

    def p7(self, size):
        pool, durations = self.warm(), []
        for _ in range(size):
            start = time.monotonic_ns()
            results = list(self.run_map(pool, is_prime, PRIMES, 1))
            durations.append(time.monotonic_ns() - start)
            assert results == [True] * 5 + [False]
        return {"value": bench.percentiles(durations, 1e6)["value"]}

    def idle(self, _size):
        self.warm()
        return bench.idle()

    def p9(self, size):
        self.warm()
        before = time.process_time_ns()
        self.no_ops(size)
        return {"value": (time.process_time_ns() - before) / 1e3 / size}

    def main(self, without=()):
        workloads = {
            "P1": self.p1, "P2": self.p2, "P2-idle": self.idle, "P3": self.p3,
            "P3-chunks": self.p3_chunks, "P4-1MiB": lambda size: self.echo(1, size),
            "P4-100MiB": lambda size: self.echo(100, size), "P5": self.p5, "P7": self.p7,
            "P8": self.idle, "P9": self.p9,
        }
        for name in without:
            del workloads[name]
        bench.main(workloads)
        if self.pool is not None:
            self.close(self.pool)
