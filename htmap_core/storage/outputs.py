"""The files that the jobs of a map returned: results, errors, standard output and standard error."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from htmap_core.exceptions import CorruptMap
from htmap_core.storage.jobs import Job
from htmap_run import formats


class Outputs:
    """The files that the jobs of a map returned.

    :param path: the folder of these files.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = os.fspath(path)

    def index(self, job: Job) -> dict[str, Any]:
        """Return the index of a job's result file, without the results themselves.

        :raises FileNotFoundError: the job has no result file (yet).
        :raises CorruptMap: the file is truncated.
        """
        path = self._file(job, "result")
        try:
            return formats.read_index(path)
        except formats.CorruptFile as error:
            raise CorruptMap(path, str(error)) from error

    def open(self, job: Job) -> formats.PackReader:
        """Open a job's result file.

        :raises FileNotFoundError: the job has none (yet).
        :raises CorruptMap: the file is truncated.
        """
        path = f"{self._folder}/{job.output}/job.result"  # making a Path would take as long as reading the file
        try:
            return formats.PackReader(path)
        except formats.CorruptFile as error:
            raise CorruptMap(Path(path), str(error)) from error

    def entry(self, job: Job, component: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the index of a job's result file, and its entry for one component.

        If the component finished in an earlier run of the job, the facts about the job are those of that run.

        :raises FileNotFoundError: the job has no result file (yet).
        :raises CorruptMap: the file is truncated, or does not have the component.
        """
        index = self.index(job)
        for entry in index["components"]:
            if entry["component"] == component:
                return {**index, **{fact: entry[fact] for fact in ("host", "runtime") if fact in entry}}, entry
        raise CorruptMap(self._file(job, "result"), f"has no component {component}")

    def payload(self, job: Job, place: tuple[int, int]) -> bytes:
        """Return one pickled object from a job's result file.

        :param place: its place in the file, from the index.
        :raises CorruptMap: the file does not have it.
        """
        path = self._file(job, "result")
        try:
            return formats.read_payload(path, *place)
        except formats.CorruptFile as error:
            raise CorruptMap(path, str(error)) from error

    def surroundings(self, job: Job, index: dict[str, Any]) -> dict[str, Any]:
        """Return the surroundings of a job's components, such as the installed packages; empty if all results are plain data.

        :param index: the index of the job's result file.
        """
        places = [entry["surroundings"] for entry in index["components"] if "surroundings" in entry]
        found: dict[str, Any] = json.loads(self.payload(job, places[0])) if places else {}
        return found

    def text(self, job: Job, stream: str, begin: int, end: int) -> str:
        """Return a part of a job's ``stdout`` or ``stderr``; empty if the job wrote nothing and so has no such file."""
        try:
            with self._file(job, stream).open("rb") as file:
                file.seek(begin)
                return file.read(end - begin).decode(errors="replace")
        except FileNotFoundError:
            return ""

    def size(self, job: Job, stream: str) -> int:
        """Return the size of the ``stdout`` or ``stderr`` that a job has returned, in bytes."""
        try:
            return self._file(job, stream).stat().st_size
        except FileNotFoundError:
            return 0

    def tail(self, job: Job, stream: str, size: int) -> str:
        """Return the last *size* bytes of a job's ``stdout`` or ``stderr``."""
        length = self.size(job, stream)
        return self.text(job, stream, max(0, length - size), length)

    def files(self, job: Job, component: int) -> Path:
        """Return the folder of the files that a component sent back, and make it if it does not exist."""
        folder = self._file(job, "files") / str(component)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def exists(self, job: Job) -> bool:
        """Return whether a job has returned a result file."""
        return self.has(job, "result")

    def has(self, job: Job, ending: str) -> bool:
        """Return whether a job has returned a file: its ``result``, ``stdout`` or ``stderr``."""
        return self._file(job, ending).exists()

    def delete_files(self, job: Job, component: int) -> None:
        """Delete the files that a component sent back with a job."""
        folder = self._file(job, "files")
        if folder.is_dir():
            shutil.rmtree(folder / str(component), ignore_errors=True)
            with contextlib.suppress(OSError):  # it still has files of other components
                folder.rmdir()

    def delete(self, job: Job) -> None:
        """Delete the files that a job returned, except those that its components sent back."""
        for ending in ("result", "stdout", "stderr"):
            self._file(job, ending).unlink(missing_ok=True)

    def _file(self, job: Job, ending: str) -> Path:
        return Path(os.path.join(self._path, f"{job.output}/job.{ending}"))  # three times as fast, and often called
