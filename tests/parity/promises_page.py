#!/usr/bin/env python3
"""Whether tests/README.md tells the truth: each test that it names exists and carries the number of its
row, and no promise is without a row."""
import pathlib
import re
import sys

FAULTS = {f"T-{number:02}" for number in range(1, 22)}
SEMANTICS = {f"S{number}" for number in range(1, 13)}


def main():
    root = pathlib.Path(sys.argv[1])
    tests = set()
    for file in (root / "tests").rglob("*.cpp"):
        source = file.read_text(encoding="utf-8")
        tests |= {
            f"{suite}.{name}"
            for suite, name in re.findall(
                r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", source, re.MULTILINE
            )
        }
    complaints = []
    rows = set()
    for line in (root / "tests/README.md").read_text(encoding="utf-8").splitlines():
        row = re.match(r"\| (T-\d\d|S\d+) \|", line)
        if not row:
            continue
        number = row[1]
        named = re.findall(r"`([A-Z]\w+\.\w+)`", line)
        if number in rows:
            complaints.append(f"{number} stands twice")
        if not named:
            complaints.append(f"{number} names no test")
        rows.add(number)
        carried = re.compile(rf"(?<![A-Z0-9]){number.replace('-', '')}(?!\d)")
        for test in named:
            if test not in tests:
                complaints.append(f"{number} names {test}, which does not exist")
            elif not carried.search(re.sub(r"([TS]\d+)(?=[TS]\d)", r"\1_", test)):
                complaints.append(f"{number} names {test}, which does not carry the number")
    for number in sorted((FAULTS | SEMANTICS) - rows):
        complaints.append(f"{number} has no row")
    for number in sorted(rows - FAULTS - SEMANTICS):
        complaints.append(f"{number} is no promise")
    for complaint in complaints:
        print(f"tests/README.md: {complaint}", file=sys.stderr)
    return 1 if complaints else 0


sys.exit(main())
