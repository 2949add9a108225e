"""One map's directory."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Optional

import attrs

from htmap_core import names
from htmap_core.exceptions import CorruptMap
from htmap_core.pools import PoolAddress
from htmap_core.run import formats

FORMAT = 1


@attrs.frozen
class MapRecord:
    """What ``map.json`` says: all that is settled when a map is created.

    :param components: how many components the map has.
    :param chunksize: how many of them share a job.
    :param versions: of Python, cloudpickle and HTMap, on the submit side.
    :param options: the map options as given, for people to read.
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
        """How many jobs the components share."""
        return -(-self.components // self.chunksize)


@attrs.frozen
class Submission:
    """One submission of jobs: a line in ``submissions.jsonl``.

    :param number: the submissions of a map are counted from 0.
    :param token: the value of the jobs' attribute ``HTMapSubmission``, which finds them in the queue.
    :param jobs: how many jobs it has, one for each row of its item file.
    :param late: whether the schedd makes the jobs only as they are needed.
    :param cluster: the cluster's number; None while it is not known whether the schedd took it.
    """

    number: int
    token: str
    jobs: int
    late: bool = False
    cluster: Optional[int] = None


@attrs.frozen
class Job:
    """One job: a row of the item file of a submission."""

    submission: int
    row: int

    @property
    def output(self) -> str:
        """The path of its files below the outputs, without their ending."""
        return f"{self.submission}/{self.row // names.ENTRIES_PER_DIRECTORY}/{self.row}"


class MapDir:
    """The directory of one map; its paths are nobody else's business."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._record: MapRecord | None = None

    @property
    def id(self) -> str:
        """The map's id, which no other map ever has."""
        return self.path.name

    @property
    def exists(self) -> bool:
        """Whether the directory is still there."""
        return self.path.is_dir()

    # --- what was settled at creation

    @property
    def record(self) -> MapRecord:
        """What ``map.json`` says.

        :raises CorruptMap: it is not there, or not what this version of HTMap writes.
        """
        if self._record is None:
            path = self.path / names.MAP
            try:
                self._record = _record_from(json.loads(path.read_text(encoding="utf-8")))
            except FileNotFoundError as error:
                raise CorruptMap(path, "is missing: the map was not created to its end") from error
            except (ValueError, TypeError, KeyError) as error:
                raise CorruptMap(path, f"is not what HTMap writes ({error}); the map cannot be used") from error
        return self._record

    def write_record(self, record: MapRecord) -> None:
        """Write ``map.json``."""
        plain = {**attrs.asdict(record), "pool": plain_address(record.pool)}
        write_atomically(self.path / names.MAP, json.dumps({"format": FORMAT, **plain}, indent=1).encode())

    @property
    def runtime(self) -> Path:
        """The archive that runs on the execute node."""
        return self.path / names.RUNTIME

    def write_submit(self, commands: Mapping[str, str], columns: tuple[str, ...]) -> None:
        """Write the final description, from which any part of the map can be submitted again."""
        content = json.dumps({"commands": dict(commands), "columns": columns}, indent=1)
        write_atomically(self.path / names.SUBMIT, content.encode())

    def adopt(self, script: Path) -> str:
        """Copy a file transfer plugin into the map's directory, to travel with the jobs, and return its bare name."""
        shutil.copy(script, self.path / script.name)
        return script.name

    def items(self, submission: int) -> Path:
        """Return the path of the item file of a submission."""
        return self.path / names.ITEMS.format(submission=submission)

    # --- submissions

    def submissions(self) -> list[Submission]:
        """Return the submissions, the first first.

        :raises CorruptMap: a line that is not the last cannot be read. A last line that was cut short is passed over: what it
            would have said is asked of the schedd.
        """
        path = self.path / names.SUBMISSIONS
        found: dict[int, Submission] = {}
        try:
            lines = path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        for line in lines[:-1]:
            try:
                entry = json.loads(line)
                if "cluster" in entry:
                    found[entry["number"]] = attrs.evolve(found[entry["number"]], cluster=entry["cluster"])
                else:
                    found[entry["number"]] = Submission(**entry)
            except (ValueError, TypeError, KeyError) as error:
                raise CorruptMap(path, f"has a line that is not HTMap's: {line[:80]!r}") from error
        return [found[number] for number in sorted(found)]

    def intend(self, jobs: int, *, late: bool) -> Submission:
        """Write down that jobs are about to be submitted, so that a crash in between can be told from none."""
        submission = Submission(len(self.submissions()), uuid.uuid4().hex, jobs, late)
        entry = {"number": submission.number, "token": submission.token, "jobs": jobs, "late": late}
        self._append(names.SUBMISSIONS, entry)
        return submission

    def submitted(self, submission: Submission, cluster: int) -> None:
        """Write down the cluster that a submission became."""
        self._append(names.SUBMISSIONS, {"number": submission.number, "cluster": cluster})

    def _append(self, name: str, entry: Mapping[str, Any]) -> None:
        # One write of one line, after whatever a crash may have left half-written.
        path = self.path / name
        with path.open("ab") as file:
            cut = file.tell() > 0 and path.read_bytes()[-1:] != b"\n"
            file.write((b"\n" if cut else b"") + json.dumps(entry).encode() + b"\n")

    # --- jobs, their inputs and outputs

    def job_of(self, component: int) -> Job:
        """Return the job that has a component."""
        return Job(0, component // self.record.chunksize)

    def components_of(self, job: Job) -> range:
        """Return the components that a job has."""
        first = job.row * self.record.chunksize
        return range(first, min(first + self.record.chunksize, self.record.components))

    def result(self, job: Job) -> Path:
        """Return the path of a job's result file, whether it is there or not."""
        return self.path / names.OUTPUTS / f"{job.output}.result"

    def component_result(self, component: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what a result file says of its job, and what it says of one component.

        :raises FileNotFoundError: there is no result file (yet).
        :raises CorruptMap: it was cut short, or does not have the component.
        """
        path = self.result(self.job_of(component))
        index = self.job_index(self.job_of(component))
        for entry in index["components"]:
            if entry["component"] == component:
                return index, entry
        raise CorruptMap(path, f"has no component {component}")

    def job_index(self, job: Job) -> dict[str, Any]:
        """Return what a job's result file says, without the results themselves.

        :raises FileNotFoundError: there is no result file (yet).
        :raises CorruptMap: it was cut short.
        """
        path = self.result(job)
        try:
            return formats.read_index(path)
        except formats.CorruptFile as error:
            raise CorruptMap(path, str(error)) from error

    def stderr_tail(self, job: Job, size: int) -> str:
        """Return the end of what a job wrote to its standard error, *size* bytes at most; nothing where it wrote nothing."""
        try:
            with (self.path / names.OUTPUTS / f"{job.output}.stderr").open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - size))
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def payload(self, job: Job, place: tuple[int, int]) -> bytes:
        """Return one pickled object of a job's result file."""
        offset, size = place
        return formats.read_payload(self.result(job), offset, size)

    # --- the event log and what is known of it

    @property
    def events(self) -> Path:
        """The event log of all the map's jobs."""
        return self.path / names.EVENTS

    def read_state(self) -> bytes | None:
        """Return what was known of the event log when somebody last wrote it down; None where nobody did."""
        try:
            return (self.path / names.STATE).read_bytes()
        except OSError:
            return None  # a cache: whoever cannot read it reads the event log

    def write_state(self, content: bytes) -> None:
        """Write down what is known of the event log. A cache: where it cannot be written, it is not."""
        try:
            write_atomically(self.path / names.STATE, content)
        except OSError:
            (self.path / names.STATE).unlink(missing_ok=True) if self.exists else None

    # --- transience, size

    @property
    def is_transient(self) -> bool:
        """Whether nobody gave the map a tag of its own."""
        return (self.path / names.TRANSIENT).exists()

    @property
    def local_data(self) -> int:
        """How many bytes the map has on disk."""
        return sum(size for size in _sizes(self.path))


def plain_address(address: PoolAddress) -> dict[str, Any]:
    """Return an address as JSON can say it."""
    return {**attrs.asdict(address), "configuration": address.configuration and str(address.configuration)}


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that readers see all of it or what was there before."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _record_from(plain: dict[str, Any]) -> MapRecord:
    if plain.pop("format") != FORMAT:
        raise ValueError("written by another version of HTMap")
    return MapRecord(**{**plain, "pool": PoolAddress(**plain["pool"])})


def _sizes(path: Path) -> Iterator[int]:
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _sizes(Path(entry.path))
                else:
                    yield entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return  # removed while it was counted
