"""What a worker has not yet written into the results, in memory that it shares with the supervising process.

To write a frame takes the system ten microseconds and more, which is much for a component that takes one. So the ends of quick
components are written together. Until then they are here, where the supervising process finds them when the worker has died, of
whatever. Here is also which component runs: it would be another frame for each.

The fields are written one by one, each by one instruction, in an order in which a worker may be killed between any two.
"""

from __future__ import annotations

import mmap
import struct

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, Optional

SIZE = 256 * 1024
"""The bytes of frames that there is room for."""

_USED = struct.Struct("Q")  # native: other orders of bytes are written byte by byte
_BEGUN = struct.Struct("dQQq")  # the component comes last: up to then it is the one before, which has ended
_FRAMES = _USED.size + _BEGUN.size  # the place of the first one
_NONE = -1


class Pending:
    """Frames that are not in the file yet, and the component that has begun."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _FRAMES + SIZE)
        self._end = _FRAMES  # known to who adds; a worker begins with none
        self.forget()

    def begin(self, component: int, start: float, stdout: int, stderr: int) -> None:
        """Note that a component begins; see :meth:`.results.Results.begin`."""
        _BEGUN.pack_into(self._memory, _USED.size, start, stdout, stderr, component)

    def forget(self) -> None:
        """Forget which component has begun."""
        _BEGUN.pack_into(self._memory, _USED.size, 0.0, 0, 0, _NONE)

    @property
    def begun(self) -> Optional[dict[str, Any]]:
        """The facts of the last component that has begun, with ``component``; None if none has."""
        start, stdout, stderr, component = _BEGUN.unpack_from(self._memory, _USED.size)
        if component == _NONE:
            return None
        return {"component": component, "start": start, "stdout": stdout, "stderr": stderr}

    @property
    def used(self) -> int:
        """How many bytes of frames there are."""
        return int(_USED.unpack_from(self._memory)[0])

    def add(self, whole: bytes) -> bool:
        """Add whole frames, and return whether there was room for them."""
        begin = self._end
        end = begin + len(whole)
        if end > _FRAMES + SIZE:
            return False
        self._memory[begin:end] = whole
        _USED.pack_into(self._memory, 0, end - _FRAMES)  # from now on they count
        self._end = end
        return True

    def whole(self) -> bytes:
        """Return all frames."""
        return self._memory[_FRAMES : _FRAMES + self.used]

    def clear(self) -> None:
        """Forget the frames, because they are in the file."""
        self._end = _FRAMES
        _USED.pack_into(self._memory, 0, 0)
