"""Jobs, by their places in the item files, and the folders of what they returned."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import attrs

from htmap_core import names
from htmap_core.exceptions import CorruptMap


@attrs.frozen
class Job:
    """One job: a row in the item file of a submission."""

    submission: int
    row: int

    @property
    def output(self) -> str:
        """The path of the job's own folder below the outputs."""
        return f"{self.submission}/{self.row // names.ENTRIES_PER_DIRECTORY}/{self.row}"


def folder_below(outputs: Path, *parts: str) -> Path:
    """Return a folder below the outputs of a map, and make it if it does not exist.

    HTCondor brings no links, but a job that may reach the submit side while it runs can make one. It is never followed.

    :param outputs: the folder of the outputs, which is HTMap's own.
    :param parts: the names of the folders below it.
    :raises CorruptMap: the job has put something else in the place of one of the folders.
    """
    folder = outputs
    for part in parts:
        folder /= part
        try:
            found = os.lstat(folder)
        except FileNotFoundError:
            folder.mkdir(exist_ok=True)  # another process may make it, too
            continue
        if not stat.S_ISDIR(found.st_mode):
            raise CorruptMap(folder, "is not a folder: the job has put something else in its place")
    return folder
