"""What the header says of every function and constant: header_test.py HEADER FROZEN

Every function has a comment that tells its thread, whether it blocks and since when it is there; every
constant is pinned in tests/capi/frozen.c, whose compilation fails when a value moves.
"""

import pathlib
import re
import sys
import unittest

from header_text import constants, deprecated, functions, since, types, values, version

HEADER, FROZEN = map(pathlib.Path, sys.argv[1:3])

PINNED = re.compile(r"^FROZEN\((\w+), ", re.MULTILINE)
# What hides deprecated functions from those who do not want to see them.
HIDDEN = re.compile(r"^#ifndef CFUTURES_NO_DEPRECATED$(.*?)^#endif", re.MULTILINE | re.DOTALL)


def complaints(comment, version):
    """What is missing in the comment of a function of a library of this version."""
    found = [field for field in ("Thread:", "Blocks:", "Since:") if field not in comment]
    for told in (since(comment), deprecated(comment)):
        if told and told > version:
            found.append("a version that there is: {}.{}".format(*told))
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

    def test_finds_types_and_values(self):
        text = ("typedef struct cf_x cf_x_t;\ntypedef int32_t cf_y_t;\ntypedef int32_t (*cf_z_fn)(cf_x_t* x,\n"
                "    void* y);\n#define CFUTURES_X 12\n#define CFUTURES_Y\n"
                "#define CFUTURES_API __attribute__((x))\n")
        self.assertEqual(types(text), ["cf_x_t", "cf_y_t", "cf_z_fn"])
        self.assertEqual(values(text), ["CFUTURES_X"])

    def test_complains_of_what_is_missing(self):
        self.assertEqual(complaints("/** Thread: any. Blocks: no. Since: 0.1. */", (0, 1)), [])
        self.assertEqual(complaints("/** Thread: any. Since: 0.1. */", (0, 1)), ["Blocks:"])
        self.assertEqual(len(complaints("/** Thread: any. Blocks: no. Since: 0.2. */", (0, 1))), 1)
        self.assertEqual(
            len(complaints("/** Deprecated: 0.2. Thread: any. Blocks: no. Since: 0.1. */", (0, 1))), 1)


class HeaderTest(unittest.TestCase):
    def setUp(self):
        self.text = HEADER.read_text(encoding="utf-8")

    def test_tells_of_every_function(self):
        found = functions(self.text)
        self.assertEqual(len(found), len(re.findall(r"^CFUTURES_API\b", self.text, re.MULTILINE)))
        self.assertTrue(found)
        for name, comment in found:
            with self.subTest(name):
                self.assertEqual(complaints(comment, version(self.text)), [])

    def test_hides_deprecated_functions_on_request(self):
        hidden = {name for part in HIDDEN.findall(self.text) for name, _ in functions(part)}
        self.assertEqual(hidden, {name for name, comment in functions(self.text) if deprecated(comment)})

    def test_has_every_constant_pinned(self):
        pinned = set(PINNED.findall(FROZEN.read_text(encoding="utf-8")))
        self.assertEqual([name for name in constants(self.text) if name not in pinned], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
