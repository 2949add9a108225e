"""Reads and writes the results of a job, for tests of either side."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from htmap_run import frames

_STATUSES = {frames.RESULT: "OK", frames.ERROR: "ERR", frames.REFUSED: "REFUSED"}
_STREAMS = {"stdout": frames.STDOUT, "stderr": frames.STDERR}
RUNTIME = {"executable": "/usr/bin/python3", "python": "3.11.7", "implementation": "CPython"}
HOST = {"name": "wn042", "address": "10.0.0.42", "user": "ada"}


class Returned:
    """The frames that count in a file of results."""

    def __init__(self, path: Path) -> None:
        self._reader = frames.Reader(path)
        self.runs: list[dict[str, Any]] = []
        self.surroundings: list[dict[str, Any]] = []
        self._of: dict[int, dict[bytes, frames.Frame]] = {}
        for frame in self._reader.frames:
            if frame.kind == frames.RUN:
                self.runs.append(self._reader.record(frame))
            elif frame.kind == frames.SURROUNDINGS:
                self.surroundings.append(self._reader.record(frame))
            elif frame.kind == frames.BEGUN:
                self._of[frame.component] = {}
            else:
                self._of.setdefault(frame.component, {})[frame.kind] = frame

    @property
    def components(self) -> list[int]:
        return [component for component, found in self._of.items() if found.keys() & frames.ENDS]

    def _end(self, component: int) -> frames.Frame:
        (end,) = (frame for kind, frame in self._of[component].items() if kind in frames.ENDS)
        return end

    def record(self, component: int = 0) -> dict[str, Any]:
        end = self._end(component)
        return {"status": _STATUSES[end.kind], **self._reader.record(end)}

    def payload(self, component: int = 0) -> bytes:
        return self._reader.payload(self._end(component))

    def output(self, stream: str, component: int = 0) -> str:
        frame = self._of[component].get(_STREAMS[stream])
        return "" if frame is None else self._reader.payload(frame).decode()


def write_results(
    path: Path,
    ends: Mapping[int, Any],
    *,
    python: str = "3.11.7",
    stdout: Mapping[int, str] | None = None,
    index: bool = True,
) -> None:
    """Write what a job leaves.

    :param ends: the result of each component, or the ``error`` of its record, as :class:`Error`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with frames.Writer(path) as writer:
        writer.add(frames.RUN, record={"job": {}, "host": HOST, "runtime": {**RUNTIME, "python": python}})
        for component, end in ends.items():
            if text := (stdout or {}).get(component):
                writer.add(frames.STDOUT, component, payload=text.encode())
            record = {"start": 1.0, "end": 2.5, "memory_mb": 7}
            if isinstance(end, Error):
                writer.add(frames.ERROR, component, {**record, "error": end.facts}, end.exception)
            else:
                writer.add(frames.RESULT, component, {**record, "by_value": False}, pickle.dumps(end))
        if index:
            found = frames.Reader(path).frames
            writer.add_index(found, len(found))


def put_in_place_of(path: Path, kind: str) -> None:
    """Put a link, a folder or a pipe where a file is expected."""
    if kind == "link":
        path.symlink_to("elsewhere")
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)


class Error:
    """The error of a component in :func:`write_results`."""

    def __init__(self, exception: BaseException | bytes = b"", **facts: Any) -> None:
        self.exception = exception if isinstance(exception, bytes) else pickle.dumps(exception)
        text = repr(exception)
        self.facts = {"text": text, "traceback": f"{text}\n", "frames": [], "by_value": False, "advice": None, **facts}
