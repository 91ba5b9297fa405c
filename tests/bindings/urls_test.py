"""The program that fetches pages, in any language: urls_test.py PROGRAM"""

import socket
import sys
import unittest

from pages import Pages
from program import Program, run

PROGRAM = sys.argv.pop()


def page(url, size):
    return f"'{url}' page is {size} bytes"


def exception(url, message):
    return f"'{url}' generated an exception: {message}"


class UrlsTest(unittest.TestCase):
    def setUp(self):
        self.pages = Pages()
        self.addCleanup(self.pages.close)

    def assert_exception(self, url, pattern, *options):
        """Some messages hold times, and their words are libcurl's."""
        lines, status = run(PROGRAM, *options, url)
        self.assertEqual((len(lines), status), (1, 0), lines)
        self.assertTrue(lines[0].startswith(exception(url, "")), lines)
        self.assertRegex(lines[0], pattern)

    def test_reports_each_page_or_its_exception(self):
        url = self.pages.url
        lines, status = run(PROGRAM, url("/page/0"), url("/missing"), url("/page/1"),
                            url("/page/1000000"), "http://something.invalid/", url("/moved/7"))
        self.assertCountEqual(lines, [
            page(url("/page/0"), 0),
            exception(url("/missing"), "HTTP Error 404"),
            page(url("/page/1"), 1),
            page(url("/page/1000000"), 1000000),
            exception("http://something.invalid/", "Could not resolve host: something.invalid"),
            page(url("/moved/7"), 7),
        ])
        self.assertEqual(status, 0)

    def test_reports_a_fast_page_before_a_slow_one(self):
        slow, fast = self.pages.url("/gated/11"), self.pages.url("/page/22")
        with Program(PROGRAM, slow, fast) as program:
            self.assertEqual(program.line(), page(fast, 22))
            self.pages.gate.set()
            self.assertEqual(program.finish(), ([page(slow, 11)], 0))

    def test_fetches_five_pages_at_a_time(self):
        url = self.pages.url("/together/5")
        lines, status = run(PROGRAM, *[url] * 12)
        self.assertEqual((lines, status), ([page(url, 5)] * 12, 0))
        self.assertEqual(self.pages.peak, 5)

    def test_reports_a_refused_connection(self):
        with socket.socket() as not_listening:
            not_listening.bind(("127.0.0.1", 0))
            port = not_listening.getsockname()[1]
            self.assert_exception(f"http://127.0.0.1:{port}/", "connect to")

    def test_reports_a_page_that_takes_too_long(self):
        self.assert_exception(self.pages.url("/silent"), "timed out", "--timeout", "1")

    def test_reports_a_page_that_breaks_off(self):
        self.assert_exception(self.pages.url("/cut"), "90 bytes remaining")

    def test_fetches_five_known_pages_by_default(self):
        urls = ["http://www.foxnews.com/", "http://www.cnn.com/", "http://europe.wsj.com/",
                "http://www.bbc.co.uk/", "http://some-made-up-domain.com/"]
        lines, status = run(PROGRAM, http_proxy=self.pages.url())
        self.assertCountEqual(lines, [page(url, len(url)) for url in urls])
        self.assertEqual(status, 0)

    def test_refuses_a_timeout_that_is_none(self):
        lines, status = run(PROGRAM, "--timeout", "soon", self.pages.url("/page/1"))
        self.assertEqual(lines, ["urls: --timeout wants a number of seconds"])
        self.assertEqual(status, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
