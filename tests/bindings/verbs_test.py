"""The C programs show every function of the library: verbs_test.py SYMBOLS FOLDER"""

import pathlib
import re
import sys
import unittest

SYMBOLS, FOLDER = map(pathlib.Path, sys.argv[1:3])

CALL = re.compile(r"\b(cf_\w+)\(")


class VerbsTest(unittest.TestCase):
    def test_has_a_program_that_calls_each_function(self):
        called = {name for source in FOLDER.glob("*.c")
                  for name in CALL.findall(source.read_text(encoding="utf-8"))}
        symbols = SYMBOLS.read_text(encoding="utf-8").split()
        self.assertTrue(symbols)
        self.assertEqual([name for name in symbols if name not in called], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
