"""What the jobs of a map returned: results, errors, standard output and error."""

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

    :param path: the folder that they are in.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = os.fspath(path)

    def index(self, job: Job) -> dict[str, Any]:
        """Return what a job's result file says, without the results themselves.

        :raises FileNotFoundError: there is no result file (yet).
        :raises CorruptMap: it was cut short.
        """
        path = self._file(job, "result")
        try:
            return formats.read_index(path)
        except formats.CorruptFile as error:
            raise CorruptMap(path, str(error)) from error

    def open(self, job: Job) -> formats.PackReader:
        """Open a job's result file.

        :raises FileNotFoundError: there is none (yet).
        :raises CorruptMap: it was cut short.
        """
        path = f"{self._folder}/{job.output}.result"  # a Path would take as long as the reading
        try:
            return formats.PackReader(path)
        except formats.CorruptFile as error:
            raise CorruptMap(Path(path), str(error)) from error

    def entry(self, job: Job, component: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what a job's result file says of the job, and what it says of one of its components.

        Where the component was finished in an earlier run of the job, it is what is known of that run.

        :raises FileNotFoundError: there is no result file (yet).
        :raises CorruptMap: it was cut short, or does not have the component.
        """
        index = self.index(job)
        for entry in index["components"]:
            if entry["component"] == component:
                return {**index, **{fact: entry[fact] for fact in ("host", "runtime") if fact in entry}}, entry
        raise CorruptMap(self._file(job, "result"), f"has no component {component}")

    def payload(self, job: Job, place: tuple[int, int]) -> bytes:
        """Return one pickled object of a job's result file.

        :raises CorruptMap: it is not there.
        """
        path = self._file(job, "result")
        try:
            return formats.read_payload(path, *place)
        except formats.CorruptFile as error:
            raise CorruptMap(path, str(error)) from error

    def surroundings(self, job: Job, index: dict[str, Any]) -> dict[str, Any]:
        """Return what was around the components of a job, where one of their results is more than plain data; else nothing.

        :param index: what the job's result file says.
        """
        places = [entry["surroundings"] for entry in index["components"] if "surroundings" in entry]
        found: dict[str, Any] = json.loads(self.payload(job, places[0])) if places else {}
        return found

    def text(self, job: Job, stream: str, begin: int, end: int) -> str:
        """Return a part of what a job wrote to its ``stdout`` or ``stderr``; a job that wrote nothing has no such file."""
        try:
            with self._file(job, stream).open("rb") as file:
                file.seek(begin)
                return file.read(end - begin).decode(errors="replace")
        except FileNotFoundError:
            return ""

    def size(self, job: Job, stream: str) -> int:
        """Return how many bytes a job wrote to its ``stdout`` or ``stderr``, as far as they have come back."""
        try:
            return self._file(job, stream).stat().st_size
        except FileNotFoundError:
            return 0

    def tail(self, job: Job, stream: str, size: int) -> str:
        """Return the end of what a job wrote to its ``stdout`` or ``stderr``, *size* bytes at most."""
        length = self.size(job, stream)
        return self.text(job, stream, max(0, length - size), length)

    def files(self, job: Job, component: int) -> Path:
        """Return the folder with the files that a component sent back; make it where there were none."""
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
            with contextlib.suppress(OSError):  # has those of others
                folder.rmdir()

    def delete(self, job: Job) -> None:
        """Delete what a job returned, but for its components' files."""
        for ending in ("result", "stdout", "stderr"):
            self._file(job, ending).unlink(missing_ok=True)

    def _file(self, job: Job, ending: str) -> Path:
        return Path(os.path.join(self._path, f"{job.output}.{ending}"))  # a third of the time, and often called
