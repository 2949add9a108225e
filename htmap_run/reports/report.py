"""Describe an exception as data: text, frames with their local variables, packages, and what the user can do.

Read without unpickling, on any machine. Nothing here may raise because of what users raise: an exception whose
``__str__`` fails, a local variable whose ``__repr__`` never ends.
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback

from htmap_run.reports import surroundings
from htmap_run.reports.local_values import LocalValues

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Optional

OUR_FILES = "<htmap>/"
"""What the file names of the archive's precompiled modules begin with: see :mod:`htmap_core.submission.archive`."""

_FIRST_FRAMES, _LAST_FRAMES = 10, 40
_SECONDS_FOR_LOCALS = 3.0
_TEXT_LENGTH = 256 * 1024


def describe(error: BaseException, archive: str, scratch: str) -> dict[str, Any]:
    """Return the report of *error*, ready for the index of a result file.

    :param error: what a component raised.
    :param archive: where the runner itself is, to leave its own frames out.
    :param scratch: the job's scratch directory, whose files are listed.
    """
    return {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "message": _cut(_text_of(error)),
        "text": _cut(_summary(error)),
        "traceback": _cut(_traceback(error, archive)),
        "frames": _frames(error, archive),
        "packages": surroundings.packages(),
        "scratch": surroundings.scratch_listing(scratch),
        "exception": None,
        "advice": None,
    }


def briefly(error: BaseException, failure: BaseException) -> dict[str, Any]:
    """Return a report that needs next to nothing, for where :func:`describe` failed.

    :param failure: what :func:`describe` raised.
    """
    text = f"{type(error).__qualname__}: {_text_of(error)}"
    return {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "message": _text_of(error),
        "text": text,
        "traceback": f"{text}\n(no more is known: describing it raised {type(failure).__qualname__})\n",
        "frames": [],
        "packages": [],
        "scratch": [],
        "exception": None,
        "advice": None,
    }


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as raised:  # a user's __str__; that it failed is the news, and is told
        return f"<its str() raised {type(raised).__qualname__}>"


def _summary(error: BaseException) -> str:
    """Return the last line or lines of a traceback: ``ZeroDivisionError: division by zero``."""
    try:
        return "".join(traceback.format_exception_only(type(error), error)).strip()
    except BaseException:  # a user's class may break the formatting; the plain words are left then
        return f"{type(error).__qualname__}: {_text_of(error)}"


def _traceback(error: BaseException, archive: str) -> str:
    """Return the traceback, with causes, contexts and groups, as Python prints it, but without the runner's frames."""
    try:
        formatted = traceback.TracebackException(type(error), error, error.__traceback__)
        _drop_our_frames(formatted, archive)
        return "".join(formatted.format())
    except BaseException as raised:  # a user's class may break the formatting; that is told
        return f"{_summary(error)}\n(no traceback: formatting it raised {type(raised).__qualname__})\n"


def _drop_our_frames(formatted: traceback.TracebackException, archive: str) -> None:
    waiting = [formatted]
    seen = set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        each.stack[:] = [frame for frame in each.stack if not _is_ours(frame.filename, archive)]
        related = [each.__cause__, each.__context__, *(getattr(each, "exceptions", None) or ())]
        waiting.extend(other for other in related if other is not None)


def _is_ours(filename: str, archive: str) -> bool:
    return filename.startswith((OUR_FILES, archive + os.sep))


def _frames(error: BaseException, archive: str) -> list[dict[str, Any]]:
    values = LocalValues(_SECONDS_FOR_LOCALS)
    walked = [
        (frame, lineno)
        for frame, lineno in traceback.walk_tb(error.__traceback__)
        if not _is_ours(frame.f_code.co_filename, archive)
    ]
    if len(walked) > _FIRST_FRAMES + _LAST_FRAMES:
        walked = walked[:_FIRST_FRAMES] + walked[-_LAST_FRAMES:]
    return [_frame(frame, lineno, values) for frame, lineno in walked]


def _frame(frame: FrameType, lineno: int, values: LocalValues) -> dict[str, Any]:
    code = frame.f_code
    return {
        "filename": code.co_filename,
        "lineno": lineno,
        "name": getattr(code, "co_qualname", code.co_name),
        "line": _line(frame, lineno),
        "locals": values.of(frame.f_locals),
    }


def _line(frame: FrameType, lineno: int) -> Optional[str]:
    try:
        return linecache.getline(frame.f_code.co_filename, lineno, frame.f_globals).strip() or None
    except Exception:  # a module's own loader may fail to find its source; the line is a courtesy
        return None


def advice_on(error: BaseException, doing: str) -> Optional[str]:
    """Return what the user can do about *error*, where experience tells.

    :param error: what was raised.
    :param doing: what the runner was doing then, as in "unpickling the function".
    """
    kind = type(error)  # not isinstance(): that asks the object, and a user's may answer with anything
    name = getattr(error, "name", None) if issubclass(kind, ImportError) else None
    if name and name.partition(".")[0] == "htmap":
        return (
            "On the execute node `htmap` offers only what functions use there (mapped, MapOptions, settings, TransferPath, "
            "checkpoint, transfer_output_files): import the rest inside the code that runs on the submit side."
        )
    if name and issubclass(kind, ModuleNotFoundError):
        # How to send a module of the user's own, the submit side says: it knows where that is.
        return (
            f"The Python of the execute node ({sys.executable}) has no module {name!r}. Install it there, or pick a delivery "
            "method or an image that has it."
        )
    if doing.startswith("unpickling"):
        return f"This happened while {doing}: probably a module has another version here than on the submit side."
    return None


def _cut(text: str) -> str:
    """Return *text*, without its middle where it is very long: the end of a traceback says most."""
    if len(text) <= _TEXT_LENGTH:
        return text
    half = _TEXT_LENGTH // 2
    return f"{text[:half]}\n... {len(text) - _TEXT_LENGTH} characters left out ...\n{text[-half:]}"


def missing_module(error: BaseException) -> Optional[str]:
    """Return the name of the module that *error* says is not there; None where it says something else."""
    name = getattr(error, "name", None) if type(error) is ModuleNotFoundError else None
    return name if type(name) is str else None
