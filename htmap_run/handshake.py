"""Decide whether this Python may run the function, before anything is unpickled.

Code pickled by value is byte code. Another minor version or implementation of Python crashes on it, or silently computes wrong
results. So this module first compares this Python's versions with those of the submit side.
"""

from __future__ import annotations

import os
import sys

from htmap_run import versions

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Optional

_IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}  # platform's names, without its import


class Refused(Exception):
    """The execute side's Python does not fit the code; nothing was run.

    :ivar text: the mismatch.
    :ivar advice: what the user can do.
    """

    def __init__(self, text: str, advice: str) -> None:
        self.text = text
        self.advice = advice
        super().__init__(text, advice)

    def __str__(self) -> str:
        return self.text


def implementation() -> str:
    """Return the name of this Python's implementation, as :func:`platform.python_implementation` spells it."""
    return _IMPLEMENTATIONS.get(sys.implementation.name, sys.implementation.name)


def runtime_facts() -> dict[str, str]:
    """Return this Python's versions and path, for the result file."""
    return {
        "python": _dotted(sys.version_info[:3]),
        "implementation": implementation(),
        "executable": sys.executable or "",
        "cloudpickle": versions.CLOUDPICKLE,
        "htmap": versions.HTMAP,
    }


def differs(index: Mapping[str, Any]) -> bool:
    """Return whether code pickled by value on the submit side must not run here.

    :param index: the index of ``_htmap_function``.
    """
    return (
        list(index["python"][:2]) != list(sys.version_info[:2])
        or index["implementation"].lower() != implementation().lower()
        or _major(index["cloudpickle"]) != _major(versions.CLOUDPICKLE)
    )


def refusal(index: Mapping[str, Any]) -> Optional[Refused]:
    """Return the reason why this Python must not run the function; None if it may.

    If the user allowed the mismatch, each input and each result is checked by itself: see :mod:`htmap_run.pickling`.

    :param index: the index of ``_htmap_function``.
    """
    if not differs(index) or (index["allow_mismatch"] and not index["by_value"]):
        return None
    return Refused(mismatch(index), _advice(index))


def mismatch(index: Mapping[str, Any]) -> str:
    """Return a text with both sides' versions, the executable and the host."""
    here = runtime_facts()
    return (
        f"the function was pickled by {index['implementation']} {_dotted(index['python'])} "
        f"(cloudpickle {index['cloudpickle']}), but this job found {here['implementation']} {here['python']} "
        f"(cloudpickle {here['cloudpickle']}) at {here['executable'] or 'an unknown path'} on {os.uname().nodename}. "
        "Code of one Python version crashes or miscalculates on another, so nothing was run"
    )


def _advice(index: Mapping[str, Any]) -> str:
    wanted = f"{index['implementation']} {_dotted(index['python'][:2])}"
    choose = f"Pick a delivery method or an image that brings {wanted}, or submit from the Python version there"
    if index["allow_mismatch"]:
        return (
            f"{choose}. ALLOW_PYTHON_MISMATCH is set, but this function travels by value: move it into a module that "
            "is installed on both sides, so that it is imported there."
        )
    return (
        f"{choose}. If the function is in a module that is installed on both sides, it is imported there and not sent: then "
        "set ALLOW_PYTHON_MISMATCH."
    )


def _dotted(version: Any) -> str:
    return ".".join(str(part) for part in version)


def _major(version: str) -> str:
    return version.partition(".")[0]
