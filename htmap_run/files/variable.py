"""The environment variable that tells which component runs, also to child processes."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any

_NAME = b"HTMAP_COMPONENT"
_MANY = 5000  # values, for which it pays to import ctypes, which takes 10 ms


class ComponentVariable:
    """Sets the variable for one component after the other.

    The C library keeps each value that a variable ever had, because somebody may still have a pointer to it: those of a million
    components take 65 MB. So where there are many, the last value is written over.
    """

    def __init__(self) -> None:
        self._ctypes: Any = None
        self._getenv: Any = None
        self._value = b""
        self._room = 0

    def expect(self, components: int) -> None:
        """Prepare for so many components."""
        if components > _MANY:
            import ctypes

            self._ctypes, self._getenv = ctypes, ctypes.CDLL(None).getenv
            self._getenv.restype = ctypes.c_void_p

    def set(self, component: int) -> None:
        """Set it to the number of a component."""
        value = b"%d" % component
        if self._ctypes is None or not self._is_written_over(value):
            os.environb[_NAME] = value

    def _is_written_over(self, value: bytes) -> bool:
        """Put *value* in the place of the last one, if it is no longer than that."""
        place = self._getenv(_NAME)
        if not place:
            return False
        values = vars(os.environb)["_data"]  # os.environ shares it
        if values.get(_NAME) is not self._value:  # somebody has set it anew, so it may be in another place
            self._room = len(self._ctypes.string_at(place))
        if len(value) > self._room:
            return False
        self._ctypes.memmove(place, value + b"\0", len(value) + 1)
        values[_NAME] = self._value = value
        return True
