"""What a worker has not yet written into the results, in memory that it shares with the supervising process.

To write a frame takes the system ten microseconds and more, which is much for a component that takes one. So the ends of quick
components are written together. Until then they are here, where the supervising process finds them when the worker has died, of
whatever. Here is also which component runs: it would be another frame for each.

The fields are written one by one, each by one store of eight bytes, in an order in which a worker may be killed between any two.
``struct`` would not do: it fills all fields with zeros first, so a component 0 would seem to run, and nothing to be there.
"""

from __future__ import annotations

import mmap

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, Optional

SIZE = 256 * 1024
"""The bytes of frames that there is room for."""

_USED, _START, _STDOUT, _STDERR, _COMPONENT = range(5)  # the places of the fields
_FRAMES = 5 * 8  # the place of the first frame, in bytes
_NONE = -1


class Pending:
    """Frames that are not in the file yet, and the component that has begun."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _FRAMES + SIZE)
        fields = memoryview(self._memory)[:_FRAMES]
        self._numbers, self._times = fields.cast("q"), fields.cast("d")
        self._end = _FRAMES  # known to who adds; a worker begins with none
        self.forget()

    def begin(self, component: int, start: float, stdout: int, stderr: int) -> None:
        """Note that a component begins; see :meth:`.results.Results.begin`."""
        numbers = self._numbers
        self._times[_START] = start
        numbers[_STDOUT] = stdout
        numbers[_STDERR] = stderr
        numbers[_COMPONENT] = component  # the last: up to then it is the one before, which has ended

    def forget(self) -> None:
        """Forget which component has begun."""
        self._numbers[_COMPONENT] = _NONE

    @property
    def begun(self) -> Optional[dict[str, Any]]:
        """The facts of the last component that has begun, with ``component``; None if none has."""
        numbers = self._numbers
        if numbers[_COMPONENT] == _NONE:
            return None
        return {
            "component": numbers[_COMPONENT],
            "start": self._times[_START],
            "stdout": numbers[_STDOUT],
            "stderr": numbers[_STDERR],
        }

    @property
    def used(self) -> int:
        """How many bytes of frames there are."""
        return self._numbers[_USED]

    def add(self, whole: bytes) -> bool:
        """Add whole frames, and return whether there was room for them."""
        begin = self._end
        end = begin + len(whole)
        if end > _FRAMES + SIZE:
            return False
        self._memory[begin:end] = whole
        self._numbers[_USED] = end - _FRAMES  # from now on they count
        self._end = end
        return True

    def whole(self) -> bytes:
        """Return all frames."""
        return self._memory[_FRAMES : _FRAMES + self.used]

    def clear(self) -> None:
        """Forget the frames, because they are in the file."""
        self._end = _FRAMES
        self._numbers[_USED] = 0
