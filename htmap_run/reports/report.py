"""Describe an exception as data: text, frames with their local variables, packages, and advice.

Any machine can read the report, without unpickling. Nothing here may fail because of the user's objects: the ``__str__`` of an
exception may raise, and the ``__repr__`` of a local variable may never end.
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback

from htmap_run.reports import surroundings
from htmap_run.reports.host import needs_memory, own_peak
from htmap_run.reports.local_values import LocalValues

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType
    from typing import Any, Optional

OUR_FILES = "<htmap>/"
"""The prefix of the file names of the archive's precompiled modules: see :mod:`htmap_core.submission.archive`."""

_FIRST_FRAMES, _LAST_FRAMES = 10, 40
_RELATED = 16  # the exceptions, besides the one that was raised, whose local variables are shown
_SECONDS_FOR_LOCALS = 3.0
_TEXT_LENGTH = 256 * 1024


def describe(error: BaseException, archive: str, scratch: str) -> dict[str, Any]:
    """Return the report of *error*, ready for the index of a result file.

    :param error: the exception that a component raised.
    :param archive: the path of the archive or folder that the runner is in; its frames are left out.
    :param scratch: the job's scratch directory, whose files are listed.
    """
    values = LocalValues(_SECONDS_FOR_LOCALS)
    # To read the packages' metadata takes six megabytes, and what the function keeps is in the frames of its error still.
    is_short_of_memory = issubclass(type(error), MemoryError)
    return {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "message": _cut(_text_of(error)),
        "text": _cut(_summary(error)),
        "traceback": _cut(_traceback(error, archive)),
        "frames": _frames(error, archive, values),
        "related": _related(error, archive, values),
        "packages": surroundings.packages_by_folder() if is_short_of_memory else surroundings.packages(),
        "scratch": surroundings.scratch_listing(scratch),
        "advice": None,
    }


def briefly(error: BaseException, failure: BaseException) -> dict[str, Any]:
    """Return a short report that needs hardly any memory, for use when :func:`describe` failed.

    :param error: the exception that a component raised.
    :param failure: the exception that :func:`describe` raised.
    """
    text = f"{type(error).__qualname__}: {_text_of(error)}"
    return {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "message": _text_of(error),
        "text": text,
        "traceback": f"{text}\n(there is no traceback: describing the error raised {type(failure).__qualname__})\n",
        "frames": [],
        "related": [],
        "packages": [],
        "scratch": [],
        "advice": None,
    }


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as raised:  # a user's __str__ may raise anything; the text says so
        return f"<its str() raised {type(raised).__qualname__}>"


def _summary(error: BaseException) -> str:
    """Return the last line or lines of a traceback: ``ZeroDivisionError: division by zero``."""
    try:
        return "".join(traceback.format_exception_only(type(error), error)).strip()
    except BaseException:  # a user's class may break the formatting; then plain text must do
        return f"{type(error).__qualname__}: {_text_of(error)}"


def _traceback(error: BaseException, archive: str) -> str:
    """Return the traceback as Python prints it, with causes, contexts and groups, but without the runner's frames."""
    try:
        formatted = traceback.TracebackException(type(error), error, error.__traceback__)
        _drop_our_frames(formatted, archive)
        return "".join(formatted.format())
    except BaseException as raised:  # a user's class may break the formatting; the text says so
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


def _related(error: BaseException, archive: str, values: LocalValues) -> list[dict[str, Any]]:
    """Return text and frames of the causes, contexts and members of *error*, and of theirs. What was not raised has no frames."""
    found: list[Any] = [error]
    for each in found:  # which grows meanwhile
        context = None if each.__suppress_context__ else each.__context__
        near = (other for other in (each.__cause__, context, *_members(each)) if issubclass(type(other), BaseException))
        known = {id(other) for other in found}
        new = {id(other): other for other in near if id(other) not in known}
        found += list(new.values())[: _RELATED - len(found) + 1]
    return [{"text": _cut(_summary(each)), "frames": _frames(each, archive, values)} for each in found[1:]]


def _members(error: BaseException) -> Iterable[Any]:
    """Return the members of a group, from before Python 3.11 too; of any other exception what it has by that name."""
    try:
        members = error.exceptions  # type: ignore[attr-defined]
    except BaseException:  # there are none, or a user's class raises anything
        return ()
    return members if type(members) in (tuple, list) else ()


def _frames(error: BaseException, archive: str, values: LocalValues) -> list[dict[str, Any]]:
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
    """Return what the user can do about *error*, if that is known.

    :param error: the exception that was raised.
    :param doing: what the runner was doing then, such as "unpickling the function".
    """
    kind = type(error)  # isinstance() would ask the user's object, which may answer with anything
    name = getattr(error, "name", None) if issubclass(kind, ImportError) else None
    if name and (issubclass(kind, ModuleNotFoundError) or _is_of_htmap(name)):
        return _on_module(name)
    if (lacking := _only_there(error)) is not None:
        return lacking
    if issubclass(kind, MemoryError):
        return f"It ran out of memory: {needs_memory(own_peak())}"
    if doing.startswith("unpickling"):
        if issubclass(kind, AttributeError) and "module '__main__'" in _text_of(error):
            return (
                f"This happened while {doing}: it names something of the script, and the execute node has no such name in "
                "its own `__main__`. Define it inside the function, or in a module that is there, such as a file in "
                "`fixed_input_files`."
            )
        return f"This happened while {doing}: probably a module has another version there than on the submit side."
    return None


def _is_of_htmap(name: str) -> bool:
    return name.partition(".")[0] == "htmap"


def _on_module(name: str) -> str:
    if _is_of_htmap(name):
        return (
            "On the execute node, `htmap` has only the names that functions use there (mapped, MapOptions, settings, "
            "TransferPath, checkpoint, transfer_output_files). Import the others inside code that runs on the submit side."
        )
    # The submit side adds how to send a module of the user's own: it knows where that module is.
    return (
        f"The Python of the execute node ({sys.executable}) has no module {name!r}. Install it there, or pick a delivery "
        "method or an image that has it."
    )


_NO_INPUT = "EOF when reading a line"


def _only_there(error: BaseException) -> Optional[str]:
    """Return what to do if *error* is about something that the submit side alone has: its environment, or a terminal."""
    if issubclass(type(error), KeyError) and (variable := _missing_variable(error)) is not None:
        return (
            "A job has no environment variables of the machine that submitted it. Send this one with "
            f"map_options=htmap.MapOptions(environment={{{variable!r}: ...}}), or give the function the value as an argument."
        )
    if issubclass(type(error), EOFError) and _text_of(error) == _NO_INPUT:
        return (
            "A job has no terminal, and nobody answers `input()` there. Give the function what it needs as an argument."
        )
    return None


def _missing_variable(error: BaseException) -> Optional[str]:
    """Return the environment variable that is missing according to *error*; None if it is about anything else."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_code is not type(os.environ).__getitem__.__code__:
        return None
    key = trace.tb_frame.f_locals.get("key")
    return key if type(key) is str else None


def _cut(text: str) -> str:
    """Return *text*; if it is very long, without its middle, because the end of a traceback says most."""
    if len(text) <= _TEXT_LENGTH:
        return text
    half = _TEXT_LENGTH // 2
    return f"{text[:half]}\n... {len(text) - _TEXT_LENGTH} characters left out ...\n{text[-half:]}"


def names_of_classes(error: BaseException) -> list[str]:
    """Return the names of the classes of an exception, its own first; those that Python has built in are without a module."""
    found = (each for each in type(error).__mro__ if each is not object)
    return [f"{'' if each.__module__ == 'builtins' else f'{each.__module__}.'}{each.__qualname__}" for each in found]


def missing_module(error: BaseException) -> Optional[str]:
    """Return the name of the module that is missing according to *error*; None if it is about something else."""
    name = getattr(error, "name", None) if type(error) is ModuleNotFoundError else None
    return name if type(name) is str else None


def missing_file(error: BaseException) -> Optional[str]:
    """Return the path of the file that is missing according to *error*; None if it is about something else."""
    path = getattr(error, "filename", None) if type(error) is FileNotFoundError else None
    return path if type(path) is str else None
