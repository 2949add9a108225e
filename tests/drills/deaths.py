"""Ways in which a function can die, or harm the process that it shares with others: programs of a few lines, by name.

Each stands with what its component must come to: a part of its report, or an empty text where it has a result, or may have one.
None may cost the other components of its job their results, have the job held, or let it hang.
"""

from __future__ import annotations

from collections.abc import Callable

ANYTHING = ""

FIRST: dict[str, tuple[str, str]] = {
    "kill the parent": ("os.kill(os.getppid(), 9); time.sleep(600)", "signal 9"),
    "kill the parent and go on": ("os.kill(os.getppid(), 9)", ANYTHING),
    "terminate the parent": ("os.kill(os.getppid(), 15); time.sleep(600)", "signal 15"),
    "stop the parent": ("os.kill(os.getppid(), signal.SIGSTOP)", ANYTHING),
    "kill the parent's group": ("os.killpg(os.getpgid(os.getppid()), 9); time.sleep(600)", "signal 9"),
    "kill the session's leader": ("os.kill(os.getsid(0), 9); time.sleep(600)", "signal 9"),
    "forbid the directory": ("os.chmod('.', 0o500)", ANYTHING),
    "forbid all directories": ("[os.chmod(folder, 0o500) for folder, _, _ in os.walk('.', topdown=False)]", ANYTHING),
    "forbid all files": ("[os.chmod(os.path.join(d, f), 0) for d, _, fs in os.walk('.') for f in fs]", ANYTHING),
    "no files any more": ("resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))", ANYTHING),
    "no open files any more": ("resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))", ANYTHING),
    "no memory any more": ("resource.setrlimit(resource.RLIMIT_AS, (0, 0))", ANYTHING),
    "no processes any more": ("resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))", ANYTHING),
    "no stack any more": ("resource.setrlimit(resource.RLIMIT_STACK, (0, 0))", ANYTHING),
    "no processor any more": ("resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass", "ComponentDied"),
    "a large result without files": (
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); answer = b'x' * 500_000",
        "File too large",
    ),
    "no open()": ("import builtins; builtins.open = None", ANYTHING),
    "no functions of Python's": ("import builtins; vars(builtins).clear()", ANYTHING),
    "cut the results": ("open('_htmap_return/result', 'w').close()", ANYTHING),
    "write into the results": ("open('_htmap_return/result', 'r+b').write(b'x' * 100_000)", ANYTHING),
    "add to the results": ("open('_htmap_return/result', 'ab').write(b'something')", ANYTHING),
    "replace the results": ("open('mine', 'w').close(); os.replace('mine', '_htmap_return/result')", ANYTHING),
    "a folder for the results": ("os.unlink('_htmap_return/result'); os.mkdir('_htmap_return/result')", ANYTHING),
    "close all files": ("os.closerange(0, 256)", ANYTHING),
    "other files for all": ("[os.dup2(os.open('/dev/null', 2), n) for n in range(3, 64)]", ANYTHING),
}
"""Those that cost neighbours their results once."""

OTHERS: dict[str, tuple[str, str]] = {
    **{f"signal {number} to itself": (f"os.kill(os.getpid(), {number})", ANYTHING) for number in (1, 2, 3, 10, 13, 14)},
    **{
        f"signal {number} to itself": (f"os.kill(os.getpid(), {number}); time.sleep(600)", f"signal {number}")
        for number in (6, 7, 8, 9, 11, 12, 15, 16, 24, 25, 31, 34, 64)
        if number not in (10, 12, 25, 31)
    },
    **{f"exit code {code}": (f"os._exit({code})", f"exit code {code}") for code in (0, 1, 70, 74, 85, 86, 87, 88, 90)},
    "leave by sys.exit": ("sys.exit(85)", "SystemExit"),
    "leave by a text": ("sys.exit('enough')", "enough"),
    "an interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "the exit of a generator": ("raise GeneratorExit", "GeneratorExit"),
    "an exception of its own": ("class Odd(BaseException):\n    def __str__(self): raise self\nraise Odd", "Odd"),
    "an exception that does not pickle": (
        "class Odd(Exception):\n    def __reduce__(self): os._exit(3)\nraise Odd",
        "",
    ),
    "an exception's name that is no text": ("raise ValueError(os.fsdecode(b'\\xff\\xfe'))", "ValueError"),
    "stop itself": ("os.kill(os.getpid(), signal.SIGSTOP)", ANYTHING),
    "kill its group": ("os.killpg(0, 9); time.sleep(600)", "signal 9"),
    "abort": ("os.abort()", "SIGABRT"),
    "a crash": ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    "endless recursion": ("f = lambda: f()\nf()", "RecursionError"),
    "recursion without a limit": (
        "sys.setrecursionlimit(10**9); resource.setrlimit(resource.RLIMIT_AS, (1 << 28, -1))\nf = lambda n: f(n + 1)\nf(0)",
        ANYTHING,
    ),
    "another program": ("os.execv('/bin/false', ['false'])", "exit code 1"),
    "another program that ends well": ("os.execv('/bin/true', ['true'])", "exit code 0"),
    "a forked process that goes on": ("if os.fork(): os._exit(0)", "ComponentDied"),
    "children": ("for _ in range(20):\n    if os.fork() == 0:\n        time.sleep(600)", ANYTHING),
    "a daemon": (
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(600)\n    os._exit(0)",
        ANYTHING,
    ),
    "a thread that stays": ("import threading; threading.Thread(target=time.sleep, args=(600,)).start()", ANYTHING),
    "a thread that ends all": (
        "import threading; threading.Thread(target=os._exit, args=(3,)).start(); time.sleep(600)",
        "exit code 3",
    ),
    "a timer": ("signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001); time.sleep(600)", "ComponentDied"),
    "leave the directory and delete it": ("import shutil; d = os.getcwd(); os.chdir('/'); shutil.rmtree(d)", ANYTHING),
    "delete everything": ("import shutil; shutil.rmtree('.', ignore_errors=True)", ANYTHING),
    "delete everything and die": ("import shutil; shutil.rmtree('.', ignore_errors=True); os.kill(os.getpid(), 9)", ""),
    "no rights for new files": ("os.umask(0o777)", ANYTHING),
    "no modules": ("sys.modules.clear()", ANYTHING),
    "no path of modules": ("sys.path.clear(); sys.meta_path.clear(); sys.path_hooks.clear()", ANYTHING),
    "no environment": ("os.environ.clear()", ANYTHING),
    "another environment": ("os.environ = {}", ANYTHING),
    "no os.write": ("os.write = os.writev = os.pread = os.fstat = None", ANYTHING),
    "no os._exit": ("os._exit = os.kill = os.fork = None", ANYTHING),
    "no time": ("time.time = None", ANYTHING),
    "no pickle": ("import pickle; pickle.dumps = pickle.loads = None", ANYTHING),
    "no standard output": ("sys.stdout.close(); sys.stderr.close()", ANYTHING),
    "no streams": ("sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None", ANYTHING),
    "a stream that raises": ("sys.stdout = type('Odd', (), {'__getattr__': lambda *_: 1 / 0})()", ANYTHING),
    "a session of its own": ("os.setsid() if os.getpid() != os.getpgid(0) else os.setpgid(0, 0)", ANYTHING),
    "another user": ("os.setuid(65534)", ANYTHING),
    "another root": ("os.chroot('.')", ANYTHING),
    "no garbage collection": ("import gc; gc.disable(); gc.freeze(); gc.set_threshold(0)", ANYTHING),
    "a trace": ("sys.settrace(lambda *_: 1 / 0); f = lambda: 0\nf()", ANYTHING),
    "a profile": ("sys.setprofile(lambda *_: 1 / 0); f = lambda: 0\nf()", ANYTHING),
    "a hook of imports": ("import builtins; builtins.__import__ = None", ANYTHING),
    "an exit function that raises": ("import atexit; atexit.register(lambda: 1 / 0)", ANYTHING),
    "an exit function that dies": ("import atexit; atexit.register(os.abort)", ANYTHING),
    "faulthandler": (
        "import faulthandler; faulthandler.dump_traceback_later(0.01, exit=True); time.sleep(600)",
        "exit",
    ),
    "all signals blocked": ("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))", ANYTHING),
    "all signals ignored": ("[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 10, 12, 15, 17)]", ANYTHING),
    "children that nobody waits for": ("signal.signal(signal.SIGCHLD, signal.SIG_IGN)", ANYTHING),
    "wait for all children": ("try:\n    while True: os.wait()\nexcept ChildProcessError: pass", ANYTHING),
    "a result that does not pickle": ("answer = lambda: open", ANYTHING),
    "a result that dies when pickled": (
        "class Odd:\n    def __reduce__(self): os._exit(4)\nanswer = Odd()",
        "exit code 4",
    ),
    "a result that raises when pickled": (
        "class Odd:\n    def __reduce__(self): 1 / 0\nanswer = Odd()",
        "ZeroDivision",
    ),
    "a result that raises when unpickled": (
        "class Odd:\n    def __reduce__(self): return int, ('x',)\nanswer = Odd()",
        "",
    ),
    "a result that is deep": ("answer = []\nfor _ in range(100_000): answer = [answer]", ANYTHING),
    "a large result": ("answer = bytes(30_000_000)", ANYTHING),
    "much output": ("for _ in range(300): print('x' * 100_000)", ANYTHING),
    "output that is no text": ("os.write(1, bytes(range(256))); os.write(2, bytes(range(256)))", ANYTHING),
    "cut its own output": ("print('x' * 1000, flush=True); os.truncate('_htmap_return/stdout', 0)", ANYTHING),
    "the archive replaced": ("[os.unlink(n) for n in os.listdir() if n.endswith(('.pyz', '.exe'))]", ANYTHING),
    "the function replaced": ("open('_htmap_function', 'w').close()", ANYTHING),
    "a fifo for the results": ("os.unlink('_htmap_return/result'); os.mkfifo('_htmap_return/result')", ANYTHING),
    "a link for the results": (
        "os.unlink('_htmap_return/result'); os.symlink('/etc/passwd', '_htmap_return/result')",
        "",
    ),
    "a link for the directory": (
        "import shutil; shutil.rmtree('_htmap_return'); os.symlink('/tmp', '_htmap_return')",
        "",
    ),
    "a file for the directory": ("import shutil; shutil.rmtree('_htmap_return'); open('_htmap_return', 'w')", ANYTHING),
}

WAYS = {**FIRST, **OTHERS}


def function() -> Callable[[tuple[str, str]], object]:
    """Return the function of a map of such programs. Its argument is a name and a program, empty for one that does no harm."""

    def run(task: tuple[str, str]) -> object:
        import os
        import resource
        import signal
        import sys
        import time

        name, program = task
        known = {"os": os, "resource": resource, "signal": signal, "sys": sys, "time": time, "answer": name}
        exec(program, known)
        return known["answer"]

    return run
