"""The shapes of the records that jobs return. Whoever controls an execute node can write any JSON into them."""

from __future__ import annotations

from typing import Any

_NUMBER = (int, float)
_TEXT_OR_NONE = (str, type(None))
_LATEST = 1e11  # seconds since the epoch: a time that people can be shown

_FRAME = {"filename": str, "lineno": int, "name": str, "line?": _TEXT_OR_NONE, "locals?": {}}
ERROR = {
    "text": str,
    "traceback": str,
    "frames": [_FRAME],
    "related?": [{"text": str, "frames": [_FRAME]}],
    "packages?": [str],
    "scratch?": [str],
    "advice?": _TEXT_OR_NONE,
    "missing_module?": _TEXT_OR_NONE,
    "missing_file?": _TEXT_OR_NONE,
    "doing?": _TEXT_OR_NONE,
    "by_value?": bool,
    "tails?": {"standard output?": str, "standard error?": str},
}
END = {"start": _NUMBER, "end": _NUMBER, "memory_mb": int, "by_value?": bool, "error?": ERROR, "left?": [str]}
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
    if isinstance(shape, dict) and isinstance(value, dict):
        return _misfit_in_object(value, shape, name)
    if isinstance(shape, list) and isinstance(value, list):
        return _misfit_in_list(value, shape[0], name)
    is_bool = value is True or value is False
    if isinstance(shape, (dict, list)) or not isinstance(value, shape) or is_bool is not (shape is bool):
        return f"{name} is {type(value).__name__}"
    if shape is _NUMBER and not 0 <= value < _LATEST:
        return f"{name} is {value}"
    return None


def _misfit_in_object(value: dict[str, Any], shape: dict[str, Any], name: str) -> str | None:
    for key, inner in shape.items():
        if type(value.get(key)) is inner:  # most values, without more calls
            continue
        plain = key.rstrip("?")
        if plain in value:
            if (problem := misfit(value[plain], inner, plain)) is not None:
                return problem
        elif plain == key:
            return f"{name} has no {key}"
    return None


def _misfit_in_list(value: list[Any], shape: Any, name: str) -> str | None:
    for item in value:
        if (problem := misfit(item, shape, name)) is not None:
            return problem
    return None
