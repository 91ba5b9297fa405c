"""Builds subjects. A subject that cannot be built is left out, by name and with the reason."""

import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


class Missing(Exception):
    """Why a subject cannot take part."""


class Place:
    """Where things are: our library, and what is built for the benchmark."""

    def __init__(self, library_build, bench_build):
        self.library_build = Path(library_build).resolve()
        self.bench_build = Path(bench_build).resolve()
        self.include = HERE.parent.parent / "capi/include"
        self.stage = self.bench_build / "stage"

    def expand(self, subject, words):
        work = self.bench_build / subject.name
        names = {
            "source": HERE / subject.source,
            "out": work / "subject",
            "work": work,
            "library": self.library_build / "lib",
            "bin": self.library_build / "bin",
            "include": self.include,
            "bench": HERE,
        }
        return [word.format(**names) for word in words]


def output_of(command, **options):
    """What a command prints; Missing when it is not there or fails."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=600, check=False,
                              **options)
    except FileNotFoundError:
        raise Missing(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Missing(f"{command[0]} takes too long") from None
    if done.returncode != 0:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        telling = [line for line in lines if "error" in line.lower()] or lines
        raise Missing(f"{command[0]}: {telling[0] if telling else done.returncode}")
    return done.stdout


def build(subject, place):
    """Builds a subject and gives the names of its workloads."""
    (place.bench_build / subject.name).mkdir(parents=True, exist_ok=True)
    commands = [place.expand(subject, command) for command in subject.build]
    if subject.packages:
        flags = output_of(["pkg-config", "--cflags", "--libs", *subject.packages])
        commands[-1] += flags.split()
    for command in commands:
        output_of(command, cwd=place.bench_build / subject.name, env=environment(place))
    listed = output_of([*place.expand(subject, subject.run), "--list"], env=environment(place))
    return listed.split()


def build_allocation_counter(place):
    """The library that counts allocations, to be preloaded."""
    place.bench_build.mkdir(parents=True, exist_ok=True)
    library = place.bench_build / "liballocations.so"
    output_of(["cc", "-O2", "-shared", "-fPIC", str(HERE / "support/allocations.c"), "-o",
               str(library)])
    return library


def stage(place):
    """Installs our library for the subjects that look for it with pkg-config."""
    for component in ("runtime", "development", "tools"):
        output_of(["cmake", "--install", str(place.library_build), "--component", component,
                   "--prefix", str(place.stage)])


def environment(place):
    """Tools keep what they build beside the subjects, workers find our library's programs, and
    pkg-config what was staged."""
    packages = [str(file.parent) for file in place.stage.glob("lib/**/cfutures.pc")]
    return {
        **os.environ,
        **({"PKG_CONFIG_PATH": packages[0]} if packages else {}),
        "CARGO_TARGET_DIR": str(place.bench_build / "cargo"),
        "GOFLAGS": "-mod=mod",
        "LD_LIBRARY_PATH": str(place.library_build / "lib"),
    }


def version_of(subject, place):
    """The first line of what tells the subject's version."""
    if not subject.version:
        return ""
    try:
        told = output_of(place.expand(subject, subject.version), env=environment(place))
    except Missing:
        return "?"
    return (told.splitlines() or ["?"])[0].strip()
