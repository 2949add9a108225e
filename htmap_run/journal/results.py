"""What the components of a job leave: one file of frames, which is journal, result file, and what an eviction keeps.

While the job runs, it is the journal by which worker processes report to the supervising process, and outlives them. (A pipe
would not do: processes that the function left behind could keep it open for ever.) Its frames are, by their kinds:

- ``RUN``: a run of the job begins. Record: ``host`` (:func:`.host.host_facts`), ``runtime`` (:func:`.handshake.runtime_facts`)
  and ``job``, which identifies the job (:mod:`.eviction`). They hold for the frames up to the next such frame.
- ``BEGUN``: a component runs again; earlier frames of it do not count any more.
- ``STDOUT``, ``STDERR``: what it wrote, if anything.
- ``SURROUNDINGS``: once for a run, if a result is more than plain data. Record: what :func:`.surroundings.of_result` returns.
- ``RESULT``, ``ERROR``, ``REFUSED``: the end of a component. Record: ``start``, ``end``, ``memory_mb``; of a result ``by_value``,
  else ``error``. Payload: the pickled result, or the pickled exception, which may be missing.

``error`` is the report of :func:`.report.describe`, with four more facts: ``by_value`` says whether the pickled exception has
code by value; ``classes`` are the names of its classes; ``advice`` says what the user can do, if that is known; ``doing`` says
what the runner was doing. If the component's process died, there are no frames of the stack but ``tails``, the ends of its
output: see :mod:`.death`.
"""

from __future__ import annotations

import contextlib
import os

from htmap_run import codes, frames
from htmap_run.journal.pending import SIZE, Pending
from htmap_run.journal.safe_file import SafeFile

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Any, Optional

    from htmap_run.reports.capture import Capture

_STREAMS = (frames.STDOUT, frames.STDERR)
_PAUSE = 0.05  # seconds from one write to the next: components that take longer are written one by one
_MUCH = SIZE // 4  # bytes of output or of a payload that are written at once


class Ended:
    """How the components of a job have ended: the kinds of their last frames. Each takes one byte, so that a million take little.

    :param components: those of the job, which are near to one another.
    :ivar others: components that have ended and are not among them.
    """

    def __init__(self, components: Sequence[int]) -> None:
        self.others: set[int] = set()
        self._first = min(components)
        self._kinds = bytearray(max(components) - self._first + 1)

    def __contains__(self, component: object) -> bool:
        place = component - self._first if isinstance(component, int) else -1
        return 0 <= place < len(self._kinds) and self._kinds[place] != 0

    def __iter__(self) -> Iterator[int]:
        return (place + self._first for place, kind in enumerate(self._kinds) if kind)

    def __len__(self) -> int:
        return len(self._kinds) - self._kinds.count(0)

    def kinds(self) -> set[bytes]:
        """Return the different ends that there are."""
        return {bytes((kind,)) for kind in set(self._kinds) if kind}

    def note(self, component: int, kind: int) -> None:
        """Note how a component has ended, as a byte; 0 if it runs again."""
        place = component - self._first
        if 0 <= place < len(self._kinds):
            self._kinds[place] = kind
        else:
            self.others.add(component)


class Results:
    """The results of one job, shared by the supervising process and the workers that it forks.

    :param path: the path of the file; what an earlier run of the job has written is kept.
    :param components: the components of the job.
    :ivar components: these.
    :ivar ended: how they have ended, as far as it has been read.
    :ivar pending: what is not in the file yet, and what the processes of the job tell one another.
    """

    def __init__(self, path: str, components: Sequence[int]) -> None:
        self.path = path
        self.components = components
        self.ended = Ended(components)
        self.pending = Pending()
        self._file = SafeFile(path, self.pending)
        self._written = 0.0
        self._read_to = self._count = 0

    # --- the worker writes

    def run(self, facts: Mapping[str, Any]) -> None:
        """Begin a run of the job."""
        self._file.add(frames.RUN, record=facts)

    def begin(self, component: int, start: float, stdout: int, stderr: int) -> None:
        """Report that a component has begun.

        :param start: the time, in seconds since the epoch.
        :param stdout: the byte at which its standard output begins in the captured file.
        :param stderr: the byte at which its standard error begins.
        """
        self.pending.begin(component, start, stdout, stderr)

    def add_surroundings(self, facts: Mapping[str, Any]) -> None:
        """Write down the surroundings of all components of this run."""
        self._file.add(frames.SURROUNDINGS, record=facts)

    def end(self, component: int, kind: bytes, record: Mapping[str, Any], payload: bytes, capture: Capture) -> None:
        """Write down how a component has ended, and what it wrote since the component before.

        What quick components leave is written together: see :mod:`.pending`.

        :param kind: one of :data:`.frames.ENDS`.
        :param record: its ``end`` is the time at which the component has ended.
        """
        whole = self._output(component, capture)
        if len(payload) > _MUCH:
            self._keep(whole)
            self.flush()
            self._file.add(kind, component, record, payload)
            return
        known = _text_of_result(record) if kind == frames.RESULT and "left" not in record else record
        self._keep(whole + b"".join(frames.parts(kind, component, known, payload)))
        if not 0 <= record["end"] - self._written < _PAUSE:  # clocks may be set back
            self.flush()
            self._written = record["end"]

    def _output(self, component: int, capture: Capture) -> bytes:
        """Return the frames of what a component has written; much of it is written into the file at once."""
        whole = b""
        for stream, (source, begin, end) in zip(_STREAMS, capture.end()):
            if end - begin > _MUCH:
                self.flush()
                self._file.add_from(stream, component, source, begin, end)
            elif end > begin:
                # A function may cut the file that its output goes to: what is gone are zeros then.
                text = os.pread(source, end - begin, begin).ljust(end - begin, b"\0")
                whole += b"".join(frames.parts(stream, component, None, text))
        return whole

    def _keep(self, whole: bytes) -> None:
        if self.pending.add(whole):
            return
        self.flush()
        if not self.pending.add(whole):
            self._file.add_whole(whole)

    def flush(self) -> None:
        """Write what is pending. If this process ends in between, some of it is there twice, and the last counts."""
        if self.pending.used:
            self._file.add_whole(self.pending.whole())
            self.pending.clear()

    # --- the supervisor reads

    @property
    def begun(self) -> Optional[dict[str, Any]]:
        """The facts of the component that has begun and not ended, with ``component``, or None."""
        begun = self.pending.begun
        return None if begun is None or begun["component"] in self.ended else begun

    @property
    def running(self) -> Optional[int]:
        """The component that has begun and not ended, or None."""
        return None if (begun := self.begun) is None else begun["component"]

    def forget_begun(self) -> None:
        """Forget the component that has begun and not ended, because it runs again."""
        self.pending.forget()

    def read(self) -> None:
        """Read what was added since the last call. What a worker's death cut short is dropped, and what is no frame.

        What something else has done to the file is undone. Of what cannot be had again, it forgets that it has ended.

        :raises CorruptFile: something else has written into the file, and there is no copy of it.
        :raises OSError: what a worker left in memory cannot be written.
        """
        if self._file.mend():
            self._forget()
        try:
            self._read_written()
        except frames.CorruptFile:
            self._file.mend(anyway=True)
            self._forget()
            self._read_written()
        if self.pending.used:  # a worker may have died while it wrote them: they follow what it has written whole
            self.flush()
            self._read_written()

    def _forget(self) -> None:
        self.ended = Ended(self.components)
        self._read_to = self._count = 0

    def _read_written(self) -> None:
        reader = frames.Reader(self._file.descriptor, self._read_to, is_lazy=True)
        for kind, component, *_ in reader.walk(self._read_to):
            self._count += 1
            if kind in frames.ENDS:
                self.ended.note(component, kind[0])
            elif kind == frames.BEGUN:
                self.ended.note(component, 0)
        self._file.cut(reader.end)
        self._read_to = reader.end

    @property
    def exit_code(self) -> int:
        """The exit code that tells how the components have ended."""
        kinds = self.ended.kinds()
        if kinds <= {frames.RESULT}:
            return codes.OK
        return codes.REFUSED if kinds == {frames.REFUSED} else codes.COMPONENT_FAILED

    def give_room(self) -> None:
        """Give the room away that was kept for what must be written when the disk is full."""
        self._file.give_room()

    def drop(self, components: Iterable[int]) -> None:
        """Drop how some components have ended, because they run again."""
        for component in components:
            self._file.add(frames.BEGUN, component)

    def complete(self) -> None:
        """Add the index, and see that the file is in its place."""
        reader = frames.Reader(self._file.descriptor, is_lazy=True)
        self._file.add_index(reader.walk(), self._count)
        self.put_in_place()

    def put_in_place(self) -> None:
        """Write the file again if the function has deleted it, or put something else in its place."""
        self._file.put_in_place(self.path)

    def stdout(self, components: Collection[int]) -> Iterator[bytes]:
        """Yield what some components have written to standard output, in the order in which they ran."""
        reader = frames.Reader(self._file.descriptor, is_lazy=True)
        found: dict[int, frames.Frame] = {}
        for frame in reader.walk():
            if frame.kind == frames.BEGUN:
                found.pop(frame.component, None)
            elif frame.kind == frames.STDOUT and frame.component in components:
                found[frame.component] = frame
        return map(reader.payload, found.values())

    def raised(self) -> Iterator[Sequence[str]]:
        """Yield the names of the classes of the error of each component that has failed, its own first."""
        reader = frames.Reader(self._file.descriptor, is_lazy=True)
        failed: dict[int, frames.Frame] = {}
        for frame in reader.walk():
            if frame.kind in frames.ENDS or frame.kind == frames.BEGUN:
                failed.pop(frame.component, None)
            if frame.kind == frames.ERROR:
                failed[frame.component] = frame
        for frame in failed.values():
            yield reader.record(frame)["error"].get("classes", ())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def remove(self) -> None:
        """Remove the file, because the job cannot finish and runs again."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)


def _text_of_result(record: Mapping[str, Any]) -> bytes:
    """Return the JSON of the record of a result, whose keys are known: five times as quick as to have it made.

    Times are written as whole microseconds, because the shortest text of a float takes long to find.
    """
    by_value = b"true" if record["by_value"] else b"false"
    facts = 1e6 * record["start"] + 0.5, 1e6 * record["end"] + 0.5, record["memory_mb"], by_value
    return b'{"start":%de-6,"end":%de-6,"memory_mb":%d,"by_value":%b}' % facts
