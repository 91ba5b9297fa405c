"""That the gate sees what breaks programs, on a small library: baseline_test.py COMPILER"""

import contextlib
import io
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import baseline

COMPILER = sys.argv[1]

HEADER = """\
#include <stddef.h>
#include <stdint.h>
#define CFUTURES_API
typedef struct cf_thing cf_thing_t;
typedef int32_t cf_status_t;
typedef int32_t (*cf_task_fn)(cf_thing_t* thing, void* user_data);
/** Thread: any thread. Since: 0.1. */
CFUTURES_API cf_status_t cf_thing_run(const cf_thing_t* thing, cf_task_fn task_fn, size_t count);
/** Deprecated: 0.1. Since: 0.1. */
CFUTURES_API const char* const* cf_thing_names(cf_thing_t* thing, int64_t* sizes);
"""
SOURCE = """\
#include "thing.h"
struct cf_thing { int size; };
cf_status_t cf_thing_run(const cf_thing_t* thing, cf_task_fn task_fn, size_t count) {
    return (void)thing, (void)count, task_fn != NULL;
}
const char* const* cf_thing_names(cf_thing_t* thing, int64_t* sizes) {
    return (void)thing, (void)sizes, NULL;
}
"""
LINES = """\
soname libthing.so.1
cf_thing_names@cf_0.1 0.1 0.1 const char * const *(cf_thing *, int64_t *)
cf_thing_run@cf_0.1 0.1 - int32_t (const cf_thing *, int32_t (*)(cf_thing *, void *), uint64_t)
"""


class Baseline(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.baseline = self.folder / "baseline.txt"
        (self.folder / "thing.map").write_text("cf_0.1 { global: cf_*; local: *; };\n")

    def run_verb(self, verb, old="", new="", soname="libthing.so.1", debug="-g"):
        """Runs it on the library, with one text replaced by another."""
        (self.folder / "thing.h").write_text(HEADER.replace(old, new) if old else HEADER)
        (self.folder / "thing.c").write_text(SOURCE.replace(old, new) if old else SOURCE)
        subprocess.run([*COMPILER.split(), debug, "-fPIC", "-shared", "-o", "libthing.so", "thing.c",
                        f"-Wl,-soname,{soname}", "-Wl,--version-script=thing.map"],
                       cwd=self.folder, check=True)
        self.output = io.StringIO()
        with contextlib.redirect_stdout(self.output):
            return baseline.main(verb, str(self.folder / "libthing.so"), str(self.folder / "thing.h"),
                                 str(self.baseline))

    def test_says_what_c_says(self):
        self.assertEqual(self.run_verb("accept"), 0)
        self.assertEqual(self.baseline.read_text(), baseline.PREAMBLE + LINES)
        self.assertEqual(self.run_verb("check"), 0)

    def test_is_the_same_for_what_is_private(self):
        self.run_verb("accept")
        self.assertEqual(self.run_verb("check", "int size;", "char *text; int size;"), 0)
        self.assertEqual(self.run_verb("check", "count", "many"), 0)

    def test_fails_on_every_difference(self):
        self.run_verb("accept")
        for old, new in (("cf_thing_run", "cf_thing_start"),
                         ("size_t count", "int32_t count"),
                         ("void* user_data)", "void* user_data, int32_t more)"),
                         ("cf_status_t cf_thing_run", "int64_t cf_thing_run"),
                         ("const cf_thing_t* thing", "cf_thing_t* thing"),
                         ("any thread. Since: 0.1", "any thread. Since: 0.2"),
                         ("Deprecated: 0.1. ", "")):
            with self.subTest(new):
                self.assertEqual(self.run_verb("check", old, new), 1)
                self.assertIn("./dev abi accept", self.output.getvalue())
        self.assertEqual(self.run_verb("check", soname="libthing.so.2"), 1)

    def test_wants_debug_information(self):
        with self.assertRaisesRegex(SystemExit, "cf_thing_names"):
            self.run_verb("accept", debug="-g0")


if __name__ == "__main__":
    if not shutil.which("abidw"):
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
