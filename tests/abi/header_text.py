"""What the text of cfutures.h says, for the tests of the ABI."""

import re

# A comment that ends on the line before a declaration, and the declaration up to its end.
_FUNCTION = re.compile(r"((?:^[ \t]*/\*\*(?:(?!\*/).)*\*/\n)?)^CFUTURES_API\b([^;]*);", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"\b(cf_\w+)\s*\(")
_SINCE = re.compile(r"Since:\s+(\d+)\.(\d+)\b")
_DEPRECATED = re.compile(r"Deprecated:\s+(\d+)\.(\d+)\b")
_ENUMERATOR = re.compile(r"^\s*(CF_[A-Z0-9_]+) = ", re.MULTILINE)
_STATUS = re.compile(r"^\s*X\(([A-Z_]+), -?\d+,", re.MULTILINE)
_TYPE = re.compile(r"^typedef (?:.*\b(cf_\w+_t);|[^;]*?\(\*(cf_\w+_fn)\))", re.MULTILINE)
_VALUE = re.compile(r"^#define (CFUTURES_\w+) (?!__attribute__)\S+$", re.MULTILINE)
_VERSION = re.compile(r"^#define CFUTURES_VERSION_(MAJOR|MINOR) (\d+)$", re.MULTILINE)


def functions(text):
    """The pairs of a function's name and the comment before it; "" for none."""
    return [(_NAME.search(declaration).group(1), comment)
            for comment, declaration in _FUNCTION.findall(text)]


def constants(text):
    return _ENUMERATOR.findall(text) + ["CF_STATUS_" + name for name in _STATUS.findall(text)]


def types(text):
    return [handle or callback for handle, callback in _TYPE.findall(text)]


def values(text):
    """The macros that stand for a value."""
    return _VALUE.findall(text)


def version(text):
    parts = dict(_VERSION.findall(text))
    return int(parts["MAJOR"]), int(parts["MINOR"])


def since(comment):
    """(major, minor), or None where the comment does not say."""
    return _tag(_SINCE, comment)


def deprecated(comment):
    """(major, minor), or None for a function that is not deprecated."""
    return _tag(_DEPRECATED, comment)


def _tag(pattern, comment):
    found = pattern.search(comment)
    return found and tuple(map(int, found.groups()))
