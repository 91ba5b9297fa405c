"""What the header says of every function and constant: header_test.py HEADER FROZEN

Every function has a comment that tells its thread, whether it blocks and since when it is there; every
constant is pinned in tests/capi/frozen.c, whose compilation fails when a value moves.
"""

import pathlib
import re
import sys
import unittest

HEADER, FROZEN = map(pathlib.Path, sys.argv[1:3])

# A comment that ends on the line before a declaration, and the declaration up to its end.
FUNCTION = re.compile(r"((?:^[ \t]*/\*\*(?:(?!\*/).)*\*/\n)?)^CFUTURES_API\b([^;]*);", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"\b(cf_\w+)\s*\(")
SINCE = re.compile(r"Since:\s+(\d+)\.(\d+)\b")
ENUMERATOR = re.compile(r"^\s*(CF_[A-Z0-9_]+) = ", re.MULTILINE)
STATUS = re.compile(r"^\s*X\(([A-Z_]+), -?\d+,", re.MULTILINE)
VERSION = re.compile(r"^#define CFUTURES_VERSION_(MAJOR|MINOR) (\d+)$", re.MULTILINE)
PINNED = re.compile(r"^FROZEN\((\w+), ", re.MULTILINE)


def functions(text):
    """The pairs of a function's name and the comment before it; "" for none."""
    return [(NAME.search(declaration).group(1), comment)
            for comment, declaration in FUNCTION.findall(text)]


def constants(text):
    return ENUMERATOR.findall(text) + ["CF_STATUS_" + name for name in STATUS.findall(text)]


def complaints(comment, version):
    """What is missing in the comment of a function of a library of this version."""
    found = [field for field in ("Thread:", "Blocks:", "Since:") if field not in comment]
    since = SINCE.search(comment)
    if since and tuple(map(int, since.groups())) > version:
        found.append(f"a version that there is: {since.group()}")
    return found


class ReaderTest(unittest.TestCase):
    def test_finds_functions_with_their_own_comments_alone(self):
        text = ("/** One. */\nCFUTURES_API int32_t cf_one(void);\n"
                "CFUTURES_API void\ncf_two(cf_done_fn done_fn);\n"
                "/** Not theirs. */\n\nCFUTURES_API void cf_three(void);\n")
        self.assertEqual(functions(text),
                         [("cf_one", "/** One. */\n"), ("cf_two", ""), ("cf_three", "")])

    def test_finds_constants(self):
        text = "enum cf_x {\n    CF_X_A = -1, /* none */\n    CF_X_B = 2\n};\n    X(OK, 0, \"\")\n"
        self.assertEqual(constants(text), ["CF_X_A", "CF_X_B", "CF_STATUS_OK"])

    def test_complains_of_what_is_missing(self):
        self.assertEqual(complaints("/** Thread: any. Blocks: no. Since: 0.1. */", (0, 1)), [])
        self.assertEqual(complaints("/** Thread: any. Since: 0.1. */", (0, 1)), ["Blocks:"])
        self.assertEqual(len(complaints("/** Thread: any. Blocks: no. Since: 0.2. */", (0, 1))), 1)


class HeaderTest(unittest.TestCase):
    def setUp(self):
        self.text = HEADER.read_text(encoding="utf-8")

    def test_tells_of_every_function(self):
        parts = dict(VERSION.findall(self.text))
        version = int(parts["MAJOR"]), int(parts["MINOR"])
        found = functions(self.text)
        self.assertEqual(len(found), len(re.findall(r"^CFUTURES_API\b", self.text, re.MULTILINE)))
        self.assertTrue(found)
        for name, comment in found:
            with self.subTest(name):
                self.assertEqual(complaints(comment, version), [])

    def test_has_every_constant_pinned(self):
        pinned = set(PINNED.findall(FROZEN.read_text(encoding="utf-8")))
        self.assertEqual([name for name in constants(self.text) if name not in pinned], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
