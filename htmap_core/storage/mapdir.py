"""The directory of one map."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from htmap_core import names
from htmap_core.atomic import write_atomically
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CorruptMap
from htmap_core.language.expressions import quoted
from htmap_core.storage.outputs import Outputs
from htmap_core.storage.placement import Placement
from htmap_core.storage.submissions import Submissions
from htmap_run.files import checkpoints

FORMAT = 1


@attrs.frozen
class MapRecord:
    """The contents of ``map.json``: the facts that creation fixes.

    :param components: the number of components.
    :param chunksize: how many of them share a job.
    :param versions: the versions of Python, cloudpickle and HTMap on the submit side.
    :param options: the map options as given, for people to read.
    :param created: the time of creation, in seconds since the epoch.
    """

    components: int
    chunksize: int
    delivery_method: str
    pool: PoolAddress
    versions: Mapping[str, str]
    options: Mapping[str, Any]
    created: float

    @property
    def jobs(self) -> int:
        """The number of jobs that the components share."""
        return -(-self.components // self.chunksize)


class MapDir:
    """The directory of one map. Only this class knows its paths. Threads can share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._record: MapRecord | None = None
        self._placement: Placement | None = None
        self._refreshed = -1
        self._placing = threading.RLock()  # else a thread that has read less could have the last word
        self.submissions = Submissions(path / names.SUBMISSIONS)
        self.outputs = Outputs(path / names.OUTPUTS)

    @property
    def id(self) -> str:
        """The map's unique id."""
        return self.path.name

    @property
    def root(self) -> Path:
        """The HTMAP_DIR that contains the map, even if the setting has changed since."""
        return self.path.parents[1]

    @property
    def exists(self) -> bool:
        """Whether the map exists and its removal has not begun."""
        return self.path.is_dir() and not self.removal.exists()

    @property
    def removal(self) -> Path:
        """The marker of the map's removal. It stays until no job is in the queue that could create the directory again."""
        return self.root / names.REMOVED / self.id

    # --- what was settled at creation

    @property
    def record(self) -> MapRecord:
        """The contents of ``map.json``.

        :raises CorruptMap: the file is missing, damaged, or of another version of HTMap.
        """
        if self._record is None:
            path = self.path / names.MAP
            try:
                self._record = _record_from(json.loads(path.read_text(encoding="utf-8")))
            except FileNotFoundError as error:
                raise CorruptMap(path, "is missing: the creation of the map did not finish") from error
            except (ValueError, TypeError, KeyError) as error:
                raise CorruptMap(path, f"cannot be read ({error}), so the map cannot be used") from error
        return self._record

    def write_record(self, record: MapRecord) -> None:
        """Write ``map.json``."""
        plain = {**attrs.asdict(record), "pool": plain_address(record.pool)}
        write_atomically(self.path / names.MAP, json.dumps({"format": FORMAT, **plain}, indent=1))

    @property
    def runtime(self) -> Path:
        """The path of the archive that jobs run."""
        return self.path / names.RUNTIME

    def write_submit(self, commands: Mapping[str, str], columns: tuple[str, ...]) -> None:
        """Write the final submit description, from which a rerun can submit any components again."""
        content = json.dumps({"commands": dict(commands), "columns": columns}, indent=1)
        write_atomically(self.path / names.SUBMIT, content)

    def read_submit(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the submit commands and the item columns that the map was submitted with.

        :raises CorruptMap: they cannot be read.
        """
        path = self.path / names.SUBMIT
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return dict(content["commands"]), tuple(content["columns"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorruptMap(
                path, f"cannot be read ({error}), so no component of the map can be submitted again"
            ) from error

    def adopt(self, script: Path, name: str) -> Path:
        """Copy a program that travels with jobs into the map's directory, and return the path of the copy."""
        adopted = shutil.copyfile(script, self.path / name)
        adopted.chmod(0o755)
        return adopted

    def items(self, submission: int) -> Path:
        """Return the path of the item file of a submission."""
        return self.path / names.ITEMS.format(submission=submission)

    def write_items(self, submission: int, rows: Iterable[Iterable[str]]) -> None:
        """Write the item file of the next submission: a row for each job, with a text for each column."""
        with self.items(submission).open("w", encoding="utf-8") as file:
            file.writelines(names.ITEM_SEPARATOR.join(row) + "\n" for row in rows)

    def remove_items(self, submission: int) -> None:
        """Remove the item file of a submission that was refused."""
        self.items(submission).unlink(missing_ok=True)

    # --- jobs, their inputs, and what they returned

    def rows(self) -> Iterator[list[str]]:
        """Yield the rows of the first submission's item file: one for each job, with a text for each column."""
        with self.items(0).open(encoding="utf-8") as file:
            for line in file:
                yield line.rstrip("\n").split(names.ITEM_SEPARATOR)

    def input_block(self, component: int) -> Path:
        """Return the path of the file with a component's input.

        :raises CorruptMap: the item file has no row for it.
        """
        row = component // self.record.chunksize
        columns = next(itertools.islice(self.rows(), row, None), [])
        if len(columns) < len(names.COLUMNS):
            raise CorruptMap(self.items(0), f"has no row {row}")
        return self.path / names.INPUTS / columns[names.COLUMNS.index(names.INPUTS_COLUMN)]

    @property
    def placement(self) -> Placement:
        """The jobs of the components, as :meth:`refresh` last read them."""
        if self._placement is None:
            with self._placing:
                if self._placement is None:
                    self._placement = Placement(self.path, self.record.components, self.record.chunksize)
        return self._placement

    def refresh(self) -> bool:
        """Read the submissions of any process that came or went since, and return whether there were any. Cheap."""
        try:
            if self.submissions.size() == self._refreshed:
                return False
            with self._placing:
                size = self.submissions.size()
                if size == self._refreshed:
                    return False  # another thread was quicker
                self._placement = self.placement.after(submission.number for submission in self.submissions.all())
                self._refreshed = size
        except FileNotFoundError:
            return False  # nothing was submitted yet, or a process is deleting the item file of a refused submission
        return True

    def constraint(self) -> str:
        """Return a ClassAd expression for all jobs of the map: by clusters, which the schedd finds fast, or by the map's id."""
        clusters = [submission.cluster for submission in self.submissions.all()]
        if None in clusters:
            return f"{names.MAP_ID} == {quoted(self.id)}"
        return " || ".join(f"ClusterId == {cluster}" for cluster in clusters) or "false"

    @property
    def events(self) -> Path:
        """The path of the event log of all the map's jobs."""
        return self.path / names.EVENTS

    def read_state(self) -> bytes | None:
        """Return the cached state of the event log; None if there is none."""
        try:
            return (self.path / names.STATE).read_bytes()
        except OSError:
            return None  # without the cache, the caller reads the event log

    def write_state(self, content: bytes) -> None:
        """Write the cached state of the event log. If that fails, there is no cache."""
        try:
            write_atomically(self.path / names.STATE, content)
        except OSError:
            (self.path / names.STATE).unlink(missing_ok=True)

    @property
    def has_checkpoints(self) -> bool:
        """Whether a job has put a checkpoint into the map's directory. Cheap."""
        return os.path.isdir(os.path.join(self.path, checkpoints.FOLDER))  # often called

    def remove_checkpoints(self, components: Iterable[int] | None = None) -> None:
        """Remove the checkpoints of *components*, or of all, which will not resume from them.

        A job that still runs makes the folders again.
        """
        if components is None:
            shutil.rmtree(self.path / checkpoints.FOLDER, ignore_errors=True)
            return
        places = {self.path / checkpoints.place(component) for component in components}
        unfinished = [
            path for folder in {each.parent for each in places} for path in folder.glob(f"*{checkpoints.UNFINISHED}")
        ]
        for path in [*places, *(each for each in unfinished if each.with_name(each.name.partition(".")[0]) in places)]:
            path.unlink(missing_ok=True)

    def make_persistent(self) -> None:
        """Note that the user gave the map a tag."""
        (self.path / names.TRANSIENT).unlink(missing_ok=True)

    @property
    def is_transient(self) -> bool:
        """Whether the map still has a random tag."""
        return (self.path / names.TRANSIENT).exists()

    @property
    def local_data(self) -> int:
        """The size of the map on disk, in bytes."""
        return sum(_sizes(os.fspath(self.path)))


def plain_address(address: PoolAddress) -> dict[str, Any]:
    """Return an address as plain values for JSON."""
    return {**attrs.asdict(address), "configuration": address.configuration and str(address.configuration)}


def _record_from(plain: dict[str, Any]) -> MapRecord:
    if plain.pop("format") != FORMAT:
        raise ValueError("written by another version of HTMap")
    return MapRecord(**{**plain, "pool": PoolAddress(**plain["pool"])})


def _sizes(path: str) -> Iterator[int]:
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _sizes(entry.path)
                else:
                    yield entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return  # removed meanwhile


def with_true_names(map_path: Path, text: str) -> str:
    """Return HTCondor's text about a map's files, with the names of input files in place of the links that they travel by."""
    number = names.STAGED.format(number=r"\d+")
    way = rf"(?:{names.OUTPUTS}/{re.escape(names.TO_MAP)}/)?"  # jobs of earlier versions do not go by the outputs
    links = re.compile(rf"{re.escape(str(map_path))}/{way}{names.FILES}/\d+/{number}\b")
    return links.sub(lambda found: _target(os.path.normpath(found[0])) or found[0], text)


def _target(link: str) -> str | None:
    return os.readlink(link) if os.path.islink(link) else None
