"""Runs subjects, in rounds that alternate between them, and gathers the figures."""

import json
import os
import resource
import signal
import statistics
import subprocess
import time

from driver import idleness
from driver.building import environment

RUN_TIMEOUT_S = 120

# Runs a command ahead of the rest of the machine. Where sessions are scheduled as groups, niceness
# counts only inside of one, and the group has its own.
FIRST = ("sh", "-c", "[ ! -w /proc/self/autogroup ] || echo -20 >/proc/self/autogroup; "
                     'exec nice -n -20 "$@"', "sh")


class Failed(Exception):
    """A run that gave no figure."""


class Runner:
    def __init__(self, place, counter, quick, priority):
        self.place = place
        self.counter = counter
        self.quick = quick
        self.prefix = FIRST if priority else ()

    def run_once(self, subject, workload):
        """One process, one figure: a dictionary with "value" and perhaps "p99"."""
        warmups = max(workload.warmups, workload.warmups and subject.warmups)
        size = workload.size_for(subject, self.quick)
        command = [*self.prefix, *self.place.expand(subject, subject.run), workload.name, str(size),
                   str(min(warmups, 1) if self.quick else warmups)]
        env = environment(self.place)
        if workload.counts_allocations:
            env["LD_PRELOAD"] = str(self.counter)
        process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            if workload.idle:
                return {"value": self.watch_idle(process, workload.idle)}
            out, err = process.communicate(timeout=RUN_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise Failed(f"no answer in {RUN_TIMEOUT_S} s") from None
        finally:
            end(process)
        if process.returncode != 0:
            lines = err.strip().splitlines()
            raise Failed(lines[-1] if lines else f"exit status {process.returncode}")
        return json.loads(out.strip().splitlines()[-1])


    def watch_idle(self, process, what):
        while (line := process.stdout.readline()) != "idle\n":
            if not line:
                raise Failed("it ended before it was idle")
        time.sleep(0.2 if self.quick else 0.5)  # pools may spin, or let threads go, for a moment
        if what == "memory":
            return idleness.worker_memory(process.pid)
        return idleness.wakeups(process.pid, 0.2 if self.quick else 3)


def end(process):
    """Ends a process that has not ended by itself, with the workers in its session. Nobody has
    waited for it, so its number is still its own."""
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def busy_seconds():
    """CPU seconds that anyone used, and those that our ended children used."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _, _, irq, softirq, steal = map(int, stat.readline().split()[1:9])
    machine = (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return machine, children.ru_utime + children.ru_stime


def measure(runner, matrix, rounds, tell, decides=lambda *_: True, seconds=float("inf")):
    """Runs each (workload, subject) of the matrix once a round. Those that decide no bar have their
    first run in any case, and more only while their round is within its share of the time. Gives
    {workload: {subject: figure}} and a list of what failed."""
    values, foreign, failures = {}, {}, {}
    begin = time.monotonic()
    for number in range(1, rounds + 1):
        share = seconds * number / rounds
        for workload, subject in matrix:
            key = (workload.name, subject.name)
            if key in failures:
                continue
            late = number > 1 and time.monotonic() - begin > share
            if late and not decides(workload.name, subject.name):
                continue
            tell(f"round {number} of {rounds}: {workload.name} {subject.name}")
            start, (machine, own) = time.monotonic(), busy_seconds()
            try:
                figure = runner.run_once(subject, workload)
            except (Failed, ValueError) as error:
                failures[key] = str(error)
                continue
            seconds = time.monotonic() - start
            machine_after, own_after = busy_seconds()
            others = max(0.0, (machine_after - machine) - (own_after - own)) / seconds
            for name, value in named(workload, figure):
                values.setdefault((name, workload.unit, subject.name), []).append(value)
                foreign.setdefault((name, subject.name), []).append(others)
    figures = {}
    for (name, unit, subject), numbers in values.items():
        figures.setdefault(name, {})[subject] = {
            "median": statistics.median(numbers),
            "unit": unit,
            "min": min(numbers),
            "max": max(numbers),
            "runs": len(numbers),
            # CPUs that others kept busy meanwhile: how far to trust it.
            "foreign": round(statistics.median(foreign[name, subject]), 2),
        }
    return figures, failures


def named(workload, figure):
    yield workload.name, figure["value"]
    if "p99" in figure:
        yield f"{workload.name}.p99", figure["p99"]
