"""What a README quotes is what the tests compile: readme_test.py README

A block of code whose fence follows a comment with the name of a file is that file, to the letter:

    <!-- docs/examples/readme/hello.c -->
    ```c
    ...
    ```
"""

import pathlib
import re
import sys
import unittest

README = pathlib.Path(sys.argv[1])

# A fence of backticks and its end, after a comment on the line, or lines, before.
QUOTE = re.compile(r"^<!-- *(\S+) *-->\s*^(```+)[^\n]*\n(.*?)^\2 *$", re.MULTILINE | re.DOTALL)


def quotes(text):
    """The pairs of a file's name and the block that quotes it."""
    return [(name, block) for name, _, block in QUOTE.findall(text)]


class QuotesTest(unittest.TestCase):
    def test_finds_blocks_behind_names_and_no_others(self):
        text = ("<!-- a/one.c -->\n```c\nint x;\n\n``\n```\n"
                "<!-- just a comment -->\n```sh\nls\n```\n"
                "<!-- two.cpp -->\n\n````cpp\n```\n````\n"
                "<!-- three.c -->\ntext\n```c\nint y;\n```\n")
        self.assertEqual(quotes(text), [("a/one.c", "int x;\n\n``\n"), ("two.cpp", "```\n")])


@unittest.skipUnless(README.exists(), "there is no README yet")
class ReadmeTest(unittest.TestCase):
    maxDiff = None

    def test_quotes_files_to_the_letter(self):
        found = quotes(README.read_text(encoding="utf-8"))
        self.assertTrue(found, "it quotes no file")
        for name, block in found:
            with self.subTest(name):
                self.assertEqual(block, (README.parent / name).read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
