"""The creation of a map's directory. Inputs come one by one, and are never all in memory at once."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FunctionType, TracebackType
from typing import Any, Union

from htmap_core import names
from htmap_core.exceptions import CannotStore
from htmap_core.files.locks import locked
from htmap_core.files.ownership import make_folder, private_opener
from htmap_core.storage import deletion, operations
from htmap_core.storage.content import source_lines
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.root import htmap_dir, make_htmap_dir
from htmap_core.storage.tags import claim_tag
from htmap_core.tags import check_tag
from htmap_run import frames

BLOCK_SIZE = 64 * 1024  # bytes: small enough that a job fetches few inputs of others, large enough to keep files few

Value = Union[str, Callable[[int], str]]
"""A job's value for a column of the item file, or what makes it of how many components the job has in the end."""


class Creation:
    """The creation of a map's directory, as a context manager. An exception in the ``with`` block deletes the directory.

    :param tag: the map's tag; None for a random one, which makes the map transient.
    :param sizes: how many components each job gets, one after the other, without end; asked when a job begins. By default one.
    :param columns: the names of item columns besides HTMap's own, one for each per-component option. A job with several
        components gets the value of the first.
    :param joined: the names of further item columns, and the separator of their values: a job gets the distinct values of all
        its components.
    :param root: the HTMAP_DIR in which it is made; that of the settings by default.
    :raises TagAlreadyExists: the tag is in use.
    :raises InvalidTag: no map can have this tag.
    """

    def __init__(
        self,
        tag: str | None,
        *,
        sizes: Iterable[int] = itertools.repeat(1),
        columns: Sequence[str] = (),
        joined: Mapping[str, str] | None = None,
        root: Path | None = None,
    ) -> None:
        self._root = root
        self._wanted_tag = None if tag is None else check_tag(tag)
        self._sizes = iter(sizes)
        self._room = 0
        self._joined = dict(joined or {})
        self.columns = (*names.COLUMNS, *columns, *self._joined)
        self.components = 0
        self.jobs = 0
        self.runs: list[tuple[int, int]] = []
        """How many jobs there are of one size, and that size, for each run of such jobs."""
        self._first = 0
        self._block: frames.Writer | None = None
        self._pending: list[bytes] = []  # of the block: to write inputs one by one would take half as long again
        self._written = self._flushed = 0  # bytes of the block, with those pending and without
        self._blocks = 0
        self._arguments = 0
        self._chunk_inputs = ""
        self._chunk_values: Sequence[Value] = ()
        self._chunk_joined: list[dict[str, None]] = []

    def __enter__(self) -> Creation:
        self.map_dir = MapDir((self._root or htmap_dir()) / names.MAPS / uuid.uuid4().hex)
        with storing(self.map_dir):
            root = make_htmap_dir(self._root)
            self._marker = root / names.CREATING / self.map_dir.id
            self._lock = contextlib.ExitStack()
            self._marked = self._lock.enter_context(locked(self._marker))
            self.tag = self._claim()
            self._items = open(self.map_dir.items(0), "w", encoding="utf-8", opener=private_opener)
        return self

    def _claim(self) -> str:
        try:
            self.map_dir.path.mkdir(mode=0o700)
            # HTCondor goes there before it runs a job. The folders below it are for all jobs, so none may put a file there.
            make_folder(self.map_dir.path / names.OUTPUTS / names.RETURN / names.REMAPPED)
            make_folder(self.map_dir.path / names.RETURN)
            operations.write(self._marked, self._wanted_tag or "")
            tag = claim_tag(self.map_dir.root, self.map_dir.id, self._wanted_tag)
            operations.write(self._marked, tag)
            if self._wanted_tag is None:
                (self.map_dir.path / names.TRANSIENT).touch(mode=0o600)
        except BaseException:
            shutil.rmtree(self.map_dir.path, ignore_errors=True)
            self._marker.unlink(missing_ok=True)
            self._lock.close()
            raise
        return tag

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # on a full disk closing fails too, but the user should see the first error
            self._items.close()
        if self._block is not None:  # the creation has failed
            self._block.close()
        if kind is None:
            self._marker.unlink(missing_ok=True)
        elif issubclass(kind, Exception) or not self.map_dir.submissions.all():
            deletion.undo_creation(operations.Operation(self._marker, self.map_dir, self.tag))
        # Otherwise Ctrl-C came when the schedd may have had the jobs already. The next command finds out, as after a crash.
        self._lock.close()

    def add_function(self, payload: bytes, record: Mapping[str, Any], sources: Iterable[FunctionType] = ()) -> None:
        """Store the pickled function, and *record*, which the execute side reads before it unpickles the function.

        :param sources: the functions whose lines of source are stored, for reports on errors.
        """
        with storing(self.map_dir):
            with frames.Writer(self.map_dir.path / names.FUNCTION) as writer:
                writer.add(frames.FUNCTION, record=record, payload=payload)
            source_lines.write(self.map_dir.path / names.SOURCE_LINES, sources)

    def add_runtime(self, archive: bytes) -> None:
        """Store the archive that jobs run."""
        with storing(self.map_dir):
            self.map_dir.write_program(names.RUNTIME, archive)

    def add_argument(self, payload: bytes) -> tuple[str, Path]:
        """Store a pickled argument in a file of its own, for all calls that have it.

        :returns: its place in the folder of arguments, by which pickles name it, and the path of the file.
        """
        number = self._arguments
        self._arguments += 1
        place = f"{number // names.ENTRIES_PER_DIRECTORY}/{names.ARGUMENT.format(number=number)}"
        path = self.map_dir.arguments / place
        with storing(self.map_dir):
            if number % names.ENTRIES_PER_DIRECTORY == 0:
                make_folder(path.parent)
            with frames.Writer(path) as writer:
                writer.add(frames.INPUT, payload=payload)
        return place, path

    @property
    def chunksize(self) -> int:
        """The most components that share a job."""
        return max(size for _, size in self.runs)

    @property
    def has_equal_jobs(self) -> bool:
        """Whether all jobs but perhaps the last one have as many components as the first."""
        first, *others = self.runs
        return not others or (len(others) == 1 and others[0][0] == 1 and others[0][1] < first[1])

    @property
    def begins_job(self) -> bool:
        """Whether the next component is the first one of a job."""
        return not self._room

    def add_input(
        self,
        payload: bytes,
        values: Sequence[Value] = (),
        joined: Sequence[Iterable[str]] = (),
        files: Sequence[Sequence[str]] = (),
        by_value: bool = False,
    ) -> None:
        """Store the pickled input of the next component.

        :param values: the component's value for each of the columns besides HTMap's own.
        :param joined: the component's values for each of the joined columns.
        :param files: the entries for the component's input files, for the execute side.
        :param by_value: whether the pickle contains code by value.
        """
        if self.begins_job:
            size = next(self._sizes)
            with storing(self.map_dir):
                self._end_chunk()
                self._begin_chunk(len(payload), values)
            self._room = size
        for known, more in zip(self._chunk_joined, joined):
            known.update(dict.fromkeys(more))
        record: dict[str, Any] = {"files": files} if files else {}
        if by_value:
            record["by_value"] = True
        parts = frames.parts(frames.INPUT, self.components, record, payload)
        self._pending += parts
        self._written += sum(map(len, parts))
        if self._written - self._flushed >= BLOCK_SIZE:
            with storing(self.map_dir):
                self._flush()
        self.components += 1
        self._room -= 1

    def finish(self) -> None:
        """Write the last block and the last row: the inputs are complete then."""
        with storing(self.map_dir):
            self._end_chunk()
            self._end_block()
            self._items.close()

    def _begin_chunk(self, size: int, values: Sequence[Value]) -> None:
        crowded = self._written and size >= BLOCK_SIZE
        if self._block is None or self._written >= BLOCK_SIZE or crowded:
            self._end_block()
            self._begin_block()
        self._chunk_values = values
        self._chunk_joined = [{} for _ in self._joined]

    def _end_chunk(self) -> None:
        """Write the row of a job that has all its components."""
        if not self.components:
            return
        first, last = self._first, self.components - 1
        components = str(first) if first == last else f"{first}-{last}"
        joined = [separator.join(values) for separator, values in zip(self._joined.values(), self._chunk_joined)]
        values = [value if isinstance(value, str) else value(last - first + 1) for value in self._chunk_values]
        row = (str(first), components, self._chunk_inputs, Job(0, self.jobs).output, *values, *joined)
        self._items.write(names.ITEM_SEPARATOR.join(row) + "\n")
        self.jobs += 1
        self._first = self.components
        self._note_size(last - first + 1)

    def _note_size(self, size: int) -> None:
        jobs, known = self.runs.pop() if self.runs else (0, size)
        self.runs += [(jobs + 1, size)] if size == known else [(jobs, known), (1, size)]

    def _begin_block(self) -> None:
        shard = self._blocks // names.ENTRIES_PER_DIRECTORY
        self._chunk_inputs = f"{shard}/{names.INPUT_BLOCK.format(block=self._blocks)}"
        path = self.map_dir.path / names.INPUTS / self._chunk_inputs
        if self._blocks % names.ENTRIES_PER_DIRECTORY == 0:
            make_folder(path.parent)
        self._block = frames.Writer(path)
        self._blocks += 1

    def _end_block(self) -> None:
        if self._block is not None:
            self._flush()
            self._block.close()
        self._block, self._written, self._flushed = None, 0, 0

    def _flush(self) -> None:
        """Write the inputs that are pending."""
        assert self._block is not None
        self._block.add_parts(self._pending)
        self._pending.clear()
        self._flushed = self._written


@contextlib.contextmanager
def storing(map_dir: MapDir) -> Iterator[None]:
    """Turn an OSError in the block into :class:`CannotStore`. The user's iterables must not run inside the block."""
    try:
        yield
    except OSError as error:
        raise CannotStore(str(error.filename or map_dir.path), error.strerror or str(error)) from error
