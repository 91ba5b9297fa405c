"""The harness of the benchmarks: bench_test.py BUILD_TREE"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from driver import language_table, process_table, thread_table
from driver.model import Bar
from driver.running import measure

BENCH = Path(__file__).resolve().parent / "bench.py"
BUILD_TREE = sys.argv[1]


def run(*arguments):
    """Runs the driver; gives its exit status, what it printed, and the figures if it wrote any."""
    with tempfile.TemporaryDirectory() as output:
        done = subprocess.run([sys.executable, "-B", BENCH, *arguments, "--library", BUILD_TREE,
                               "--output", output], capture_output=True, text=True, check=False)
        written = Path(output) / f"{arguments[0]}.json"
        figures = json.loads(written.read_text()) if written.exists() else None
        if figures is not None:
            assert (Path(output) / f"{arguments[0]}.svg").read_text().startswith("<svg")
        return done.returncode, done.stdout + done.stderr, figures


class DriverTest(unittest.TestCase):
    def check_figures(self, table, names):
        benchmark = table.BENCHMARK
        status, told, figures = run(benchmark.name, "--quick", "--subject", benchmark.ours,
                                    "--workload", ",".join(names))
        self.assertEqual(status, 0, told)
        units = {workload.name: workload.unit for workload in benchmark.workloads}
        self.assertLessEqual(set(names), set(figures))
        for name, subjects in figures.items():
            self.assertEqual(list(subjects), [benchmark.ours], name)
            cell = subjects[benchmark.ours]
            self.assertEqual(cell["unit"], units[name.removesuffix(".p99")])
            self.assertEqual(cell["runs"], 1)
            self.assertTrue(cell["min"] <= cell["median"] <= cell["max"], name)

    def test_measures_our_thread_pool(self):
        self.check_figures(thread_table, ["W1", "W2", "W3", "W4", "W7", "W8", "W9", "W10", "W11"])

    def test_measures_our_process_pool(self):
        self.check_figures(process_table, ["P1", "P2", "P3-chunks", "P5-installed", "P6", "P8"])

    def test_measures_plain_c_for_the_languages(self):
        self.check_figures(language_table, ["W1", "W1-batch", "P1"])

    def test_refuses_a_name_that_it_does_not_know(self):
        status, told, _ = run("thread", "--workload", "W0")
        self.assertEqual(status, 2)
        self.assertIn("'W0' is not one of W1, ", told)


class DecidesTest(unittest.TestCase):
    def test_names_what_a_bar_compares(self):
        decides = thread_table.BENCHMARK.decides
        self.assertTrue(decides("W3", "cfutures"))  # also by W3.p99
        self.assertTrue(decides("W3-sleep", "futex"))
        self.assertTrue(decides("W2", "onetbb"))  # of W2-batch, too
        self.assertFalse(decides("W2-batch", "onetbb"))
        self.assertFalse(decides("W1", "python"))
        self.assertFalse(decides("W8-name", "cfutures"))


class MeasureTest(unittest.TestCase):
    class Instant:
        """Takes no time, and gives how often it has run."""

        def __init__(self):
            self.runs = {}

        def run_once(self, subject, workload):
            key = (workload.name, subject.name)
            self.runs[key] = self.runs.get(key, 0) + 1
            return {"value": self.runs[key]}

    def test_runs_only_what_decides_when_time_is_up(self):
        w1 = next(w for w in thread_table.WORKLOADS if w.name == "W1")
        subjects = [s for s in thread_table.SUBJECTS if s.name in ("cfutures", "python")]
        figures, failures = measure(self.Instant(), [(w1, subject) for subject in subjects], 5,
                                    lambda line: None, thread_table.BENCHMARK.decides, 0)
        self.assertEqual(failures, {})
        self.assertEqual(figures["W1"]["cfutures"]["runs"], 5)
        self.assertEqual(figures["W1"]["python"]["runs"], 1)


class BarTest(unittest.TestCase):
    FIGURES = {"A": {"ours": {"median": 6.0}, "peer": {"median": 2.0}},
               "B": {"ours": {"median": 6.0}}}

    def verdict(self, bar):
        measured = bar.measured(self.FIGURES, "ours")
        return measured, bar.met(measured)

    def test_compares_with_a_peer(self):
        self.assertEqual(self.verdict(Bar("A", at_least=3, of="peer")), (3.0, True))
        self.assertEqual(self.verdict(Bar("A", at_most=2.5, of="peer")), (3.0, False))

    def test_judges_another_subject(self):
        bar = Bar("A", at_most=0.5, of="ours", subject="peer")
        measured = bar.measured(self.FIGURES, "ours")
        self.assertEqual((round(measured, 2), bar.met(measured)), (0.33, True))

    def test_compares_with_another_workload(self):
        self.assertEqual(self.verdict(Bar("B", at_least=4, of="peer", of_workload="A")),
                         (3.0, False))

    def test_compares_with_the_best_of_several(self):
        peers = ("peer", "fast", "absent")
        figures = {"A": {**self.FIGURES["A"], "fast": {"median": 4.0}}}
        self.assertEqual(Bar("A", at_least=1, of=peers).measured(figures, "ours"), 1.5)
        self.assertEqual(Bar("A", at_most=1, of=peers).measured(figures, "ours"), 3.0)

    def test_compares_what_is_left_without_another_workload(self):
        self.assertEqual(self.verdict(Bar("A", minus="C", at_most=1)), (None, None))
        figures = {**self.FIGURES, "C": {"ours": {"median": 2.0}}}
        bar = Bar("A", minus="C", at_most=2, of="peer")
        self.assertEqual(bar.measured(figures, "ours"), 2.0)

    def test_compares_with_a_limit(self):
        self.assertEqual(self.verdict(Bar("A", at_most=6)), (6.0, True))

    def test_does_not_judge_what_was_not_measured(self):
        self.assertEqual(self.verdict(Bar("B", at_least=1, of="peer")), (None, None))
        self.assertEqual(self.verdict(Bar("C", at_most=1)), (None, None))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
