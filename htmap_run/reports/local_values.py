"""Show the local variables of a frame safely: a ``__repr__`` may raise, take for ever, or fill the memory."""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import signal
import time
from collections import deque

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Optional

VALUE_LENGTH = 512
"""The number of characters that are shown of one value."""
VALUES = 64
"""The number of values that are shown of one frame."""

_SECONDS_EACH = 0.5
_SECONDS_AGAIN = 0.05  # after this time, a __repr__ that catches the first interruption is interrupted again
_BITS = 4 * VALUE_LENGTH  # larger numbers are not turned into digits, which takes quadratic time
_SPARE_MEMORY = 256 * 1024 * 1024


class _TooSlow(BaseException):
    """Ends a ``__repr__`` that takes too long. It is not an Exception, so that ``except Exception`` does not catch it."""


class LocalValues:
    """Turns values into short texts, all within one time budget.

    :param seconds: the budget; when it is spent, further values are not shown.
    """

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def of(self, variables: Mapping[str, Any]) -> dict[str, str]:
        """Return ``{name: text}`` for the local variables of one frame."""
        shown: dict[str, str] = {}
        with _memory_limit():
            for name, value in variables.items():
                if len(shown) == VALUES:
                    shown["..."] = f"<{len(variables) - VALUES} more>"
                    break
                shown[str(name)] = self._text(value)
        return shown

    def _text(self, value: Any) -> str:
        seconds = min(_SECONDS_EACH, self._deadline - time.monotonic())
        if seconds <= 0:
            return f"<{_type_name(value)}: not shown, because the report took too long>"
        try:
            with _time_limit(seconds):
                text = _show(value)
                return text if len(text) <= VALUE_LENGTH else text[: VALUE_LENGTH - 3] + "..."
        except _TooSlow:
            return f"<{_type_name(value)}: its repr() takes too long>"
        except BaseException as error:  # a user's __repr__ may raise anything; the text says so
            return f"<{_type_name(value)}: its repr() raised {_type_name(error)}>"


def _show(value: Any, level: int = 0) -> str:
    """Return roughly ``repr(value)``; containers are shortened before they become text, not after."""
    kind: Any = type(value)
    if issubclass(kind, int) and int.bit_length(value) > _BITS:
        return f"<{kind.__name__} of {int.bit_length(value)} bits>"
    if value is os.environ:
        return "<the environment variables>"  # they are many, and may have secrets
    if kind.__repr__ in _SLICED:
        return repr(value[: VALUE_LENGTH + 1])
    if kind.__repr__ in _CONTAINERS:
        return _show_container(value, level)
    names = _field_names(kind)
    if names is not None:
        parts = (f"{name}={_show(getattr(value, name, None), level + 1)}" for name in names[: _ITEMS[0]])
        return f"{kind.__name__}({', '.join(parts)})" if level < len(_ITEMS) else f"{kind.__name__}(...)"
    return repr(value)


def _show_container(value: Any, level: int) -> str:
    kind: Any = type(value)
    if kind in (set, frozenset) and not value:
        return f"{kind.__name__}()"
    start, end = _CONTAINERS[kind.__repr__]
    if kind not in (list, tuple, dict, set, frozenset):
        start, end = f"{kind.__name__}({start}", f"{end})"
    if level == len(_ITEMS) and len(value):
        return f"{start}...{end}"
    shown = list(itertools.islice(value, _ITEMS[level] if level < len(_ITEMS) else 0))
    parts = [_show(item, level + 1) for item in shown]
    if issubclass(kind, dict):
        parts = [f"{part}: {_show(value[key], level + 1)}" for part, key in zip(parts, shown)]
    if len(shown) < len(value):
        parts.append("...")
    return f"{start}{', '.join(parts)}{',' if kind is tuple and len(value) == 1 else ''}{end}"


_SLICED: frozenset[Any] = frozenset(each.__repr__ for each in (str, bytes, bytearray))
_CONTAINERS: dict[Any, tuple[str, str]] = {
    list.__repr__: ("[", "]"),
    tuple.__repr__: ("(", ")"),
    dict.__repr__: ("{", "}"),
    set.__repr__: ("{", "}"),
    frozenset.__repr__: ("frozenset({", "})"),
    deque.__repr__: ("[", "]"),
}
_ITEMS = (20, 6, 6, 6)  # how many items of a container are shown, by its depth


def _field_names(kind: Any) -> Optional[list[str]]:
    """Return the fields that a generated repr() shows (dataclass, attrs class, named tuple); None if it is not generated."""
    code = getattr(kind.__repr__, "__code__", None)
    if code is None:
        return None
    if "__dataclass_fields__" in kind.__dict__ and hasattr(kind.__repr__, "__wrapped__"):
        from dataclasses import fields

        return [field.name for field in fields(kind) if field.repr]
    if "__attrs_attrs__" in kind.__dict__ and code.co_filename.startswith("<attrs"):
        return [field.name for field in kind.__attrs_attrs__ if field.repr]
    if issubclass(kind, tuple) and kind.__repr__.__module__ == "collections":
        return list(kind._fields)
    return None


def _type_name(value: object) -> str:
    return type(value).__qualname__


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`_TooSlow` inside the block after *seconds*. Only Python code is interrupted: C code does not see signals."""
    armed = True

    def stop(*_: object) -> None:
        if armed:
            raise _TooSlow

    previous = signal.signal(signal.SIGALRM, stop)
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, seconds, _SECONDS_AGAIN)
    try:
        try:
            yield
        finally:
            armed = False
    finally:  # the signal may have come just before the inner block ended
        armed = False
        signal.setitimer(signal.ITIMER_REAL, remaining, interval)
        signal.signal(signal.SIGALRM, previous if previous is not None else signal.SIG_DFL)


@contextlib.contextmanager
def _memory_limit() -> Iterator[None]:
    """Let the block use only a little more memory than now: then a huge repr() raises MemoryError and does not kill the job."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(OSError, ValueError):  # there is no /proc, or the hard limit is lower
        with open("/proc/self/statm", "rb") as file:
            limit = int(file.read().split()[0]) * resource.getpagesize() + _SPARE_MEMORY
        if soft == resource.RLIM_INFINITY or limit < soft:
            resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
