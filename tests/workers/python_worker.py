"""A worker for process pools in plain Python, written from docs/protocol.md alone.

    python3 python_worker.py FUNCTIONS.py

FUNCTIONS.py defines FUNCTIONS, a dictionary from names to functions of one parameter, the Task. What a
function returns is the call's result: bytes as they are, a Text as the JSON that it is, NOTHING, or any
other value as JSON. It uses nothing but the standard library, and shows what a worker in another language
needs: it does not use the claim page, so it gets one call at a time.
"""

import array
import json
import math
import os
import re
import runpy
import select
import signal
import socket
import struct
import sys
import threading
import time

PROTOCOL = 1
NAME = "python_worker 1"

# Frames
HEADER = struct.Struct("<IBBHIIQ")
HELLO, FUNCTION, CALL, LEAVE = 1, 2, 3, 4
READY, FAILED, START, RESULT, ERROR, PROGRESS = 16, 17, 18, 19, 20, 21
HELLO_BRINGS_PAGE = 1
CALL_IS_CHUNK, CALL_HAS_DEADLINE = 1, 2
DEADLINE = struct.Struct("<Q")
NEVER = 2**63 - 1
RESULT_IS_NONE, RESULT_IS_JSON, RESULT_IS_BYTES = 0, 1, 2

# Limits
LARGEST_MESSAGE = 2**31 - 1
CONTROL_BODY = 1 << 20
LONGEST_REPORT = 4096
DEPTH = 128


class Violation(Exception):
    """The pool does not follow the protocol."""


class PoolGone(Exception):
    """The socket is at its end."""


class NotJson(Exception):
    """A text, or a value, that may not travel."""


class TaskError(Exception):
    """A failure as the function wants it to be told."""

    def __init__(self, type_name="", message="", detail=None, status="TASK_FAILED", code=0):
        super().__init__(message)
        self.fields = {"status": status}
        if type_name:
            self.fields["type"] = type_name
        if message:
            self.fields["message"] = message
        if detail is not None:
            self.fields["detail"] = Text(detail)
        if code:
            self.fields["code"] = code


class Text(str):
    """JSON text."""


NOTHING = object()


# --- JSON -----------------------------------------------------------------------------------------


def parse(text):
    """The value of a JSON text, within the limits of the protocol."""
    if isinstance(text, (bytes, bytearray)):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotJson(f"not UTF-8: {error}") from None
    check_depth(text)
    try:
        value = json.loads(text, parse_int=parse_int, parse_float=parse_float, parse_constant=refuse_constant)
    except ValueError as error:
        raise NotJson(f"not JSON: {error}") from None
    check_strings(value)
    return value


def parse_int(digits):
    # Longer ones do not fit, and some versions of Python refuse to convert them.
    value = int(digits) if len(digits) <= 21 else 2**64
    if not -(2**63) <= value < 2**64:
        raise NotJson(f"the integer {digits[:40]} does not fit into 64 bits")
    return value


def parse_float(digits):
    value = float(digits)
    if not math.isfinite(value):
        raise NotJson(f"the number {digits[:40]} does not fit into a double")
    return value


def refuse_constant(name):
    raise NotJson(f"{name} is not JSON")


BRACKETS_AND_STRINGS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


def check_depth(text):
    depth = 0
    for match in BRACKETS_AND_STRINGS.finditer(text):
        mark = match.group()[0]
        if mark in "[{":
            depth += 1
            if depth > DEPTH:
                raise NotJson(f"nested more than {DEPTH} deep")
        elif mark in "]}":
            depth -= 1


def check_strings(value):
    """Escapes may name one half of a surrogate pair, which is no character."""
    for text in strings_of(value):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise NotJson("a string with half of a surrogate pair") from None


def strings_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for element in value:
            yield from strings_of(element)
    elif isinstance(value, dict):
        for name, element in value.items():
            yield name
            yield from strings_of(element)


def dump(value):
    """The JSON text of a value, as bytes."""
    if not isinstance(value, Text):
        try:
            value = json.dumps(value, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError, RecursionError) as error:
            raise NotJson(str(error)) from None
    parse(value)
    return value.encode("utf-8")


def error_object(fields, limit):
    """An error object; what cannot travel of it is left out."""
    for left_out in ((), ("detail",), ("detail", "type", "message")):
        kept = {name: value for name, value in fields.items() if name not in left_out}
        try:
            body = join_object(kept)
            parse(body)
        except NotJson:
            continue
        if len(body) <= limit:
            return body
    return dump({"status": fields["status"], "message": "the error's texts cannot travel"})


def join_object(fields):
    members = (dump(name) + b":" + dump(value) for name, value in fields.items())
    return b"{" + b",".join(members) + b"}"


# --- the connection -------------------------------------------------------------------------------


def take_socket():
    """The socket that the pool has given us, no longer in the environment of what we run."""
    # What the interpreter adds by itself (LC_CTYPE) was not meant for our functions.
    with open("/proc/self/environ", "rb") as given:
        names = {entry.split(b"=", 1)[0] for entry in given.read().split(b"\0")}
    for name in set(os.environb) - names:
        del os.environb[name]
    os.environ.pop("CFUTURES_WORKER_DEPTH", None)
    number = os.environ.pop("CFUTURES_WORKER", None)
    if number is None:
        sys.exit("python_worker: this program is run by process pools, not by hand")
    try:
        connection = socket.socket(fileno=int(number))
    except (OSError, ValueError) as error:
        sys.exit(f"python_worker: CFUTURES_WORKER is '{number}': {error}")
    if connection.family != socket.AF_UNIX or connection.type != socket.SOCK_STREAM:
        sys.exit(f"python_worker: CFUTURES_WORKER is '{number}', which is no Unix stream socket")
    connection.set_inheritable(False)
    connection.setblocking(True)
    return connection


def watch(connection):
    """Ends this process when the pool is gone, whatever it is doing."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)

    def wait_for_the_end():
        poll.poll()
        os._exit(1)

    threading.Thread(target=wait_for_the_end, daemon=True).start()


class Stream:
    def __init__(self, connection):
        self.connection = connection
        self.largest_body = LARGEST_MESSAGE + CONTROL_BODY
        self.received_anything = False
        self.descriptors = 0

    def receive(self):
        """The next frame: kind, flags, slot, call, function, task, body."""
        length, *fields = HEADER.unpack(self.read(HEADER.size))
        if length > self.largest_body:
            raise Violation(f"a frame of {length} bytes arrived, and {self.largest_body} is the limit")
        return (*fields, self.read(length))

    def read(self, size):
        data = bytearray(size)
        filled = 0
        while filled < size:
            got = self.read_some(memoryview(data)[filled:])
            if got == 0:
                raise PoolGone
            filled += got
        return bytes(data)

    def read_some(self, view):
        room = socket.CMSG_SPACE(4 * array.array("i").itemsize)
        try:
            size, messages, _, _ = self.connection.recvmsg_into([view], room)
        except OSError as error:
            raise PoolGone from error
        for _, _, data in messages:
            descriptors = array.array("i", data[: len(data) // 4 * 4])
            for descriptor in descriptors:
                os.close(descriptor)
            self.descriptors += len(descriptors)
            # The one descriptor of a conversation comes with its first byte.
            if self.received_anything or self.descriptors > 1:
                raise Violation("unexpected descriptors arrived")
        self.received_anything = True
        return size

    def send(self, kind, body=b"", flags=0, call=0):
        try:
            self.connection.sendall(HEADER.pack(len(body), kind, flags, 0, call, 0, 0) + body)
        except OSError as error:
            raise PoolGone from error


# --- the worker -----------------------------------------------------------------------------------


class Task:
    """One call, as its function sees it."""

    def __init__(self, number, name, text, deadline=NEVER, report=None):
        self.id = number
        self.name = name
        self.text = text.decode("utf-8")
        self.deadline = deadline  # of time.monotonic_ns()
        self.report = report

    @property
    def arguments(self):
        return parse(self.text)

    def time_left(self):
        """In nanoseconds; -1 if there is no end to it."""
        return -1 if self.deadline == NEVER else max(self.deadline - time.monotonic_ns(), 0)

    def report_progress(self, value):
        """Tells how far the call has come."""
        body = dump(value)
        if len(body) > LONGEST_REPORT:
            raise NotJson(f"a report of {len(body)} bytes")
        self.report(body)


class Worker:
    def __init__(self, connection, functions):
        self.stream = Stream(connection)
        self.functions = functions
        self.names = []  # by number - 1
        self.max_message = 0

    def serve(self):
        if not self.greet():
            return 1
        while True:
            kind, flags, _, call, function, task, body = self.stream.receive()
            if kind == FUNCTION:
                self.define(function, body)
            elif kind == CALL:
                if not self.answer(flags, call, function, task, body):
                    return 0
            elif kind == LEAVE:
                return 0
            else:
                raise Violation(f"a frame of kind {kind} arrived")

    def greet(self):
        kind, flags, *_, body = self.stream.receive()
        if kind != HELLO:
            raise Violation(f"the first frame is of kind {kind}, not HELLO")
        try:
            problem = self.prepare(flags, body)
        except NotJson as error:
            problem = {"status": "PROTOCOL_ERROR", "message": f"HELLO is {error}"}
        if problem is not None:
            self.stream.send(FAILED, error_object(problem, CONTROL_BODY))
            return False
        ready = {"protocol": PROTOCOL, "library": NAME, "pid": os.getpid(), "claims": False}
        self.stream.send(READY, dump(ready))
        return True

    def prepare(self, flags, body):
        """Why this worker cannot serve; None if it can."""
        hello = parse(body)
        if not isinstance(hello, dict):
            raise NotJson("no object")
        if hello.get("protocol") != PROTOCOL:
            message = f"the pool speaks version {hello.get('protocol')} of the protocol and this worker {PROTOCOL}"
            return {"status": "PROTOCOL_ERROR", "message": message}
        if self.stream.descriptors != (flags & HELLO_BRINGS_PAGE):
            return {"status": "PROTOCOL_ERROR", "message": "HELLO and its descriptors differ"}
        self.max_message = hello.get("max_message")
        if type(self.max_message) is not int or not 0 <= self.max_message <= LARGEST_MESSAGE:
            return {"status": "PROTOCOL_ERROR", "message": "max_message makes no sense"}
        self.stream.largest_body = self.max_message + CONTROL_BODY
        initializer = hello.get("initializer")
        if initializer is None:
            return None
        # Bytes of the text are not kept by the parser; the value says the same.
        kind, answer = self.run(Task(0, initializer["name"], dump(initializer["arguments"])))
        return None if kind == RESULT else answer

    def define(self, number, body):
        try:
            name = parse(body)
        except NotJson as error:
            raise Violation(f"the name of a function is {error}") from None
        if number != len(self.names) + 1 or not isinstance(name, str):
            raise Violation(f"FUNCTION {number} makes no sense here")
        self.names.append(name)

    def answer(self, flags, call, function, task, body):
        """Runs a call and answers it; False when the function has ended its thread."""
        if flags & CALL_IS_CHUNK:
            raise Violation("a chunk arrived, and this worker does not use the claim page")
        if call == 0 or not 0 < function <= len(self.names):
            raise Violation(f"call {call} of function {function} makes no sense")
        deadline = NEVER
        if flags & CALL_HAS_DEADLINE:
            if len(body) < DEADLINE.size:
                raise Violation(f"call {call} lacks its deadline")
            (deadline,) = DEADLINE.unpack_from(body)
            body = body[DEADLINE.size :]
        self.stream.send(START, call=call)
        def report(progress):
            self.stream.send(PROGRESS, progress, call=call)

        kind, answer = self.run(Task(task, self.names[function - 1], body, deadline, report))
        if kind == RESULT:
            kind, answer = self.encode(answer)
        if kind == RESULT:
            flags, body = answer
            self.stream.send(RESULT, body, flags=flags, call=call)
            return True
        self.stream.send(ERROR, error_object(answer, self.max_message + CONTROL_BODY), call=call)
        return answer["status"] != "TASK_EXITED"

    def run(self, task):
        """RESULT and the value, or ERROR and the members of the error object."""
        function = self.functions.get(task.name)
        if function is None:
            message = f"this worker has no function '{task.name}'"
            return ERROR, {"status": "UNKNOWN_FUNCTION", "message": message}
        try:
            return RESULT, function(task)
        except TaskError as error:
            return ERROR, error.fields
        except SystemExit:
            return ERROR, {"status": "TASK_EXITED", "message": "the task has ended its thread"}
        except Exception as error:  # whatever it is, it is the call's and not ours
            name = type(error).__qualname__
            message = str(error) or f"the task raised {name}"
            return ERROR, {"status": "TASK_FAILED", "type": name, "message": message}

    def encode(self, value):
        if value is NOTHING:
            return RESULT, (RESULT_IS_NONE, b"")
        try:
            is_bytes = isinstance(value, bytes)
            body = value if is_bytes else dump(value)
        except NotJson as error:
            message = f"the result cannot travel: {error}"
            return ERROR, {"status": "ENCODE_ERROR", "message": message}
        if len(body) > self.max_message:
            message = f"the result takes {len(body)} bytes, and at most {self.max_message} may travel"
            return ERROR, {"status": "ENCODE_ERROR", "message": message}
        return RESULT, (RESULT_IS_BYTES if is_bytes else RESULT_IS_JSON, body)


def main():
    # Python's own ways with these would be ours, not the functions'.
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    connection = take_socket()
    watch(connection)
    # The file of functions imports this one, and must not get a second copy of it.
    sys.modules["python_worker"] = sys.modules["__main__"]
    functions = runpy.run_path(sys.argv[1])["FUNCTIONS"]
    try:
        status = Worker(connection, functions).serve()
    except Violation as violation:
        print(f"python_worker: {violation}", file=sys.stderr)
        status = 1
    except PoolGone:
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
