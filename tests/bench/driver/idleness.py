"""Watches an idle process from outside, through /proc."""

import os
import time


def lines_of(path):
    """None when the process or thread has just ended."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None


def threads(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return []


def descendants(pid):
    for task in threads(pid):
        for child in " ".join(lines_of(f"/proc/{pid}/task/{task}/children") or ()).split():
            yield child
            yield from descendants(child)


def sleeps(pid, task):
    """How often a thread has gone to sleep; it wakes up as often."""
    status = lines_of(f"/proc/{pid}/task/{task}/status") or ()
    return sum(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt"))


def all_sleeps(pid):
    """Of all threads but the first of the process, which waits for us, and of all descendants."""
    own = sum(sleeps(pid, task) for task in threads(pid) if task != str(pid))
    return own + sum(sleeps(child, task) for child in descendants(pid) for task in threads(child))


def wakeups(pid, seconds):
    """Per second."""
    before, start = all_sleeps(pid), time.monotonic()
    time.sleep(seconds)
    return (all_sleeps(pid) - before) / (time.monotonic() - start)


def private_kib(pid):
    rollup = lines_of(f"/proc/{pid}/smaps_rollup") or ()
    return sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))


def worker_memory(pid, workers=2):
    """MiB that a worker has for itself, as a mean of the two largest descendants: some pools start
    helpers, too."""
    sizes = sorted((private_kib(child) for child in descendants(pid)), reverse=True)[:workers]
    return sum(sizes) / len(sizes) / 1024 if sizes else 0
