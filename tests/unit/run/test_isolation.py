"""Components that share a job, through the real archive: what one changes in the state of the process, the next does not see."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from htmap_run import codes

if TYPE_CHECKING:
    from tests.unit.run.conftest import Interpreter, Jobs

# By what is changed: an expression that reads it, and the statement of a component that changes it.
CHANGES = {
    "a new environment variable": ("os.environ.get('NEW')", "os.environ['NEW'] = '1'"),
    "an environment variable of the job": ("os.environ['HOME']", "os.environ['HOME'] = '/'"),
    "an environment variable that was removed": ("'HTMAP_OUTPUT_FILES' in os.environ", "os.environ.clear()"),
    "the environment of child processes": ("os.popen('echo $NEW').read()", "os.environ['NEW'] = '1'"),
    "the environment itself": ("type(os.environ).__name__", "os.environ = dict(os.environ)"),
    "the time zone": ("time.localtime(0).tm_hour", "os.environ['TZ'] = 'UTC-5'; time.tzset()"),
    "the directory": ("os.getcwd()", "os.chdir('/')"),
    "the umask": ("os.umask(0o22)", "os.umask(0o70)"),
    "folders of modules": ("sys.path[:]", "sys.path.insert(0, '/nowhere')"),
    "the list of folders of modules": ("sys.path[:]", "sys.path = []"),
    "arguments": ("sys.argv[:]", "sys.argv[:] = ['program', '--option']"),
    "finders of modules": ("len(sys.meta_path)", "sys.meta_path.insert(0, sys.meta_path[0])"),
    "standard output": ("sys.stdout.name", "sys.stdout = open(os.devnull, 'w')"),
    "standard input": ("sys.stdin.name", "sys.stdin = open(os.devnull)"),
    "standard error": ("sys.stderr.name", "sys.stderr = open(os.devnull, 'w')"),
    "a hook for what is displayed": ("sys.displayhook is sys.__displayhook__", "sys.displayhook = print"),
    "a hook for breakpoints": ("sys.breakpointhook is sys.__breakpointhook__", "sys.breakpointhook = print"),
    "a hook for what cannot be raised": (
        "sys.unraisablehook is sys.__unraisablehook__",
        "sys.unraisablehook = print",
    ),
    "a hook for exceptions": ("sys.excepthook is sys.__excepthook__", "sys.excepthook = print"),
    "a hook for exceptions of threads": ("threading.excepthook is print", "threading.excepthook = print"),
    "the length of tracebacks": ("hasattr(sys, 'tracebacklimit')", "sys.tracebacklimit = 0"),
    "the handler of a signal": ("repr(signal.getsignal(signal.SIGUSR1))", "signal.signal(signal.SIGUSR1, print)"),
    "an ignored signal": ("repr(signal.getsignal(signal.SIGINT))", "signal.signal(signal.SIGINT, signal.SIG_IGN)"),
    "blocked signals": (
        "len(signal.pthread_sigmask(signal.SIG_BLOCK, ()))",
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])",
    ),
    **{
        f"the limit {name}": (
            f"resource.getrlimit(resource.{name})[0]",
            f"resource.setrlimit(resource.{name}, (2**33, resource.getrlimit(resource.{name})[1]))",
        )
        for name in ("RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_CPU", "RLIMIT_FSIZE")
    },
    "the limit of recursion": ("sys.getrecursionlimit()", "sys.setrecursionlimit(50_000)"),
    "the time between threads": ("sys.getswitchinterval()", "sys.setswitchinterval(0.5)"),
    "garbage collection": ("gc.isenabled()", "gc.disable()"),
    "when garbage is collected": ("gc.get_threshold()", "gc.set_threshold(7, 7, 7)"),
    "tracebacks of crashes": ("faulthandler.is_enabled()", "faulthandler.disable()"),
    "a trace function": ("sys.gettrace() is None", "sys.settrace(lambda *_: None)"),
    "a profile function": ("sys.getprofile() is None", "sys.setprofile(lambda *_: None)"),
    "warning filters": ("len(warnings.filters)", "warnings.simplefilter('error')"),
    "where warnings go": ("warnings.showwarning.__module__", "logging.captureWarnings(True)"),
    "handlers of the root logger": ("len(logging.getLogger().handlers)", "logging.basicConfig()"),
    "the level of a logger": ("logging.getLogger('own').level", "logging.getLogger('own').setLevel(10)"),
    "handlers of a logger": (
        "len(logging.getLogger('own').handlers)",
        "logging.getLogger('own').addHandler(logging.NullHandler())",
    ),
    "logging at all": ("logging.root.manager.disable", "logging.disable(50)"),
    "the precision of decimal numbers": ("decimal.getcontext().prec", "decimal.getcontext().prec = 5"),
    "a context variable": ("variable.get(0)", "variable.set(1)"),
    "the locale": ("locale.setlocale(locale.LC_CTYPE)", "locale.setlocale(locale.LC_ALL, 'C')"),
    "the time-out of sockets": ("socket.getdefaulttimeout()", "socket.setdefaulttimeout(1.5)"),
}

FUNCTION = f"""
def function(what):
    exec(IMPORTS, globals())
    seen, change = CHANGES[what]
    before = eval(seen, globals())
    exec(change, globals())
    return before, eval(seen, globals())
CHANGES = {CHANGES!r}
IMPORTS = '''
import contextvars, decimal, faulthandler, gc, locale, logging, os, resource, signal, socket, sys, threading, time, warnings
variable = globals().get("variable") or contextvars.ContextVar("variable")
'''
"""


def test_a_component_does_not_see_what_the_one_before_it_changed(jobs: Jobs, each_python: Interpreter) -> None:
    ran = jobs.run(FUNCTION, [what for what in CHANGES for _ in range(2)], each_python)

    values = [ran.value(component) for component in ran.results.components]
    had_no_effect = [what for what, (before, after) in zip(CHANGES, values[::2]) if before == after]
    differ = [what for what, first, second in zip(CHANGES, values[::2], values[1::2]) if first != second]
    assert (had_no_effect, differ) == ([], [])


PENDING = {
    "an alarm": "signal.alarm(1)",
    "a timer": "signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)",
    "a timer with a handler": "signal.signal(signal.SIGALRM, lambda *_: 1 / 0); signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)",
    "a timer of the processor": "signal.setitimer(signal.ITIMER_PROF, 0.2)",
    "a timer of the program": "signal.setitimer(signal.ITIMER_VIRTUAL, 0.2)",
    "a watchdog": "faulthandler.dump_traceback_later(0.2, exit=True)",
    "a limit of the size of files": "resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))",
    "a limit of processor time": "resource.setrlimit(resource.RLIMIT_CPU, (1, resource.RLIM_INFINITY))",
}


def test_what_is_pending_ends_with_its_component(jobs: Jobs) -> None:
    source = f"""
def function(what):
    exec("import faulthandler, resource, signal, time", globals())
    exec(PENDING[what] if what else LATER, globals())
LATER = "until = time.process_time() + 0.4\\nwhile time.process_time() < until: pass"
PENDING = {PENDING!r}
"""
    ran = jobs.run(source, [each for what in PENDING for each in (what, "")])

    ended = [ran.record(component)["status"] for component in ran.results.components]
    assert [what for what, status in zip(PENDING, ended[1::2]) if status != "OK"] == []
    assert ran.exit_code == codes.OK


FIRST_IMPORTS = {
    "signal": "signal.signal(signal.SIGUSR1, signal.SIG_IGN); signal.pthread_sigmask(0, [10]); signal.alarm(9)",
    "resource": "resource.setrlimit(resource.RLIMIT_AS, (2**33, -1)); resource.setrlimit(resource.RLIMIT_DATA, (2**33, -1))",
    "ctypes": "ctypes.CDLL(None).alarm(9); ctypes.CDLL(None).umask(7)",
    "asyncio": "import signal; signal.set_wakeup_fd(-1); signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
}
FIRST_IMPORT = f"""
def function(x):
    what, number = x
    if not what:
        return
    exec(f"import {{what}}", globals())
    seen = [line for line in open("/proc/self/status") if line.startswith(("Umask", "SigBlk", "SigIgn", "SigCgt"))]
    seen += open("/proc/self/limits").readlines()
    if number == 0:
        exec(CHANGES[what], globals())
        return "".join(seen)  # to pickle anything else imports modules
    import signal
    return "".join(seen) + ("an alarm" if signal.alarm(0) else "")
CHANGES = {FIRST_IMPORTS!r}
"""


@pytest.mark.parametrize("what", FIRST_IMPORTS)
def test_a_module_that_nobody_had_imported_changes_no_more_than_others(
    jobs: Jobs, each_python: Interpreter, what: str
) -> None:
    """What only some modules can change is looked at once they are imported: also where the runner has them already."""
    ran = jobs.run(FIRST_IMPORT, [(what, 0), (what, 1)], each_python)

    assert ran.value(0) == ran.value(1)


def test_nor_does_one_that_the_runner_needs_for_many_components(jobs: Jobs) -> None:
    ran = jobs.run(FIRST_IMPORT, [("", 0)] * 5000 + [("ctypes", 0), ("ctypes", 1)])

    assert ran.value(5000) == ran.value(5001)


def test_modules_that_the_runner_has_are_the_same_ones_for_the_function(jobs: Jobs) -> None:
    source = """
def function(x):
    import gc, types
    import signal, resource
    known = [each for each in gc.get_objects() if type(each) is types.ModuleType and each.__name__ in ("signal", "resource")]
    return len(known), signal.SIGTERM
"""
    assert jobs.run(source, [0]).value() == (2, signal.SIGTERM)


def test_a_timer_does_not_disturb_the_report_of_the_error(jobs: Jobs, each_python: Interpreter) -> None:
    source = """
import signal
def function(x):
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    raise KeyError(x)
"""

    ran = jobs.run(source, [0, 1], each_python)

    assert [ran.error(component)["type"] for component in (0, 1)] == ["builtins.KeyError"] * 2


def test_a_hard_limit_that_was_lowered_does_no_harm(jobs: Jobs) -> None:
    ran = jobs.run(
        "import resource\ndef function(x):\n    resource.setrlimit(resource.RLIMIT_CPU, (900 - x, 1000 - x))", [0, 1]
    )

    assert ran.statuses == ["OK", "OK"]


IMPORTED = """
import contextvars, decimal, logging, os, signal, sys, warnings
os.environ["OF_MODULE"] = "1"
os.umask(0o27)
sys.path.append("/of module")
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
warnings.filterwarnings("ignore", "of module")
decimal.getcontext().prec = 7
logging.getLogger("own").addHandler(logging.NullHandler())
variable = contextvars.ContextVar("variable")
variable.set("of module")
"""


def test_what_the_import_of_a_module_changes_stays(jobs: Jobs, each_python: Interpreter) -> None:
    """A module is imported once for all components of a job, so what it prepares must be there for all."""
    source = """
import os
def function(x):
    os.environ["OF_FUNCTION"] = str(x)
    import own
    import decimal, logging, signal, sys, warnings
    seen = [os.environ.get("OF_MODULE"), sys.path.count("/of module"), own.variable.get()]
    seen += [signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN]
    seen += [decimal.getcontext().prec, len(logging.getLogger("own").handlers), len(warnings.filters), os.umask(0o27)]
    decimal.getcontext().prec = 3
    return seen
"""
    scratch = jobs.scratch(source, [0, 1, 2], each_python)
    (scratch / "own.py").write_text(IMPORTED)

    ran = jobs.run_in(scratch, "0-2", each_python)

    assert ran.value(0)[:4] == ["1", 1, "of module", True]
    assert ran.value(0) == ran.value(1) == ran.value(2)


def test_an_import_keeps_nothing_that_the_function_changed(jobs: Jobs, each_python: Interpreter) -> None:
    source = """
import os, signal
def function(x):
    seen = [os.environ.get("OF_FUNCTION"), signal.getsignal(signal.SIGUSR2) is signal.SIG_DFL]
    os.environ["OF_FUNCTION"] = str(x)
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    import own
    return seen
"""
    scratch = jobs.scratch(source, [0, 1], each_python)
    (scratch / "own.py").write_text(IMPORTED)

    ran = jobs.run_in(scratch, "0-1", each_python)

    assert ran.value(0) == ran.value(1) == [None, True]


def test_what_makes_components_quick_is_shared(jobs: Jobs) -> None:
    source = """
import random
def function(x, seen=[]):
    global loaded
    loaded = globals().get("loaded", 0) + 1
    seen.append(x)
    return loaded, list(seen), random.random()
"""
    ran = jobs.run(source, [5, 6])

    assert ran.value(1)[:2] == (2, [5, 6])
    assert ran.value(0)[2] != ran.value(1)[2]
