"""A web server on loopback whose pages tests hold back and let go as they need."""

import http.server
import re
import threading

from program import LONG_WAIT, SHORT_WAIT


class Pages(http.server.ThreadingHTTPServer):
    """Serves until it is closed:

    /page/N      N bytes
    /gated/N     the same, once the gate is open
    /together/N  the same, once N requests have arrived and time has shown that no more
                 do; `peak` is how many were there at most
    /moved/N     a redirection to /page/N
    /cut         less than its header promises
    /silent      nothing, ever
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gate = threading.Event()
        self.closed = threading.Event()
        self.arrival = threading.Condition()
        self.present = 0
        self.peak = 0
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.closed.set()
        self.shutdown()
        self.server_close()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        # A client that uses this server as its proxy asks for whole addresses.
        path = re.sub(r"^http://[^/]*", "", self.path)
        kind, _, number = path.strip("/").partition("/")
        answer = getattr(self, "answer_" + kind, None)
        if answer is None:
            self.send_error(404)
        else:
            answer(*map(int, filter(None, [number])))

    def log_message(self, *_):
        pass

    def answer_(self):
        """The front page: as long as the address that was asked for."""
        self.answer_page(len(self.path))

    def answer_page(self, size, promised=None):
        self.send_response(200)
        self.send_header("Content-Length", promised or size)
        self.end_headers()
        self.wfile.write(b"x" * size)

    def answer_gated(self, size):
        self.server.gate.wait(LONG_WAIT)
        self.answer_page(size)

    def answer_together(self, count):
        server = self.server
        with server.arrival:
            server.present += 1
            server.peak = max(server.peak, server.present)
            server.arrival.notify_all()
            server.arrival.wait_for(lambda: server.peak >= count, LONG_WAIT)
            server.arrival.wait_for(lambda: server.peak > count, SHORT_WAIT)
            server.present -= 1
        self.answer_page(count)

    def answer_moved(self, size):
        self.send_response(302)
        self.send_header("Location", f"/page/{size}")
        self.end_headers()

    def answer_cut(self):
        self.answer_page(10, promised=100)

    def answer_silent(self):
        self.server.closed.wait(LONG_WAIT)
