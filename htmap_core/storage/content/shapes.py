"""The shapes of the records that jobs return. Whoever controls an execute node can write any JSON into them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_NUMBER = (int, float)
_TEXT_OR_NONE = (str, type(None))
_LATEST = 1e11  # seconds since the epoch: a time that people can be shown

_FRAME = {"filename": str, "lineno": int, "name": str, "line?": _TEXT_OR_NONE, "locals?": {}}
ERROR = {
    "text": str,
    "traceback": str,
    "frames": [_FRAME],
    "packages?": [str],
    "scratch?": [str],
    "advice?": _TEXT_OR_NONE,
    "missing_module?": _TEXT_OR_NONE,
    "doing?": _TEXT_OR_NONE,
    "by_value?": bool,
    "tails?": {"standard output?": str, "standard error?": str},
}
END = {"start": _NUMBER, "end": _NUMBER, "memory_mb": int, "by_value?": bool, "error?": ERROR}
RUN = {
    "host": {"name": str, "address": _TEXT_OR_NONE, "user": _TEXT_OR_NONE},
    "runtime": {"python": str, "executable": str},
}
SURROUNDINGS = {"packages": [str], "scratch": [str]}


def misfit(value: Any, shape: Any, name: str = "record") -> str | None:
    """Return what is wrong with a value from JSON; None if it has its shape.

    :param shape: a type or a tuple of types; a list with the shape of its items; or a dictionary with the shape of each key. The
        name of a key that may be missing ends with a question mark. Further keys may have any value.
    """
    kind: Any = type(shape) if isinstance(shape, (dict, list)) else shape
    if not isinstance(value, kind) or (isinstance(value, bool) and shape is not bool):
        return f"{name} is {type(value).__name__}"
    if shape is _NUMBER and not _is_a_time(value):
        return f"{name} is {value}"
    return next(filter(None, _misfits_in(value, shape, name)), None)


def _is_a_time(number: float) -> bool:
    return 0 <= number < _LATEST


def _misfits_in(value: Any, shape: Any, name: str) -> Iterator[str | None]:
    if isinstance(shape, list):
        yield from (misfit(item, shape[0], name) for item in value)
    elif isinstance(shape, dict):
        for key, inner in shape.items():
            plain = key.rstrip("?")
            if plain in value:
                yield misfit(value[plain], inner, plain)
            elif plain == key:
                yield f"{name} has no {key}"
