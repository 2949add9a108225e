"""The directory of one map."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from htmap_core import names
from htmap_core.condor import eventlog
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CorruptMap, MadeByNewerHTMap, UnsafePath
from htmap_core.files.atomic import write_atomically
from htmap_core.files.folders import remove_tree, size_below
from htmap_core.files.ownership import private_opener
from htmap_core.files.reading import UNREADABLE, open_file, read_file
from htmap_core.files.sealed import check, checksum_of
from htmap_core.language.expressions import among, quoted
from htmap_core.settings.trust import check_entry
from htmap_core.storage.content.checkpoints import remove_checkpoints
from htmap_core.storage.content.inputs import Inputs, check_argument, check_inputs, read_inputs
from htmap_core.storage.executors import keys
from htmap_core.storage.faults.damage import told_as_damage
from htmap_core.storage.jobs import Job, Placement, Portion, rows_in
from htmap_core.storage.outputs import Outputs
from htmap_core.storage.portions.files import NOT_AGAIN, PortionFiles
from htmap_core.storage.portions.growth_record import Added
from htmap_core.storage.record import MapRecord, pool_from, record_from, record_text
from htmap_core.storage.submissions import Submission, Submissions
from htmap_core.wording import counted, in_shell
from htmap_run.files import checkpoints

_UNFINISHED = "is missing: the creation of the map did not finish"
_FIRST_EVENTS = 4096  # bytes


class MapDir(PortionFiles):
    """The directory of one map. Only this class knows its paths. Threads can share it.

    The files of what the map was made with are its own; see :meth:`files_of` for those of what was added.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._folder, self._removal = (
            str(path),
            str(self.removal),
        )  # who waits looks often; a Path takes longer than the call
        self._record: MapRecord | None = None
        self._machine: str | None = None
        self._placement: Placement | None = None
        self._refreshed = -1
        self._placing = threading.RLock()  # else a thread that has read less could have the last word
        self.submissions: Submissions = Submissions(path / names.SUBMISSIONS)
        self.outputs: Outputs = Outputs(path / names.OUTPUTS)

    @property
    def exists(self) -> bool:
        """Whether the map exists, damaged or not, and its removal has not begun."""
        return os.path.lexists(self._folder) and not os.path.lexists(self._removal)

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
                check_entry(self.path, "a map", f"`rm -r {in_shell(self.path)}` deletes it")
                with told_as_damage(path, "the map cannot be used", missing=_UNFINISHED):
                    self._record = record_from(read_file(path), path, self.root)
            except UnsafePath as error:
                raise CorruptMap(self.path, f"is not read. {error}") from error
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
            with contextlib.suppress(*UNREADABLE):
                return pool_from(read_file(error.path), self.root)
            raise

    def _logged_machine(self) -> str | None:
        try:
            with open_file(self.events) as file:
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

    def items(self, submission: int) -> Path:
        """Return the path of the item file of a submission."""
        return self.path / names.ITEMS.format(submission=submission)

    def write_items(self, submission: int, rows: Iterable[Iterable[str]]) -> None:
        """Write the item file of the next submission: a row for each job, with a text for each column."""
        with open(self.items(submission), "w", encoding="utf-8", opener=private_opener) as file:
            file.writelines(names.ITEM_SEPARATOR.join(row) + "\n" for row in rows)

    def intend(self, jobs: int, *, late: bool, held: bool, added: Added | None = None) -> Submission:
        """Write the intent to submit the jobs of the next item file, which is complete.

        :param added: the components that they add to the map; None if it has them already.
        """
        items = checksum_of(self.items(self.submissions.next_number()))
        return self.submissions.intend(jobs, late=late, held=held, items=items, added=added)

    def next_submission(self) -> int:
        """Return the number of the next submission of a map that has been submitted before.

        A disk that was full, or a host that lost its power, may have cost the ledger its last entries, or all. It would give
        their numbers, and so their files, to others.

        :raises CorruptMap: the ledger is damaged, or lacks entries.
        """
        number = self.submissions.next_number()
        if not number or any(each >= number for each in self.outputs.submissions()):
            raise self.submissions.lacks_entries()
        return number

    def check(self) -> None:
        """Check all small files of the map that have checksums; raises CorruptMap, or FileNotFoundError."""
        _, _, _ = self.record, self.read_submit(), self.source_lines
        for submission in self.submissions.all():
            self._check_items(submission)
            if submission.added is not None:
                files = self.files_of(submission.number)
                _, _ = files.read_submit(), files.source_lines
        self.refresh()
        for portion in self.placement.portions:
            keys.read(self.files_of(portion.submission).path, portion.components, portion.first)

    def files_of(self, submission: int) -> PortionFiles:
        """Return the function, the archive and the description of the components whose first jobs a submission has."""
        return PortionFiles(self.path, submission) if submission else self

    def added(self) -> dict[int, Added]:
        """Return what was added to the map, by the submissions that have it first; in order.

        :raises CorruptMap: the ledger is damaged.
        """
        taken = [each for each in self.submissions.all() if each.cluster is not None]
        return {each.number: each.added for each in taken if each.added is not None}

    def chunking(self) -> list[Mapping[str, Any] | None]:
        """Return why HTMap has chosen the sizes of jobs of each portion; None where the user has."""
        return [self.record.chunking, *(each.chunking for each in self.added().values())]

    def clear_unsubmitted(self) -> None:
        """Delete what there is of submissions that no schedd has, such as those that were taken back.

        These are their item files, what was to be added, and what jobs have returned that ended before they were removed.

        :raises CorruptMap: the ledger is damaged, or lacks entries. Nothing was deleted.
        """
        self.next_submission()
        known, items = {each.number for each in self.submissions.all()}, names.ITEMS.format(submission="*")
        written = (*self.path.glob(items), *(self.path / names.ADDED).glob("*"), *(self.path / names.OUTPUTS).glob("*"))
        for path in written:
            number = path.name.rpartition("-")[2]
            if number.isdecimal() and number.isascii() and int(number) not in known:
                remove_tree(path)

    def remove_items(self, submission: int) -> None:
        """Remove the item file of a submission that was refused."""
        self.items(submission).unlink(missing_ok=True)

    # --- jobs, their inputs, and what they returned

    def rows(self, submission: int = 0) -> Iterator[list[str]]:
        """Yield the rows of an item file: one for each job, with a text for each column.

        :param submission: the first one of a portion.
        :raises CorruptMap: the file is damaged.
        """
        for each in self.submissions.all():
            if each.number == submission:
                with told_as_damage(self.items(submission), NOT_AGAIN, missing=f"is missing, so {NOT_AGAIN}"):
                    self._check_items(each)
        found = rows_in(self.items(submission), self.placement.portion(submission).jobs)
        with contextlib.closing(found):
            while True:
                with told_as_damage(self.items(submission), NOT_AGAIN, missing=f"is missing, so {NOT_AGAIN}"):
                    row = next(found, None)
                if row is None:
                    return
                yield row

    def check_sources(self, components: Collection[int]) -> None:
        """Check the function and the inputs of components, before they are sent again.

        :raises CorruptMap: one of them is missing or damaged.
        """
        for portion, of_portion in self.placement.by_portion(sorted(components)).items():
            files = self.files_of(portion.submission)
            files.check_function()
            wanted = {row: list(of) for row, of in itertools.groupby(of_portion, portion.row_of)}
            for row, columns in enumerate(self.rows(portion.submission)):
                if row in wanted:
                    check_inputs(self._block_in(portion, columns), wanted[row])
                    for path in files.arguments_in(columns):
                        check_argument(path)

    def _block_in(self, portion: Portion, columns: list[str]) -> Path:
        folder = self.files_of(portion.submission).path / names.INPUTS
        return folder / columns[names.COLUMNS.index(names.INPUTS_COLUMN)]

    def arguments_of(self, component: int) -> Callable[[str], str]:
        """Return what finds the files of the large parts of a component's input, by their names."""
        files = self.files_of(self.placement.portion_of(component).submission)
        return lambda name: os.fspath(files.argument(name))

    def _check_items(self, submission: Submission) -> None:
        """Check the item file of a submission, if its checksum is known; raises CorruptMap, or FileNotFoundError."""
        path = self.items(submission.number)
        with told_as_damage(path, "its jobs cannot be used either"):
            if submission.items is not None:
                check(path, submission.items)

    def input_block(self, component: int) -> Path:
        """Return the path of the file with a component's input.

        :raises CorruptMap: the item file has no row for it.
        """
        portion = self.placement.portion_of(component)
        columns = next(itertools.islice(self.rows(portion.submission), portion.row_of(component), None))
        return self._block_in(portion, columns)

    def inputs(self, first: int = 0) -> Iterator[tuple[int, Inputs]]:
        """Yield the components from *first* on, each with the block that has its input. Each block is opened once.

        :raises CorruptMap: an item file or a block is damaged.
        """
        for portion in self.placement.portions:
            if portion.components.stop <= first:
                continue
            path, block = None, None
            for row, columns in enumerate(self.rows(portion.submission)):
                if (other := self._block_in(portion, columns)) != path:
                    path, block = other, None
                for component in portion.components_of(row):
                    if component >= first:
                        block = block or read_inputs(other)
                        yield component, block

    @property
    def placement(self) -> Placement:
        """The jobs of the components, as :meth:`refresh` last read them."""
        if self._placement is None:
            with self._placing:
                if self._placement is None:
                    made = Portion(self.record.job_sizes, options=self.record.options)
                    self._placement = Placement(self.path, (made,))
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

        A rerun or a growth counts when the schedd is known to have taken it: a vanished process may have left its intent alone.
        """
        taken = [each for each in submissions if each.cluster is not None]
        reruns = [each for each in taken if each.is_rerun]
        for submission in reruns:
            self._check_items(submission)
        known = {portion.submission: portion for portion in self.placement.portions}
        added = [known.get(each.number) or each.added.portion(each.number) for each in taken if each.added is not None]
        last = self.items(reruns[-1].number if reruns else 0)
        with told_as_damage(last, "it or one before it does not tell which components ran again"):
            placement = self.placement.after((each.number for each in reruns), added)
        jobs = sum(each.jobs for each in submissions if not each.number)
        ends = [portion.components.stop for portion in placement.portions[:-1]]
        are_in_order = ends == [portion.first for portion in added]
        if (
            jobs not in {0, self.record.jobs}
            or max(placement.again, default=0) >= placement.components
            or not are_in_order
        ):
            raise CorruptMap(
                self.path / names.SUBMISSIONS, f"does not fit to a map with {counted(self.record.jobs, 'job')}"
            )
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

    def own_cluster(self, cluster: int) -> str:
        """Return a ClassAd expression for all jobs of a cluster, also those that the schedd makes later, and for no others."""
        return f"ClusterId == {cluster} && {self.own_jobs}"

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
            return read_file(self.path / names.STATE)
        except OSError:
            return None  # without the cache, the caller reads the event log

    def write_state(self, content: bytes) -> None:
        """Write the cached state of the event log. If that fails, the older one stays, from which readers go on."""
        with contextlib.suppress(OSError):
            write_atomically(self.path / names.STATE, content)

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
