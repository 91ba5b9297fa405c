"""What a benchmark is made of. The tables are in thread_table.py, process_table.py and language_table.py."""

from dataclasses import dataclass, field


# Prints which state of the project is measured.
REVISION = ("git", "-C", "{bench}", "describe", "--always", "--dirty")


@dataclass(frozen=True, eq=False)
class Workload:
    """One job that every subject does in its own way."""

    name: str
    what: str
    size: int
    unit: str
    higher_is_better: bool = True
    warmups: int = 1
    # Preloads the counter of allocations.
    counts_allocations: bool = False
    # The subject says "idle" and does nothing, and the driver watches: how often it wakes up
    # ("wakeups"), or how much memory its worker processes have for themselves ("memory").
    idle: str = ""
    # The divisor of the size with --quick, which proves that things run and measures nothing.
    quick: int = 50

    def size_for(self, subject, quick):
        size = subject.sizes.get(self.name, self.size)
        return max(1, size // self.quick) if quick else size


@dataclass(frozen=True, eq=False)
class Subject:
    """A program that runs workloads. In commands, {source}, {out}, {library}, {include} and {work}
    stand for its source, what is built from it, the folder of libcfutures.so, that of its header,
    and a folder for the subject's own use."""

    name: str
    what: str
    source: str
    # Commands, one after the other; none for scripts.
    build: tuple = ()
    run: tuple = ("{out}",)
    # Packages whose flags pkg-config appends to the last build command.
    packages: tuple = ()
    # More warm-ups than the workload asks for, where a compiler works at run time.
    warmups: int = 0
    # Smaller sizes where the usual one would take minutes.
    sizes: dict = field(default_factory=dict)
    # Prints the version that is measured.
    version: tuple = ()


@dataclass(frozen=True, eq=False)
class Bar:
    """What ours, or another subject, must reach: a ratio to another subject's figure, or, without one, a limit."""

    workload: str
    at_least: float | None = None
    at_most: float | None = None
    # A subject, or several, of which the best counts.
    of: str | tuple | None = None
    # Where the other figure comes from another workload.
    of_workload: str | None = None
    # A workload whose figure is taken off ours before it is compared.
    minus: str | None = None
    aim: str = ""
    # Whose figure it is, where it is not ours.
    subject: str | None = None

    @property
    def wanted(self):
        sign, number = (">=", self.at_least) if self.at_most is None else ("<=", self.at_most)
        return f"{sign} {number:g}" + (" x" if self.of else "")

    @property
    def against(self):
        """The other side of the ratio, in words."""
        if self.of is None:
            return ""
        whose = self.of if isinstance(self.of, str) else "the best peer"
        return f"{whose}'s {self.of_workload or self.workload}"

    def measured(self, figures, ours):
        """The ratio, or None where a figure is missing."""
        ours = self.subject or ours
        mine = median(figures, self.workload, ours)
        if self.minus is not None and mine is not None:
            part = median(figures, self.minus, ours)
            mine = None if part is None else mine - part
        if mine is None or self.of is None:
            return mine
        names = (self.of,) if isinstance(self.of, str) else self.of
        others = [median(figures, self.of_workload or self.workload, name) for name in names]
        others = [other for other in others if other]
        if not others:
            return None
        return mine / (max(others) if self.at_most is None else min(others))

    def met(self, measured):
        if measured is None:
            return None
        return measured >= self.at_least if self.at_most is None else measured <= self.at_most


def median(figures, workload, subject):
    cell = figures.get(workload, {}).get(subject)
    return cell and cell["median"]


@dataclass(frozen=True, eq=False)
class Benchmark:
    name: str
    # The subject whose bars these are.
    ours: str
    workloads: tuple
    subjects: tuple
    bars: tuple
    # Of its page; without one it is the name of a pool.
    title: str = ""
    # Subjects find the library by pkg-config, as it is installed.
    staged: bool = False

    def decides(self, workload, subject):
        """Whether a bar needs the subject's figure of the workload."""
        for bar in self.bars:
            if subject == self.ours and workload in (base(bar.workload), bar.minus):
                return True
            names = (bar.of,) if isinstance(bar.of, str) else bar.of or ()
            if subject in names and workload == base(bar.of_workload or bar.workload):
                return True
        return False


def base(name):
    """The workload that a figure comes from."""
    return name.removesuffix(".p99")
