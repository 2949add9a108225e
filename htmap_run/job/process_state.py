"""The state of the process that Python and the system keep for all components of a job, and that can be put back.

Each :class:`Part` reads one piece of it as a value, and writes it back. All are read after each component, so reading is cheap:
``_signal`` is the module behind ``signal``, which would make an enum of each number. Some of it only a module of the standard
library can change, and extensions that are not Python's own.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import builtins
import faulthandler
import functools
import gc
import os
import resource
import signal
import sys
import time

from htmap_run.reports.capture import is_foreign_extension

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, Callable


class Part:
    """One piece of the state.

    :ivar read: returns its value, which later changes leave alone. A tuple or a dictionary has several that change by themselves.
    :ivar write: puts a value back.
    """

    __slots__ = ("read", "write")

    def __init__(self, read: Callable[[], Any], write: Callable[[Any], Any]) -> None:
        self.read = read
        self.write = write


def parts() -> list[Part]:
    """Return the parts that every process has; what takes effect in our own code comes first."""
    return [
        Part(_Builtins().are_there, _put_builtins_back),
        Part(lambda: __name__ in sys.modules, lambda _: None),  # whoever has emptied that needs another process
        Part(sys.gettrace, sys.settrace),
        Part(sys.getprofile, sys.setprofile),
        Part(_umask, os.umask),
        Part(lambda: id(os.environ), lambda _: setattr(os, "environ", _ENVIRON)),  # to compare two takes 100 us
        Part(_environment, _set_environment),
        *(_list(sys, name) for name in ("path", "argv", "meta_path")),
        _attributes(sys, "stdin", "excepthook", "displayhook", "unraisablehook", "breakpointhook", "tracebacklimit"),
        Part(sys.getrecursionlimit, sys.setrecursionlimit),
        Part(sys.getswitchinterval, sys.setswitchinterval),
        Part(gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
        *(
            [Part(gc.get_threshold, lambda value: gc.set_threshold(*value))] if hasattr(gc, "get_threshold") else []
        ),  # not PyPy
        Part(faulthandler.is_enabled, lambda on: faulthandler.enable(2) if on else faulthandler.disable()),
    ]


def parts_of(module: str) -> list[Part]:
    """Return the parts that a module of the standard library keeps, which is imported already."""
    return [part() for part in _OF_MODULES.get(module, ())]


def disarm(signals: bool) -> None:
    """Stop the timers whose signals would interrupt our code, or the next component.

    :param signals: whether there may be any but that of ``faulthandler``.
    """
    if signals:
        _signal.alarm(0)  # and ITIMER_REAL
        for timer in _TIMERS:
            if _signal.getitimer(timer)[0]:
                _signal.setitimer(timer, 0)
        _signal.set_wakeup_fd(-1)
    faulthandler.cancel_dump_traceback_later()


def may_act_without_them() -> bool:
    """Return whether code is loaded that may do what the modules in :data:`HIDDEN` do, without them."""
    return "ctypes" in sys.modules or any(is_foreign_extension(module) for module in tuple(sys.modules.values()))


# Numbers, because each use of an enum's member costs half a microsecond.
_TIMERS = tuple(map(int, (signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)))
_SIGNALS = tuple(number for number in range(1, 32) if number not in (signal.SIGKILL, signal.SIGSTOP))
_LIMITS = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)
_HARD_LIMITS = (*_LIMITS, resource.RLIMIT_DATA, resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_STACK)
_ENVIRON = os.environ  # which the user's code may replace


_BUILTINS = vars(builtins).copy()


class _Builtins:
    """Python's own functions, such as ``open``; more names may be added to them."""

    def __init__(self) -> None:
        self._last = (*vars(builtins).values(),)

    def are_there(self) -> bool:
        """Return whether they are as they were. Where nothing was added, one look tells."""
        now = (*vars(builtins).values(),)
        if now == self._last:
            return True
        are_there = all(vars(builtins).get(name) is value for name, value in _BUILTINS.items())
        if are_there:
            self._last = now
        return are_there


def _put_builtins_back(_: object) -> None:
    vars(builtins).update(_BUILTINS)


def _attributes(module: Any, *names: str) -> Part:
    """Return the part of some attributes; what is None, here or there, may as well be missing."""

    def write(values: Any) -> None:
        for name, value in zip(names, values):
            if value is not None:
                setattr(module, name, value)
            elif name in vars(module):
                delattr(module, name)

    get = vars(module).get
    return Part(lambda: (*map(get, names),), write)


def _list(owner: Any, name: str) -> Part:
    def write(values: list[Any]) -> None:
        setattr(owner, name, [*values])

    return Part(lambda: [*getattr(owner, name)], write)


def _handlers_of_signals() -> Part:
    return Part(_handlers, _set_handlers)


def _blocked_signals() -> Part:
    # A set of numbers; `signal` would make an enum of each.
    read = functools.partial(_signal.pthread_sigmask, _signal.SIG_BLOCK, ())
    return Part(read, functools.partial(_signal.pthread_sigmask, _signal.SIG_SETMASK))


def _soft_limits() -> Part:
    return Part(_limits, _set_soft_limits)


def _hard_limits() -> Part:
    return Part(lambda: [resource.getrlimit(kind)[1] for kind in _HARD_LIMITS], lambda _: None)


def _handlers() -> tuple[Any, ...]:
    return (*map(_signal.getsignal, _SIGNALS),)


def _set_handlers(handlers: tuple[Any, ...]) -> None:
    for number, handler in zip(_SIGNALS, handlers):
        if handler is not None and _signal.getsignal(number) is not handler:  # None was set from C
            _signal.signal(number, handler)


def _limits() -> tuple[Any, ...]:
    return (*map(resource.getrlimit, _LIMITS),)


def _set_soft_limits(limits: tuple[Any, ...]) -> None:
    """Set each as far up as the hard limit allows, which cannot be raised again if a function has lowered it."""
    for kind, (soft, _) in zip(_LIMITS, limits):
        now, hard = resource.getrlimit(kind)
        is_too_high = hard != resource.RLIM_INFINITY and (soft == resource.RLIM_INFINITY or soft > hard)
        wanted = hard if is_too_high else soft
        if now != wanted:
            resource.setrlimit(kind, (wanted, hard))


def _umask() -> int:
    umask = os.umask(0o077)  # there is no other way to read it
    os.umask(umask)
    return umask


def _environment() -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = vars(_ENVIRON)["_data"].copy()  # the public ways decode it all, which takes 30 us
    found.pop(b"HTMAP_COMPONENT", None)  # each component has another
    return found


def _set_environment(saved: dict[bytes, bytes]) -> None:
    now = _environment()
    for name in now.keys() - saved.keys():
        del os.environb[name]
    for name, value in saved.items():
        if now.get(name) != value:
            os.environb[name] = value
    if now.get(b"TZ") != saved.get(b"TZ"):
        time.tzset()


def _warning_filters() -> Part:
    import warnings

    def write(filters: list[Any]) -> None:
        warnings.filters[:] = filters  # type: ignore[index]  # a list, whatever its declaration says
        with warnings.catch_warnings():  # its end makes the filters take effect
            pass

    return Part(lambda: [*warnings.filters], write)


def _showwarning() -> Part:
    import warnings

    part = _attributes(warnings, "showwarning", "formatwarning")

    def write(value: Any) -> None:
        if "logging" in sys.modules:
            sys.modules["logging"].captureWarnings(False)  # or it would believe that it has them already
        part.write(value)

    return Part(part.read, write)


def _loggers() -> Part:
    import logging

    def read() -> dict[str, tuple[Any, ...]]:
        root = logging.root
        found = {name: _of_logger(each) for name, each in root.manager.loggerDict.items() if hasattr(each, "handlers")}
        return {**found, "": _of_logger(root)}

    def write(saved: dict[str, tuple[Any, ...]]) -> None:
        for name, now in read().items():
            wanted = saved.get(name, _NEW_LOGGER)
            if now != wanted:
                logger = logging.getLogger(name or None)
                handlers, level, logger.propagate, logger.disabled = wanted
                logger.handlers[:] = handlers
                logger.setLevel(level)

    return Part(read, write)


_NEW_LOGGER = ((), 0, True, False)


def _of_logger(logger: Any) -> tuple[Any, ...]:
    return (*logger.handlers,), logger.level, logger.propagate, logger.disabled


def _logging_disabled() -> Part:
    import logging

    return Part(lambda: logging.root.manager.disable, logging.disable)


def _locale() -> Part:
    import locale

    return Part(lambda: locale.setlocale(locale.LC_ALL), lambda value: locale.setlocale(locale.LC_ALL, value))


def _timeout_of_sockets() -> Part:
    import socket

    return Part(socket.getdefaulttimeout, socket.setdefaulttimeout)


def _excepthook_of_threads() -> Part:
    import threading

    return _attributes(threading, "excepthook")


_OF_MODULES: dict[str, tuple[Callable[[], Part], ...]] = {
    "locale": (_locale,),
    "logging": (_loggers, _logging_disabled),
    "resource": (_soft_limits, _hard_limits),
    "signal": (_handlers_of_signals, _blocked_signals),
    "socket": (_timeout_of_sockets,),
    "threading": (_excepthook_of_threads,),
    "warnings": (_warning_filters, _showwarning),
}
MODULES = frozenset(_OF_MODULES)
"""The names of the modules that have parts."""

HIDDEN = frozenset(("resource", "signal", "ctypes", "_ctypes"))
"""The modules that can change state which nothing else of Python can, and that the runner itself imports before user code."""
