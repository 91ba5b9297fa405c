"""A program that always prints the same: output_test.py EXPECTED PROGRAM"""

import pathlib
import sys
import unittest

from program import run

EXPECTED, PROGRAM = pathlib.Path(sys.argv[1]), sys.argv[2]


class OutputTest(unittest.TestCase):
    def test_prints_what_is_expected(self):
        lines, status = run(PROGRAM)
        self.assertEqual(lines, EXPECTED.read_text(encoding="utf-8").splitlines())
        self.assertEqual(status, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
