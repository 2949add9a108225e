"""The environment variable that tells which component runs, also to child processes."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any

_NAME = b"HTMAP_COMPONENT"
_MANY = 5000  # values, before it pays to import ctypes, which takes 10 ms


class ComponentVariable:
    """Sets the variable for one component after the other.

    The C library keeps each value that a variable ever had, because somebody may still have a pointer to it: those of a million
    components take 65 MB. So after many, the last value is written over.
    """

    def __init__(self) -> None:
        self._count = 0
        self._ctypes: Any = None
        self._getenv: Any = None

    def set(self, component: int) -> None:
        """Set it to the number of a component."""
        value = b"%d" % component
        self._count += 1
        if self._count <= _MANY or not self._is_written_over(value):
            os.environb[_NAME] = value

    def _is_written_over(self, value: bytes) -> bool:
        """Put *value* in the place of the last one, if it is no longer than that."""
        if self._ctypes is None:
            import ctypes

            self._ctypes, self._getenv = ctypes, ctypes.CDLL(None).getenv
            self._getenv.restype = ctypes.c_void_p
        place = self._getenv(_NAME)
        if not place or len(self._ctypes.string_at(place)) < len(value):
            return False
        self._ctypes.memmove(place, value + b"\0", len(value) + 1)
        vars(os.environb)["_data"][_NAME] = value  # os.environ shares it
        return True
