#!/usr/bin/env python3
"""Whether everything that docs/python-parity.md names exists: functions and types of the C ABI, names of
the C++ headers, tests."""
import pathlib
import re
import sys


def read_all(folder, *patterns):
    files = [file for pattern in patterns for file in sorted(folder.rglob(pattern))]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def main():
    root = pathlib.Path(sys.argv[1])
    page = (root / "docs/python-parity.md").read_text(encoding="utf-8")
    c_header = (root / "capi/include/cfutures/cfutures.h").read_text(encoding="utf-8")
    cpp_headers = read_all(root / "include", "*.hpp")
    tests = read_all(root / "tests", "*.cpp")
    test_names = {
        f"{suite}.{name}"
        for suite, name in re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", tests, re.MULTILINE)
    }
    statuses = {
        f"CF_STATUS_{name}" for name in re.findall(r"^\s*X\((\w+),", c_header, re.MULTILINE)
    }
    missing = []
    named = 0
    for code in re.findall(r"`([^`\n]+)`", page):
        if re.fullmatch(r"cf_\w+|CF_\w+", code):
            found = code in statuses or re.search(rf"\b{code}\b", c_header)
        elif match := re.fullmatch(r"cfutures::(\w+)", code):
            found = re.search(rf"\b{match[1]}\b", cpp_headers)
        elif match := re.fullmatch(r"[A-Z]\w+::(\w+)", code):
            found = re.search(rf"\b{match[1]}\(", cpp_headers)
        elif re.fullmatch(r"[A-Z]\w+\.[A-Z]\w+", code):
            found = code in test_names
        else:
            continue
        named += 1
        if not found:
            missing.append(code)
    for name in missing:
        print(f"docs/python-parity.md names {name}, which does not exist", file=sys.stderr)
    if named < 100:
        print(f"only {named} names were found in the page: is it read rightly?", file=sys.stderr)
        return 1
    return 1 if missing else 0


sys.exit(main())
