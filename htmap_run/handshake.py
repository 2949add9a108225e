"""Decide, before anything is unpickled, whether this Python may run the function.

Code pickled by value is byte code: another minor version or implementation of Python crashes on it, or computes wrong
results without a sign. So the versions that the submit side wrote down are compared first.
"""

from __future__ import annotations

import os
import sys

from htmap_run import versions

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Optional

_IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}  # platform's names, without its import


class Refused(Exception):
    """The execute side does not fit the code; nothing was run.

    :ivar text: what does not fit.
    :ivar advice: what the user can do about it.
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
    """Return what this Python is, for the result file."""
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
    """Return why this Python must not run the function at all, or None where it may.

    Where the mismatch is allowed, inputs and results are looked at one by one: see :mod:`htmap_run.pickling`.

    :param index: the index of ``_htmap_function``.
    """
    if not differs(index) or (index["allow_mismatch"] and not index["by_value"]):
        return None
    return Refused(mismatch(index), _advice(index))


def mismatch(index: Mapping[str, Any]) -> str:
    """Return one sentence with both sides' versions, the executable and the host."""
    here = runtime_facts()
    return (
        f"the function was pickled by {index['implementation']} {_dotted(index['python'])} "
        f"(cloudpickle {index['cloudpickle']}), but this job got {here['implementation']} {here['python']} "
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
        f"{choose}; or, for a function in a module that is installed on both sides (it is imported there, not sent), "
        "set ALLOW_PYTHON_MISMATCH."
    )


def _dotted(version: Any) -> str:
    return ".".join(str(part) for part in version)


def _major(version: str) -> str:
    return version.partition(".")[0]
