"""What a worker has not yet written into the results, in memory that all processes of the job share.

To write a frame takes the system ten microseconds and more, which is much for a component that takes one. So the ends of quick
components are written together. Until then they are here, where the supervising process finds them when the worker has died, of
whatever. Here is also which component runs: it would be another frame for each. What must be told on a full disk, without
descriptors or against limits stands here, too: how long the file of results is, and why a worker cannot go on.

The fields are written one by one, each by one store of eight bytes, in an order in which a worker may be killed between any two.
``struct`` would not do: it fills all fields with zeros first, so a component 0 would seem to run, and nothing to be there.
"""

from __future__ import annotations

import mmap

from htmap_run.journal.trouble import Trouble

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, Optional

SIZE = 256 * 1024
"""The bytes of frames that there is room for."""

_FIELDS = 10
_USED, _START, _STDOUT, _STDERR, _COMPONENT, _SIZE, _WORKER, _FIRST, _NUMBER, _TOLD = range(_FIELDS)  # their places
_TEXT, _TEXT_SIZE = _FIELDS * 8, 8192  # the place of the text, in bytes
_FRAMES = _TEXT + _TEXT_SIZE  # the place of the first frame
_NONE = -1


class Pending:
    """Frames that are not in the file yet, and the component that has begun."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _FRAMES + SIZE)
        fields = memoryview(self._memory)[:_TEXT]
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
    def size(self) -> int:
        """How many bytes the file of results has, unless somebody else has changed it."""
        return self._numbers[_SIZE]

    @size.setter
    def size(self, size: int) -> None:
        self._numbers[_SIZE] = size

    @property
    def worker(self) -> int:
        """The number of the worker process; 0 if there is none."""
        return self._numbers[_WORKER]

    @property
    def first(self) -> int:
        """The first component of the last worker."""
        return self._numbers[_FIRST]

    def enter(self, worker: int, first: int) -> None:
        """Note that a worker begins, and with which component; also that there is none any more, by its number 0."""
        self._numbers[_FIRST] = first
        self._numbers[_WORKER] = worker

    def tell(self, trouble: Trouble) -> None:
        """Note why the worker cannot go on."""
        data = trouble.text.encode("utf-8", "backslashreplace")[:_TEXT_SIZE]
        self._memory[_TEXT : _TEXT + len(data)] = data
        self._numbers[_NUMBER] = trouble.number
        self._numbers[_TOLD] = len(data)  # from now on it counts

    def take_trouble(self) -> Optional[Trouble]:
        """Return why the last worker could not go on, once; None if it could."""
        size, self._numbers[_TOLD] = self._numbers[_TOLD], 0
        if not size:
            return None
        return Trouble(self._numbers[_NUMBER], self._memory[_TEXT : _TEXT + size].decode("utf-8", "replace"))

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
