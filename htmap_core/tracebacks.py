"""Tracebacks that begin with the user's error: of exceptions that came from elsewhere, and without HTMap's own frames.

Nothing of Python is changed for it: no hook, and none of its tables.
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from collections.abc import Iterator
from types import CodeType, FrameType, TracebackType
from typing import Any

# Of the last two there are frames between the kernel and the line that was typed.
_HIDDEN = frozenset({"htmap", "htmap_core", "htmap_run", "IPython", "ipykernel"})
_NO_PLACE = b"\xff"  # in a table of lines since Python 3.11: eight instructions that are nowhere in the line


def made_of(stack: traceback.StackSummary) -> TracebackType | None:
    """Return a traceback with the frames of *stack*, for an exception that was raised in another process; None if it has none.

    Python shows the lines of the files here, and of files of the same name in ``sys.path``. Where those are others, it is given a
    name that no file has, since a wrong line is worse than none.
    """
    made: TracebackType | None = None
    for frame in reversed(stack):
        lineno = frame.lineno or 1
        made = TracebackType(made, _frame(_shown_name(frame), frame.name), 0, lineno)
    return made


def _shown_name(frame: traceback.FrameSummary) -> str:
    name = frame.filename
    linecache.checkcache(name)
    if name not in linecache.cache and not os.path.isfile(name):  # it comes from elsewhere: /dev/zero has no end
        return name if name.startswith("<") else f"{name} (not here)"
    here = linecache.getline(name, frame.lineno or 1).strip()
    return name if here == (frame.line or "").strip() else f"{name} (another one here)"


def _frame(filename: str, name: str) -> FrameType:
    """Return the frame of a function that does nothing but to hand out its frame."""
    code = compile("frame = get()", filename, "exec")
    names: dict[str, Any] = {"get": lambda: sys._getframe(1)}  # noqa: SLF001 -- documented, for such purposes
    exec(_named(code, name), names)
    frame: FrameType = names.pop("frame")
    names.clear()
    return frame


def _named(code: CodeType, name: str) -> CodeType:
    """Return *code* under a name, and without places in its line, which Python would underline in the user's."""
    if sys.version_info < (3, 11):
        return code.replace(co_name=name)
    return code.replace(co_name=name, co_qualname=name, co_linetable=_NO_PLACE * (len(code.co_code) // 16 + 1))


def without_ours(error: BaseException) -> list[str]:
    """Return the lines of an exception and its causes as Python shows them, the first cause first, without frames of HTMap.

    What was raised and caught within HTMap alone is left out: the exception's own text says what matters of it.
    """
    parts = []
    for each in reversed([error, *causes(error)]):
        frames = [summary for summary, module in _walk(each) if module not in _HIDDEN]
        if frames:
            parts += ["Traceback (most recent call last):", *_lines(frames)]
        if frames or each is error:
            parts += [*_text(each), ""]
    return parts[:-1]


def where_asked(error: BaseException) -> list[str]:
    """Return the frames of an exception that are neither HTMap's nor those of a shell, as Python shows them."""
    return _lines([summary for summary, module in _walk(error) if module not in _HIDDEN])


def as_shown(stack: traceback.StackSummary, text: str) -> str:
    """Return an exception with the frames of *stack* as Python shows it, without the values of variables."""
    frames = [
        f'  File "{each.filename}", line {each.lineno}, in {each.name}' + (f"\n    {each.line}" if each.line else "")
        for each in stack
    ]
    return "\n".join(["Traceback (most recent call last):", *frames, text] if frames else [text])


def trimmed(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of HTMap; None if there are no others."""
    kept: TracebackType | None = None
    for each in reversed(list(_steps(trace))):
        if _package(each.tb_frame) not in _HIDDEN:
            kept = TracebackType(kept, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return kept


def _steps(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the cause of an exception, or else what it was raised in the handling of, and theirs."""
    seen = {id(error)}
    found: BaseException | None = error
    while found is not None:
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
        if found is None or id(found) in seen:
            return
        seen.add(id(found))
        yield found


def _walk(error: BaseException) -> Iterator[tuple[traceback.FrameSummary, str]]:
    """Yield the frames of an exception, each with the package that it is of."""
    found = list(traceback.walk_tb(error.__traceback__))
    summaries = traceback.StackSummary.extract(iter(found))
    for (frame, _), summary in zip(found, summaries):
        yield summary, _package(frame)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _lines(frames: list[traceback.FrameSummary]) -> list[str]:
    return "".join(traceback.format_list(frames)).splitlines()


def _text(error: BaseException) -> list[str]:
    """Return an exception's name and text; its module is a detail of HTMap if it is one of HTMap's."""
    text = "".join(traceback.format_exception_only(type(error), error)).rstrip("\n")
    module = f"{type(error).__module__}."
    return (text[len(module) :] if module.partition(".")[0] in _HIDDEN and text.startswith(module) else text).split(
        "\n"
    )
