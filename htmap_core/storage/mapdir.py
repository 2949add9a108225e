"""The directory of one map."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import attrs

from htmap_core import names
from htmap_core.condor import eventlog
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CorruptMap, MadeByNewerHTMap, UnsafePath
from htmap_core.files.atomic import write_atomically
from htmap_core.files.folders import size_below
from htmap_core.files.ownership import private_opener
from htmap_core.files.sealed import check, checksum, checksum_of
from htmap_core.files.sharing import make_shared, mend, write_program
from htmap_core.language.expressions import among, quoted
from htmap_core.settings.trust import check_entry
from htmap_core.storage.content import source_lines
from htmap_core.storage.content.checkpoints import remove_checkpoints
from htmap_core.storage.content.inputs import check_argument, check_function, check_inputs
from htmap_core.storage.content.source_lines import SourceLines
from htmap_core.storage.jobs import Job, Placement, rows_in
from htmap_core.storage.outputs import Outputs
from htmap_core.storage.record import (
    MapRecord,
    SubmitRecord,
    pool_from,
    record_from,
    record_text,
    submit_from,
    submit_text,
)
from htmap_core.storage.submissions import Submission, Submissions
from htmap_run.files import checkpoints

_FIRST_EVENTS = 4096  # bytes
_NOT_AGAIN = "no component of the map can be submitted again; results can still be read"


class MapDir:
    """The directory of one map. Only this class knows its paths. Threads can share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._record: MapRecord | None = None
        self._machine: str | None = None
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

        :raises CorruptMap: the file is missing or damaged.
        :raises MadeByNewerHTMap: a newer HTMap has made the map in a way that this one does not understand.
        """
        if self._record is None:
            path = self.path / names.MAP
            try:
                check_entry(self.path, "a map", f"`rm -r {self.path}` deletes it")
                self._record = record_from(path.read_bytes(), path, self.root)
            except UnsafePath as error:
                raise CorruptMap(self.path, f"is not read. {error}") from error
            except FileNotFoundError as error:
                raise CorruptMap(path, "is missing: the creation of the map did not finish") from error
            except (ValueError, TypeError, KeyError) as error:
                raise CorruptMap(path, f"cannot be read ({error}), so the map cannot be used") from error
        return self._record

    @property
    def pool(self) -> PoolAddress:
        """The address of the pool and the schedd that have the map's jobs, also of a map that a newer HTMap has made.

        Maps of earlier versions name no schedd, and would be looked for in the local one of any machine that shares the
        HTMAP_DIR. Their event log tells the schedd's machine, whose name is by default the schedd's, too.

        :raises CorruptMap: as :attr:`record`.
        :raises MadeByNewerHTMap: a newer HTMap has made it, and nothing tells.
        """
        address = self._recorded_pool()
        if address.schedd is None and self._machine is None:
            self._machine = self._logged_machine()
        return attrs.evolve(address, schedd=address.schedd or self._machine)

    @property
    def is_here(self) -> bool:
        """Whether the map's jobs run on this machine, without HTCondor; not where that cannot be read."""
        try:
            return self.record.pool.pool == names.THIS_MACHINE
        except (CorruptMap, MadeByNewerHTMap):
            return False

    @property
    def plugin_files(self) -> Sequence[str]:
        """The one-off plugins that the map was made with; none where that cannot be read."""
        try:
            return self.record.plugin_files
        except (CorruptMap, MadeByNewerHTMap):
            return ()

    def _recorded_pool(self) -> PoolAddress:
        try:
            return self.record.pool
        except MadeByNewerHTMap as error:
            with contextlib.suppress(ValueError, TypeError, KeyError):
                return pool_from(error.path.read_bytes(), self.root)
            raise

    def _logged_machine(self) -> str | None:
        try:
            with self.events.open("rb") as file:
                return eventlog.submit_machine(file.read(_FIRST_EVENTS))
        except OSError:
            return None  # no event yet

    def check_understood(self) -> None:
        """Check that no newer HTMap has written what this one does not understand. Damage does not matter here.

        :raises MadeByNewerHTMap: one has.
        """
        with contextlib.suppress(CorruptMap):
            _ = self.record
        with contextlib.suppress(CorruptMap):
            self.submissions.all()

    def write_record(self, record: MapRecord) -> None:
        """Write ``map.json``."""
        write_atomically(self.path / names.MAP, record_text(record, self.root))

    @property
    def runtime(self) -> Path:
        """The path of the archive that jobs run."""
        return self.path / names.RUNTIME

    @property
    def arguments(self) -> Path:
        """The path of the folder of large arguments, which lie in files of their own."""
        return self.path / names.ARGUMENTS

    def write_submit(
        self, commands: dict[str, str], columns: tuple[str, ...], authors: dict[str, str] | None = None
    ) -> None:
        """Write the final submit description, from which a rerun can submit any components again.

        The programs that travel with jobs are complete by now, and get checksums.

        :param authors: who has set each command, but for those that HTMap alone has set; None if that is not known.
        """
        plugin = names.TRANSFER_PLUGIN.format(scheme="*")
        patterns = (names.RUNTIME, names.LAUNCHER, plugin, f"{names.OUTPUTS}/{plugin}")
        programs = [path for pattern in patterns for path in self.path.glob(pattern)]
        checksums = {path.relative_to(self.path).as_posix(): checksum_of(path) for path in programs}
        write_atomically(
            self.path / names.SUBMIT, submit_text(SubmitRecord(commands, columns, checksums, authors), self.root)
        )

    def read_submit(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the submit commands and the item columns that the map was submitted with.

        :raises CorruptMap: they cannot be read, or a program that travels with jobs is damaged.
        """
        found = self.described()
        for name, expected in found.programs.items():
            path = self.path / name
            try:
                check(path, expected)
            except (OSError, ValueError, TypeError) as error:
                raise CorruptMap(path, f"cannot be read ({error}), so {_NOT_AGAIN}") from error
        return found.commands, found.columns

    def described(self) -> SubmitRecord:
        """Return what ``submit.json`` has, whether the programs that travel with jobs are whole or not.

        :raises CorruptMap: it cannot be read.
        """
        path = self.path / names.SUBMIT
        try:
            return submit_from(path.read_bytes(), path, self.root)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorruptMap(path, f"cannot be read ({error}), so {_NOT_AGAIN}") from error

    def mend_runtime(self, archive: bytes) -> bool:
        """Write the archive that jobs run anew, if it was this one; return whether it was.

        Other maps share it, and have it whole then, too.

        :raises CorruptMap: the submit description, which tells, is damaged.
        """
        if self.described().programs.get(names.RUNTIME) != checksum(archive):
            return False
        if not mend(self.runtime, archive):
            self.write_program(names.RUNTIME, archive)
        return True

    def adopt(self, script: Path, name: str) -> Path:
        """Put a copy of a program that travels with jobs into the map's directory, and return its path."""
        return self.write_program(name, script.read_bytes())

    def write_program(self, name: str, content: bytes) -> Path:
        """Put a program that travels with jobs into the map's directory, and return its path.

        Maps share equal ones, but for those in the outputs, the folder to which HTCondor writes.
        """
        program = self.path / name
        if program.parent == self.path:
            make_shared(program, content, self.root / names.PROGRAMS)
        else:
            write_program(program, content)
        return program

    def items(self, submission: int) -> Path:
        """Return the path of the item file of a submission."""
        return self.path / names.ITEMS.format(submission=submission)

    def write_items(self, submission: int, rows: Iterable[Iterable[str]]) -> None:
        """Write the item file of the next submission: a row for each job, with a text for each column."""
        with open(self.items(submission), "w", encoding="utf-8", opener=private_opener) as file:
            file.writelines(names.ITEM_SEPARATOR.join(row) + "\n" for row in rows)

    def intend(self, jobs: int, *, late: bool, held: bool) -> Submission:
        """Write the intent to submit the jobs of the next item file, which is complete."""
        items = checksum_of(self.items(self.submissions.next_number()))
        return self.submissions.intend(jobs, late=late, held=held, items=items)

    def check(self) -> None:
        """Check all small files of the map that have checksums; raises CorruptMap, or FileNotFoundError."""
        _, _, _ = self.record, self.read_submit(), self.source_lines
        for submission in self.submissions.all():
            self._check_items(submission)

    def remove_items(self, submission: int) -> None:
        """Remove the item file of a submission that was refused."""
        self.items(submission).unlink(missing_ok=True)

    @property
    def source_lines(self) -> SourceLines:
        """The lines of source of the map's functions.

        :raises CorruptMap: their file is damaged.
        """
        path = self.path / names.SOURCE_LINES
        try:
            return source_lines.read(path)
        except (OSError, ValueError, KeyError) as error:
            reason = f"cannot be read ({error}), so reports on errors lack lines of source; all else can be read"
            raise CorruptMap(path, reason) from error

    # --- jobs, their inputs, and what they returned

    def rows(self) -> Iterator[list[str]]:
        """Yield the rows of the first submission's item file: one for each job, with a text for each column.

        :raises CorruptMap: the file is damaged.
        """
        try:
            for submission in self.submissions.all()[:1]:
                self._check_items(submission)
            yield from rows_in(self.items(0), self.record.jobs)
        except (FileNotFoundError, ValueError) as error:
            raise CorruptMap(self.items(0), f"cannot be read ({error}), so {_NOT_AGAIN}") from error

    def check_sources(self, components: Collection[int]) -> None:
        """Check the function and the inputs of components, before they are sent again.

        :raises CorruptMap: one of them is missing or damaged.
        """
        check_function(self.path / names.FUNCTION)
        wanted = {row: list(of) for row, of in itertools.groupby(sorted(components), self.placement.first.row_of)}
        for row, columns in enumerate(self.rows()):
            if row in wanted:
                check_inputs(self._block_in(columns), wanted[row])
                for place in self._arguments_in(columns):
                    check_argument(self.arguments / place)

    def _block_in(self, columns: list[str]) -> Path:
        return self.path / names.INPUTS / columns[names.COLUMNS.index(names.INPUTS_COLUMN)]

    def _arguments_in(self, columns: list[str]) -> Iterator[str]:
        """Yield the places of the large arguments of a job, by its row."""
        inside = f"/{self.id}/{names.ARGUMENTS}/"
        for text in columns[len(names.COLUMNS) :]:
            yield from (path.partition(inside)[2] for path in text.split(",") if inside in path)

    def _check_items(self, submission: Submission) -> None:
        """Check the item file of a submission, if its checksum is known; raises CorruptMap, or FileNotFoundError."""
        path = self.items(submission.number)
        try:
            if submission.items is not None:
                check(path, submission.items)
        except ValueError as error:
            raise CorruptMap(path, f"cannot be used ({error}), nor its jobs") from error

    def input_block(self, component: int) -> Path:
        """Return the path of the file with a component's input.

        :raises CorruptMap: the item file has no row for it.
        """
        row = self.placement.first.row_of(component)
        columns = next(itertools.islice(self.rows(), row, None))
        return self._block_in(columns)

    @property
    def placement(self) -> Placement:
        """The jobs of the components, as :meth:`refresh` last read them."""
        if self._placement is None:
            with self._placing:
                if self._placement is None:
                    self._placement = Placement(self.path, self.record.job_sizes)
        return self._placement

    def refresh(self) -> bool:
        """Read the submissions of any process that came or went since, and return whether there were any. Cheap.

        :raises CorruptMap: the submissions or the item file of one are damaged.
        """
        try:
            if self.submissions.size() == self._refreshed:
                return False
            with self._placing:
                size = self.submissions.size()
                if size == self._refreshed:
                    return False  # another thread was quicker
                self._placement = self._after(self.submissions.all())
                self._refreshed = size
        except FileNotFoundError:
            return False  # nothing was submitted yet, or a process is deleting the item file of a refused submission
        return True

    def _after(self, submissions: list[Submission]) -> Placement:
        """Return the placement by these submissions, after checking what they say.

        A rerun counts when the schedd is known to have taken it: a vanished process may have left its intent alone.
        """
        reruns = [each for each in submissions if each.number and each.cluster is not None]
        for submission in reruns:
            self._check_items(submission)
        try:
            placement = self.placement.after(each.number for each in reruns)
        except (ValueError, IndexError) as error:  # an item file of 0.7.0, which has no checksum
            raise CorruptMap(self.items(reruns[-1].number), f"or one before it cannot be read ({error})") from error
        jobs = sum(each.jobs for each in submissions if not each.number)
        if jobs not in {0, self.record.jobs} or max(placement.again, default=0) >= self.record.components:
            raise CorruptMap(self.path / names.SUBMISSIONS, f"does not fit to a map with {self.record.jobs} jobs")
        return placement

    @property
    def own_jobs(self) -> str:
        """A ClassAd expression for all jobs of the map, and for no others, whatever clusters the files name.

        The schedd looks at every job in its queue for any expression, so one with the clusters is no faster.
        """
        return f"{names.MAP_ID} == {quoted(self.id)}"

    def some_own_jobs(self, jobs: Iterable[Job]) -> str:
        """Return a ClassAd expression for some jobs of the map, and for no others. The ad of a cluster is not among them."""
        clusters = {each.number: each.cluster for each in self.submissions.all()}
        rows: dict[int, list[int]] = {}
        for job in jobs:
            if (cluster := clusters.get(job.submission)) is not None:
                rows.setdefault(cluster, []).append(job.row)
        wanted = [f"(ClusterId == {cluster} && {among('ProcId', of)})" for cluster, of in rows.items()]
        return f"{self.own_jobs} && ({' || '.join(wanted) or 'false'})"

    def own_job(self, cluster: int, row: int) -> str:
        """Return a ClassAd expression for one job of the map, and for no other, whatever schedd is asked."""
        return f"ClusterId == {cluster} && ProcId == {row} && {self.own_jobs}"

    @property
    def events(self) -> Path:
        """The path of the event log of all the map's jobs."""
        return self.path / names.EVENTS

    def add_event(self, event: bytes) -> None:
        """Add an event to the log, which HTCondor does for its own jobs."""
        with open(self.events, "ab", buffering=0, opener=private_opener) as log:
            log.write(event)

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
        remove_checkpoints(self.path, components)

    def make_persistent(self) -> None:
        """Note that the user gave the map a tag."""
        (self.path / names.TRANSIENT).unlink(missing_ok=True)

    @property
    def is_transient(self) -> bool:
        """Whether the map still has a random tag. A file alone makes no map transient that was created with a tag.

        :raises CorruptMap: ``map.json`` cannot be read.
        """
        return (self.path / names.TRANSIENT).exists() and self.record.untagged

    @property
    def local_data(self) -> int:
        """The size of the map on disk, in bytes."""
        return size_below(os.fspath(self.path))
