"""What the components of a job leave: one file of frames, which is journal, result file, and what an eviction keeps.

While the job runs, it is the journal by which worker processes report to the supervising process, and outlives them. (A pipe
would not do: processes that the function left behind could keep it open for ever.) Its frames are, by their kinds:

- ``RUN``: a run of the job begins. Record: ``host`` (:func:`.host.host_facts`), ``runtime`` (:func:`.handshake.runtime_facts`)
  and ``job``, which identifies the job (:mod:`.eviction`). They hold for the frames up to the next such frame.
- ``BEGUN``: a component begins; earlier frames of it do not count any more. Record: ``start`` (seconds since the epoch), and in
  ``stdout`` and ``stderr`` the bytes at which its output begins in the captured files.
- ``STDOUT``, ``STDERR``: what it wrote, if anything.
- ``SURROUNDINGS``: once for a run, if a result is more than plain data. Record: what :func:`.surroundings.of_result` returns.
- ``RESULT``, ``ERROR``, ``REFUSED``: the end of a component. Record: ``start``, ``end``, ``memory_mb``; of a result ``by_value``,
  else ``error``. Payload: the pickled result, or the pickled exception, which may be missing.

``error`` is the report of :func:`.report.describe`, with three more facts: ``by_value`` says whether the pickled exception has
code by value; ``advice`` says what the user can do, if that is known; ``doing`` says what the runner was doing. If the
component's process died, there are no frames of the stack but ``tails``, the ends of its output: see :mod:`.death`.
"""

from __future__ import annotations

import contextlib
import os

from htmap_run import frames

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Optional

    from htmap_run.reports.capture import Capture


class Results:
    """The results of one job, shared by the supervising process and the workers that it forks.

    :param path: the path of the file; what an earlier run of the job has written is kept.
    :ivar ended: the kinds of the last frames of the components that have ended, by component.
    :ivar begun: the record of the component that has begun in this run and not ended, with ``component``, or None.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.ended: dict[int, bytes] = {}
        self.begun: Optional[dict[str, Any]] = None
        self._writer = frames.Writer(path)
        self._of_all: list[frames.Frame] = []
        self._of: dict[int, list[frames.Frame]] = {}
        self._read_to = 0

    # --- the worker writes

    def run(self, facts: Mapping[str, Any]) -> None:
        """Begin a run of the job."""
        self._writer.add(frames.RUN, record=facts)

    def begin(self, component: int, start: float, stdout: int, stderr: int) -> None:
        """Report that a component has begun.

        :param start: the time, in seconds since the epoch.
        :param stdout: the byte at which its standard output begins.
        :param stderr: the byte at which its standard error begins.
        """
        self._writer.add(frames.BEGUN, component, {"start": start, "stdout": stdout, "stderr": stderr})

    def add_surroundings(self, facts: Mapping[str, Any]) -> None:
        """Write down the surroundings of all components of this run."""
        self._writer.add(frames.SURROUNDINGS, record=facts)

    def end(self, component: int, kind: bytes, record: Mapping[str, Any], payload: bytes, capture: Capture) -> None:
        """Write down how a component has ended, and what it wrote since the component before.

        :param kind: one of :data:`.frames.ENDS`.
        """
        for stream, (source, begin, end) in zip((frames.STDOUT, frames.STDERR), capture.end()):
            if end > begin:
                self._writer.add_from(stream, component, source, begin, end)
        self._writer.add(kind, component, record, payload)

    def give_up(self) -> None:
        """Report that the job cannot be finished. This takes no space, because the disk may be full."""
        os.ftruncate(self._writer.descriptor, 0)

    # --- the supervisor reads

    @property
    def is_given_up(self) -> bool:
        """Whether a worker has reported that the job cannot be finished."""
        return os.fstat(self._writer.descriptor).st_size == 0

    def read(self) -> None:
        """Read what was added since the last call. What a worker's death cut short is dropped, and what is no frame.

        :raises CorruptFile: something else has written into the file.
        """
        reader = frames.Reader(self._writer.descriptor, self._read_to)
        os.ftruncate(self._writer.descriptor, reader.end)
        self._read_to = reader.end
        for frame in reader.frames:
            self._take(reader, frame)

    def _take(self, reader: frames.Reader, frame: frames.Frame) -> None:
        component = frame.component
        if frame.kind == frames.RUN:
            self.begun = None
        if frame.kind == frames.BEGUN:
            self._of[component] = []
            self.ended.pop(component, None)
            self.begun = {"component": component, **reader.record(frame)}
        elif component == frames.OF_ALL:
            self._of_all.append(frame)
        else:
            self._of.setdefault(component, []).append(frame)
            if frame.kind in frames.ENDS:
                self.ended[component] = frame.kind
                self.begun = None

    def drop(self, components: Iterable[int]) -> None:
        """Drop how some components have ended, because they run again."""
        for component in components:
            self._writer.add(frames.BEGUN, component)

    def complete(self, components: Iterable[int]) -> None:
        """Add the index of these components, and see that the file is in its place."""
        self._writer.add_index([*self._of_all, *(frame for component in components for frame in self._of[component])])
        if not os.path.lexists(self.path):  # the function has deleted it
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            copy_from(self._writer.descriptor, self.path)

    def stdout(self, component: int) -> bytes:
        """Return what a component has written to standard output."""
        reader = frames.Reader(self._writer.descriptor)
        return b"".join(reader.payload(frame) for frame in self._of[component] if frame.kind == frames.STDOUT)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()

    def remove(self) -> None:
        """Remove the file, because the job cannot finish and runs again."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)


def copy_from(descriptor: int, path: str) -> None:
    """Write the content of an open file, which may have lost its name, to *path*."""
    at = 0
    with open(path, "wb") as again:
        while piece := os.pread(descriptor, 1024 * 1024, at):
            at += again.write(piece)
