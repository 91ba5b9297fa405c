"""Runs a program and reads what it prints, line by line."""

import os
import subprocess
import threading

_FACTOR = max(1.0, float(os.environ.get("CFUTURES_TEST_TIME_FACTOR", "1")))  # tests/support/time.h

# For what must happen, above the 60 s that a page may take; running out of it is a failure.
LONG_WAIT = 90 * _FACTOR
# Long enough to notice that something happens which must not.
SHORT_WAIT = 0.1 * _FACTOR


class Program:
    """A program that runs. The end of the `with` block ends it, if it has not ended by itself.

    Its stderr is part of its output, so that no warning and no sanitizer report goes unseen.
    """

    def __init__(self, *command, **environment):
        # Proxies of the machine have no part in the tests.
        inherited = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="utf-8", env=inherited | environment)
        self._watchdog = threading.Timer(LONG_WAIT, self._process.kill)

    def __enter__(self):
        self._watchdog.start()
        return self

    def __exit__(self, *_):
        self._watchdog.cancel()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def line(self):
        """Waits for the next line of output; "" at the end."""
        return self._process.stdout.readline().removesuffix("\n")

    def finish(self):
        """Waits for the end. Returns the lines that were not read yet, and the exit status."""
        lines = self._process.stdout.read().splitlines()
        return lines, self._process.wait()


def run(*command, **environment):
    with Program(*command, **environment) as program:
        return program.finish()
