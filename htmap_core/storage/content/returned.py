"""What a job has returned: the frames that :mod:`htmap_run.journal.results` describes."""

from __future__ import annotations

import bisect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from htmap_core.exceptions import CorruptMap
from htmap_core.storage.content import shapes
from htmap_core.storage.content.formats import check_frames
from htmap_run import frames

STATUSES = {frames.RESULT: "OK", frames.ERROR: "ERR", frames.REFUSED: "REFUSED"}
_STREAMS = {"stdout": frames.STDOUT, "stderr": frames.STDERR}
_REMEDY = "Running the component again mends it: `htmap rerun components TAG {component}`"


class Returned(Protocol):
    """What a job has returned. Any number of threads may share it. Whatever is damaged raises CorruptMap when it is read."""

    @property
    def statuses(self) -> Mapping[int, str]:
        """How the components have ended, by component: ``OK``, ``ERR`` or ``REFUSED``."""

    def record(self, component: int) -> dict[str, Any]:
        """Return the facts on a component that has ended: ``start``, ``end``, ``memory_mb``, and ``error`` if it failed."""

    def run(self, component: int) -> dict[str, Any]:
        """Return the ``host`` and the ``runtime`` that it ended on."""

    def result(self, component: int) -> bytes:
        """Return its pickled result.

        :raises FileNotFoundError: it has none, because it failed.
        """

    def by_value(self, component: int) -> bool | None:
        """Return whether its pickled result has code by value; None if that was not recorded."""

    def exception(self, component: int) -> bytes:
        """Return its pickled exception; empty if that could not be pickled."""

    def output(self, component: int, stream: str) -> bytes:
        """Return what it has written to ``stdout`` or ``stderr``."""

    def surroundings(self, component: int) -> dict[str, Any]:
        """Return the surroundings of its result, such as the installed packages; empty if all results are plain data."""

    def stdout(self) -> bytes:
        """Return what all components have written to standard output, in the order in which they ran."""


class ReturnedFrames:
    """What a job has returned, from its file of frames: a :class:`Returned`.

    :raises FileNotFoundError: there is no such file.
    :raises CorruptMap: the file is damaged.
    """

    def __init__(self, path: str) -> None:
        try:
            self._file = frames.Reader(path)
        except frames.CorruptFile as error:
            check_frames(error)
            raise CorruptMap(Path(path), str(error)) from error
        self._runs: list[frames.Frame] = []
        self._facts: dict[int, dict[str, Any]] = {}  # of the runs, by their frames' offsets
        self._around: list[frames.Frame] = []
        self._ends: dict[int, frames.Frame] = {}
        self._streams: dict[tuple[int, bytes], frames.Frame] = {}
        for frame in self._file.frames:
            kind, component = frame.kind, frame.component
            if kind in frames.ENDS:
                self._ends[component] = frame
            elif kind == frames.RUN:
                self._runs.append(frame)
            elif kind == frames.SURROUNDINGS:
                self._around.append(frame)
            elif kind == frames.BEGUN:  # an earlier end of it does not count any more
                self._ends.pop(component, None)
                for stream in _STREAMS.values():
                    self._streams.pop((component, stream), None)
            else:
                self._streams[component, kind] = frame

    @property
    def statuses(self) -> Mapping[int, str]:
        """How the components have ended."""
        return {component: STATUSES[frame.kind] for component, frame in self._ends.items()}

    def record(self, component: int) -> dict[str, Any]:
        """Return what is known about a component that has ended."""
        frame = self._end(component)
        record = self._record(frame, shapes.END)
        if frame.kind != frames.RESULT and "error" not in record:
            raise self._corrupt("an error without a report", frame)
        return record

    def run(self, component: int) -> dict[str, Any]:
        """Return the host and the runtime that it ended on."""
        frame = self._before(self._runs, component)
        if frame.offset not in self._facts:
            self._facts[frame.offset] = self._record(frame, shapes.RUN)
        return self._facts[frame.offset]

    def attempt(self, component: int) -> int:
        """Return how often the job had ended before the run in which a component ended; -1 if the component has not ended."""
        if component not in self._ends:
            return -1
        job = self.run(component).get("job")
        told = str(job.get("attempt")) if isinstance(job, dict) else ""
        return int(told) if re.fullmatch(r"\d{1,9}", told, re.ASCII) else 0

    def result(self, component: int) -> bytes:
        """Return its pickled result."""
        frame = self._ends.get(component) or self._end(component)
        if frame.kind != frames.RESULT:
            raise FileNotFoundError(f"the result of component {component}")
        return self._payload(frame)

    def by_value(self, component: int) -> bool | None:
        """Return whether its pickled result has code by value."""
        return bool(self.record(component).get("by_value", True))

    def exception(self, component: int) -> bytes:
        """Return its pickled exception."""
        frame = self._end(component)
        return b"" if frame.kind == frames.RESULT else self._payload(frame)

    def output(self, component: int, stream: str) -> bytes:
        """Return what it has written to a stream."""
        self._end(component)
        frame = self._streams.get((component, _STREAMS[stream]))
        return b"" if frame is None else self._payload(frame)

    def surroundings(self, component: int) -> dict[str, Any]:
        """Return the surroundings of its result."""
        run = self._before(self._runs, component)
        found = next((frame for frame in self._around if frame.offset > run.offset), None)
        return {} if found is None else self._record(found, shapes.SURROUNDINGS)

    def stdout(self) -> bytes:
        """Return what all components have written to standard output."""
        found = [frame for (_, kind), frame in self._streams.items() if kind == frames.STDOUT]
        return b"".join(self._payload(frame) for frame in sorted(found, key=lambda frame: frame.offset))

    def _end(self, component: int) -> frames.Frame:
        found = self._ends.get(component)
        if found is None:
            raise CorruptMap(
                Path(self._file.path),
                f"is damaged: {self._file.problem or f'it was cut short, and has no component {component}'}. "
                f"{_REMEDY.format(component=component)}",
            )
        return found

    def _before(self, found: list[frames.Frame], component: int) -> frames.Frame:
        """Return the last of some frames that stand before the end of a component."""
        number = bisect.bisect([frame.offset for frame in found], self._end(component).offset)
        if number == 0:
            raise CorruptMap(Path(self._file.path), "does not tell where the job ran")
        return found[number - 1]

    def _record(self, frame: frames.Frame, shape: Any) -> dict[str, Any]:
        try:
            record = self._file.record(frame)
        except frames.CorruptFile as error:
            check_frames(error)
            raise self._corrupt(error.problem, frame) from error
        if problem := shapes.misfit(record, shape):
            raise self._corrupt(problem, frame)
        return record

    def _payload(self, frame: frames.Frame) -> bytes:
        try:
            return self._file.payload(frame)
        except frames.CorruptFile as error:
            check_frames(error)
            raise self._corrupt(error.problem, frame) from error

    def _corrupt(self, problem: str, frame: frames.Frame) -> CorruptMap:
        remedy = "" if frame.component == frames.OF_ALL else f". {_REMEDY.format(component=frame.component)}"
        return CorruptMap(Path(self._file.path), f"is damaged: {problem}{remedy}")
