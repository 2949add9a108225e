"""One job on this machine: its scratch directory, with what HTCondor would put there and bring back from it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from htmap_core import names
from htmap_core.contract.transfer_path import scheme_of
from htmap_core.exceptions import CorruptMap
from htmap_core.files.folders import remove_tree
from htmap_core.language.environment_text import variables
from htmap_core.language.literals import original
from htmap_core.maps.here.fetching import fetch
from htmap_core.maps.here.interrupted import scratch_prefix
from htmap_core.progress.work import LongWork
from htmap_core.storage.jobs import Job, rows_in
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.submissions import Submission
from htmap_core.submission.files.sources import look
from htmap_run import ranges

_MACRO = re.compile(r"\$\((\w+)\)")
_INNER = re.compile(r"\$SUBSTR\((\w+),1,-1\)")  # an environment between its quotes
_DEPTH = 3  # of macros in the values of macros: a column with paths in HTMAP_DIR has one of each


@attrs.frozen
class LocalJob:
    """A job that runs on this machine.

    :param values: the texts in its row of the item file, by column.
    :param commands: the submit commands of its map.
    """

    map_dir: MapDir
    job: Job
    values: Mapping[str, str]
    commands: Mapping[str, str]

    @property
    def components(self) -> Sequence[int]:
        """Its components."""
        return ranges.parse(self.values["htmap_components"])

    @property
    def block(self) -> str:
        """The name of its input block in the scratch directory."""
        return os.path.basename(self.values[names.INPUTS_COLUMN])

    @property
    def remapped(self) -> str:
        """Its output files that go elsewhere, for the runner."""
        return self.values.get(names.REMAPPED_COLUMN, "")

    @property
    def environment(self) -> dict[str, str]:
        """The variables that its map has set for it."""
        return variables(self._expanded(self.commands.get("environment") or self.commands.get("env") or ""))

    def prepare(self) -> str:
        """Make its scratch directory with its input files, and return the path.

        :raises OSError: an input file is gone, cannot be fetched, or does not fit on the disk.
        """
        scratch = tempfile.mkdtemp(prefix=scratch_prefix(self.map_dir))
        try:
            with LongWork(f"fetching the files of component {self.components[0]}") as work:
                for listed in self._inputs():
                    self._bring(listed, scratch, work.look)
        except BaseException:
            remove_tree(scratch)
            raise
        return scratch

    def finish(self, scratch: str) -> int:
        """Put what it has returned in its place, and return the megabytes that it has used."""
        for place, destination in self._remaps():
            if os.path.lexists(os.path.join(scratch, place)):
                shutil.move(os.path.join(scratch, place), destination)
        self.map_dir.outputs.bring_back(self.job, os.path.join(scratch, names.RETURN))
        try:
            returned = self.map_dir.outputs.open(self.job)
            return max((int(returned.record(component)["memory_mb"]) for component in returned.statuses), default=0)
        except (FileNotFoundError, CorruptMap):  # it could not finish
            return 0

    def _inputs(self) -> Iterator[str]:
        listed = self._expanded(self.commands["transfer_input_files"])
        return filter(None, (each.strip() for each in listed.split(",")))

    def _bring(self, listed: str, scratch: str, meanwhile: Callable[[], object]) -> None:
        meanwhile()
        if scheme_of(listed) is not None:
            fetch(listed, os.path.join(scratch, look(listed).arrives), meanwhile)
            return
        source = os.path.join(self._expanded(self.commands["initialdir"]), listed)  # an absolute one stays what it is
        target = scratch if listed.endswith("/") else os.path.join(scratch, os.path.basename(listed))
        if os.path.isdir(source):
            shutil.copytree(source, target, dirs_exist_ok=True, copy_function=_copying(meanwhile))
        else:
            shutil.copy(source, target)

    def _remaps(self) -> Iterator[tuple[str, str]]:
        """Yield the files in the scratch directory that go elsewhere, and where."""
        for remap in filter(None, re.split(r"(?<!\\);", self.values.get(names.REMAPS_COLUMN, ""))):
            place, _, destination = remap.partition("=")
            yield place, self._expanded(destination).replace("\\;", ";")

    def _expanded(self, text: str) -> str:
        """Return a text of the submit description for this job."""
        known = {**self.values, names.ROOT_VARIABLE: os.fspath(self.map_dir.root)}
        text = _INNER.sub(lambda found: known.get(found[1], "")[1:-1], text)
        for _ in range(_DEPTH):
            text = _MACRO.sub(lambda found: known.get(found[1], found[0]), text)
        return original(text)


def _copying(meanwhile: Callable[[], object]) -> Callable[[str, str], object]:
    """Return what copies a file, and calls *meanwhile* before it."""

    def copy(source: str, target: str) -> object:
        meanwhile()
        return shutil.copy2(source, target)

    return copy


def jobs_of(map_dir: MapDir, submission: Submission) -> Iterator[LocalJob]:
    """Yield the jobs of a submission.

    :raises CorruptMap: the map's description or a program that jobs run is damaged.
    """
    commands, columns = map_dir.read_submit()
    for row, values in enumerate(rows_in(map_dir.items(submission.number), submission.jobs)):
        yield LocalJob(map_dir, Job(submission.number, row), dict(zip(columns, values)), commands)
