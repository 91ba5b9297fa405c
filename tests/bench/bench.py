#!/usr/bin/env python3
"""Runs a benchmark: builds the subjects, runs them in turn, compares, writes JSON and a picture.

Ends with 1 when a subject fails, not when a bar is missed; a subject that cannot be built is left
out. README.md has the vocabulary."""

import argparse
import datetime
import json
import os
import platform
import signal
import statistics
import sys
from pathlib import Path

from driver import language_table, picture, process_table, report, thread_table
from driver.building import (HERE, Missing, Place, build, build_allocation_counter, stage,
                             version_of)
from driver.running import Runner, measure

ROOT = HERE.parent.parent
BENCHMARKS = {table.BENCHMARK.name: table.BENCHMARK for table in
              (thread_table, process_table, language_table)}


def words(text):
    return text.split(",")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0])
    parser.add_argument("benchmark", choices=BENCHMARKS)
    parser.add_argument("--rounds", type=int, default=7, help="runs of each subject (default 7)")
    parser.add_argument("--minutes", type=float, default=6,
                        help="after so long only what a bar needs has all its runs (default 6)")
    parser.add_argument("--workload", type=words, help="only these, separated by commas")
    parser.add_argument("--subject", type=words, help="only these, separated by commas")
    parser.add_argument("--quick", action="store_true",
                        help="tiny sizes, one round: shows that everything runs, measures nothing")
    parser.add_argument("--priority", action="store_true",
                        help="run subjects ahead of everything else on a busy machine (as root)")
    parser.add_argument("--publish", action="store_true",
                        help="also rewrite the figures under docs/benchmarks/")
    parser.add_argument("--library", default=ROOT / "build/release",
                        help="the build tree of libcfutures (default build/release)")
    parser.add_argument("--output", default=ROOT / "build/bench",
                        help="where to build and write (default build/bench)")
    return parser, parser.parse_args(arguments)


def chosen(parser, things, names):
    known = [thing.name for thing in things]
    for name in names or ():
        if name not in known:
            parser.error(f"'{name}' is not one of {', '.join(known)}")
    return [thing for thing in things if not names or thing.name in names]


def tell(line):
    print(f"bench: {line}", file=sys.stderr, flush=True)


def machine_facts(options, rounds, figures):
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        model = next((line.split(":")[1].strip() for line in cpuinfo if "model name" in line), "?")
    size = "tiny sizes, which measure nothing" if options.quick else f"{rounds} rounds"
    if options.priority:
        size += ", at the highest priority"
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    foreign = statistics.median([cell["foreign"] for subjects in figures.values()
                                 for cell in subjects.values()] or [0])
    return [f"{os.cpu_count()} CPUs ({model}), Linux {platform.release()}, {size}",
            f"{foreign:.2f} CPUs were busy with the work of others during the median run; load "
            f"averages at the end, our own runs included: {load}"]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    tell(f"wrote {path}")


def main(arguments):
    parser, options = parse(arguments)
    # As an interrupt does, so that no subject is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    benchmark = BENCHMARKS[options.benchmark]
    workloads = chosen(parser, benchmark.workloads, options.workload)
    place = Place(options.library, options.output)
    rounds = 1 if options.quick else options.rounds

    if benchmark.staged:
        stage(place)
    offers, absent = {}, {}
    for subject in chosen(parser, benchmark.subjects, options.subject):
        tell(f"building {subject.name}")
        try:
            offers[subject] = build(subject, place)
        except Missing as reason:
            absent[subject.name] = f"left out: {reason}"
    counter = build_allocation_counter(place)

    matrix = [(workload, subject) for workload in workloads for subject in offers
              if workload.name in offers[subject]]
    figures, failures = measure(Runner(place, counter, options.quick, options.priority),
                                matrix, rounds, tell, benchmark.decides, options.minutes * 60)

    print("\n".join(report.figure_table(benchmark, figures)))
    if not options.quick:
        print("\n".join(["", *report.bar_table(benchmark, figures)]))
    for name, reason in absent.items():
        print(f"{name} {reason}")
    for (workload, subject), reason in failures.items():
        print(f"FAILED: {subject} {workload}: {reason}")

    drawn = picture.svg(benchmark, figures)
    output = place.bench_build
    write(output / f"{benchmark.name}.json", json.dumps(figures, indent=2) + "\n")
    write(output / f"{benchmark.name}.svg", drawn)
    if options.publish:
        facts = {
            "command": " ".join(["./dev bench", *arguments]),
            "date": datetime.date.today().isoformat(),
            "machine": machine_facts(options, rounds, figures),
            "absent": absent,
            "failures": failures,
            "versions": {subject.name: version_of(subject, place) for subject in offers},
        }
        write(ROOT / f"docs/benchmarks/{benchmark.name}.md",
              report.markdown(benchmark, figures, facts))
        write(ROOT / f"docs/benchmarks/{benchmark.name}.svg", drawn)
    ours_is_absent = benchmark.ours in absent
    return 1 if failures or ours_is_absent else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
