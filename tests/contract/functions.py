"""The functions of functions.cpp, for the worker in Python (../workers/python_worker.py)."""

import os
import resource
import select
import signal
import sys

from python_worker import NOTHING, NotJson, TaskError, Text, dump, parse

# cfutures.h
OK, INVALID_ARGUMENT, ENCODE_ERROR = 0, -1, -21
STATUS_NAMES = {-3: "NO_MEMORY", -5: "UNSUPPORTED", -7: "TIMEOUT", -9: "TASK_FAILED"}


def call(function):
    """A function from the arguments to a result, as a function of the task."""
    return lambda task: function(*task.arguments)


# --- results --------------------------------------------------------------------------------------


def echo(task):
    return Text(task.text)


def none(task):
    return NOTHING


def make_bytes(size):
    return bytes(i % 256 for i in range(size))


def pointer(task):
    return object()


def several_results(task):
    return "last"


def status_of_text(text):
    if not isinstance(text, str):
        return INVALID_ARGUMENT
    try:
        parse(text)
    except NotJson:
        return ENCODE_ERROR
    return OK


def bad_results(task):
    return [status_of_text(text) for text in ("{", "1E400", "18446744073709551616", "[" * 1000000, None, -2)]


def status_of_report(task, text):
    if not isinstance(text, str):
        return INVALID_ARGUMENT
    try:
        task.report_progress(Text(text))
    except NotJson:
        return ENCODE_ERROR
    return OK


def bad_reports(task):
    longest = '"' + "x" * 4094 + '"'
    return [status_of_report(task, text) for text in ("{", longest + " ", None, longest)]


def until_asked(task):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while task.time_left() != 0:
        os.sched_yield()
    return 0


def report(task):
    *reports, gate = task.arguments
    for value in reports:
        task.report_progress(value)
    pass_gate(gate)
    return NOTHING


def add(first, second):
    if not isinstance(first, int) or not isinstance(second, int):
        raise TypeError("no numbers")
    return first + second


def length(text):
    return len(text.encode("utf-8"))


def repeat(size):
    return "x" * size


# --- errors ---------------------------------------------------------------------------------------


def fail(type_name, message, *detail):
    raise TaskError(type_name, message, dump(detail[0]).decode() if detail else None)


def fail_after_result(task):
    raise TaskError("ValueError", "this counts")


def fail_with_status(status):
    raise TaskError("Given", "as given", status=STATUS_NAMES[status])


def fail_seventh(number):
    if number % 7:
        return number
    raise TaskError("SeventhError", str(number))


def return_code(code):
    if code == 0:
        return NOTHING
    raise TaskError(message=f"the task returned {code}", code=code)


def throw(kind):
    """What the worker in C++ makes of its exceptions."""
    types = {
        "runtime_error": ("std::runtime_error", "it ran"),
        "out_of_range": ("std::out_of_range", "it left"),
        "bad_alloc": ("std::bad_alloc", "std::bad_alloc"),
        "int": ("int", "the task threw an exception of type int"),
        "nested": ("std::_Nested_exception<std::runtime_error>", "around it"),
        "own": ("OwnException", "the task threw an exception of its own"),
    }
    raise TaskError(*types[kind])


def exit_thread(task):
    raise SystemExit


# --- what a test can see and steer from outside -----------------------------------------------------


def pass_gate(path, value=None):
    if path is None:
        return value
    gate = os.open(path + "/open", os.O_RDONLY | os.O_NONBLOCK)
    arrived = os.open(path + "/arrived", os.O_WRONLY)
    os.write(arrived, os.getpid().to_bytes(4, sys.byteorder))
    os.close(arrived)
    # It opens when nobody writes to it any more.
    poll = select.poll()
    poll.register(gate, 0)
    poll.poll()
    os.close(gate)
    return value


def record(path):
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, b"x")
    os.close(file)


def die_by_signal(number):
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    while True:
        signal.pause()


def record_and_die(path):
    record(path)
    die_by_signal(signal.SIGKILL)


def die_once(path):
    if os.path.exists(path):
        return "survived"
    return record_and_die(path)


def descriptors():
    found = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            found[number] = os.readlink("/proc/self/fd/" + number)
        except FileNotFoundError:
            pass  # the one that read the list
    return found


def environment():
    return [f"{name}={value}" for name, value in os.environ.items()]


def print_text(text):
    for file in (1, 2):
        os.write(file, text.encode())
    return len(text)


def print_and_die(text):
    print_text(text)
    die_by_signal(signal.SIGKILL)


def flood(size):
    block = b"#" * 65536
    file = 1
    while size > 0:
        size -= os.write(file, block)
        file = 3 - file


def allocate(size):
    try:
        return len(bytearray(size))
    except MemoryError:
        return "no memory"


def burn():
    while True:
        pass


def surroundings():
    mask = os.umask(0)
    os.umask(mask)
    with open("/proc/self/status", encoding="utf-8") as status:
        lines = dict(line.split(":", 1) for line in status)
    return {
        "directory": os.getcwd(),
        "umask": mask,
        "niceness": os.getpriority(os.PRIO_PROCESS, 0),
        "core": max(resource.getrlimit(resource.RLIMIT_CORE)[0], -1),
        "no_new_privileges": int(lines["NoNewPrivs"]),
    }


def fork_child(status):
    child = os.fork()
    if child == 0:
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def leave_child():
    child = os.fork()
    while child == 0:
        signal.pause()
    return child


def ignore_signal(number):
    signal.signal(number, signal.SIG_IGN)


# --- initializers -----------------------------------------------------------------------------------

prepared = False


def prepare():
    global prepared
    prepared = True


FUNCTIONS = {
    "add": call(add),
    "allocate": call(allocate),
    "bad_reports": bad_reports,
    "bad_results": bad_results,
    "burn": call(burn),
    "bytes": call(make_bytes),
    "descriptors": call(descriptors),
    "die_by_signal": call(die_by_signal),
    "die_once": call(die_once),
    "echo": echo,
    "environment": call(environment),
    "exit_process": call(os._exit),
    "exit_thread": exit_thread,
    "fail": call(fail),
    "fail_after_result": fail_after_result,
    "fail_seventh": call(fail_seventh),
    "fail_with_status": call(fail_with_status),
    "flood": call(flood),
    "fork_child": call(fork_child),
    "ignore_signal": call(ignore_signal),
    "is_prepared": lambda task: prepared,
    "leave_child": call(leave_child),
    "length": call(length),
    "none": none,
    "pass_gate": call(pass_gate),
    "pid": call(os.getpid),
    "pointer": pointer,
    "prepare": call(prepare),
    "print": call(print_text),
    "print_and_die": call(print_and_die),
    "record": call(record),
    "record_and_die": call(record_and_die),
    "repeat": call(repeat),
    "report": report,
    "return_code": call(return_code),
    "several_results": several_results,
    "surroundings": call(surroundings),
    "task_id": lambda task: task.id,
    "throw": call(throw),
    "time_left": lambda task: task.time_left(),
    "until_asked": until_asked,
    "worker_id": lambda task: os.getpid(),
}
