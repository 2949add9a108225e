"""The journal by which a worker process reports to the supervising process. It outlives the worker.

The journal is a file without a name, with one JSON line for each event. Either a component has begun (``component``, ``start``,
and in ``stdout`` and ``stderr`` the places where its output begins), or a component is finished (its record: see :mod:`.runner`).
A pipe would not do: processes that the function left behind could keep it open for ever.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, Optional

_OPENED = b"{}\n"  # the first line; if it is gone, the worker has given up


class Journal:
    """The journal of one job, shared by the supervising process and the workers that it forks.

    :param path: the path at which the file is made; its name is removed at once.
    """

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        os.unlink(path)
        self._write(_OPENED)

    def begin(self, component: int, start: float, stdout: int, stderr: int) -> None:
        """Report that a component has begun.

        :param start: the time, in seconds since the epoch.
        :param stdout: the byte at which its standard output begins.
        :param stderr: the byte at which its standard error begins.
        """
        self._tell({"component": component, "start": start, "stdout": stdout, "stderr": stderr})

    def finish(self, record: dict[str, Any]) -> None:
        """Report that a component is finished."""
        self._tell(record)

    def give_up(self) -> None:
        """Report that the job cannot be finished. This takes no space, because the disk may be full."""
        os.ftruncate(self._file, 0)

    @property
    def is_given_up(self) -> bool:
        """Whether a worker has reported that the job cannot be finished."""
        return os.fstat(self._file).st_size == 0

    def read(self) -> tuple[list[dict[str, Any]], Optional[dict[str, Any]]]:
        """Return the records of the finished components, and the entry of the one that has begun and is not finished, or None.

        A line that the worker's death cut short is dropped.
        """
        content = os.pread(self._file, os.fstat(self._file).st_size, 0)
        complete = content.rfind(b"\n") + 1
        os.ftruncate(self._file, complete)
        entries = [json.loads(line) for line in content[:complete].splitlines()[1:]]
        begun = entries[-1] if entries and "status" not in entries[-1] else None
        return [entry for entry in entries if "status" in entry], begun

    def _tell(self, entry: dict[str, Any]) -> None:
        self._write(json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n")

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._file, data) :]
