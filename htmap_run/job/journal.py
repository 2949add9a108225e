"""What the worker process of a job tells the process that supervises it, in a way that outlives the worker.

A file without a name, one JSON line for each event: a component has begun (``component``, ``start``, ``stdout`` and
``stderr``: where its output begins), or a component is finished (its record, as :mod:`.runner` describes it). A file and not
a pipe, because processes that the function left behind may keep a pipe open for ever.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from typing import Any, Optional

_OPENED = b"{}\n"  # the first line; where it is gone, the worker has given up


class Journal:
    """The journal of one job, shared by the supervising process and the workers that it forks.

    :param path: where the file is made; its name is gone at once.
    """

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        os.unlink(path)
        self._write(_OPENED)

    def begin(self, component: int, start: float, stdout: int, stderr: int) -> None:
        """Tell that a component has begun."""
        self._tell({"component": component, "start": start, "stdout": stdout, "stderr": stderr})

    def finish(self, record: dict[str, Any]) -> None:
        """Tell that a component is finished."""
        self._tell(record)

    def give_up(self) -> None:
        """Tell that the job cannot be finished. Needs no space: a full disk may be the reason."""
        os.ftruncate(self._file, 0)

    @property
    def is_given_up(self) -> bool:
        """Whether a worker has told that the job cannot be finished."""
        return os.fstat(self._file).st_size == 0

    def read(self) -> tuple[list[dict[str, Any]], Optional[dict[str, Any]]]:
        """Return the records, and what was told of the component that has begun and is not finished, if there is one.

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
