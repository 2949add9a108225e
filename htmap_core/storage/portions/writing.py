"""Writing one portion of a map. Inputs come one by one, and are never all in memory at once."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any, Union

from htmap_core import names
from htmap_core.files.ownership import make_folder, private_opener
from htmap_core.storage.content import source_lines
from htmap_core.storage.content.inputs import is_stored
from htmap_core.storage.executors import keys
from htmap_core.storage.executors.keys import CallKey
from htmap_core.storage.faults.storing import storing
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_run import frames
from htmap_run.arguments import RECORDED

BLOCK_SIZE = 64 * 1024  # bytes: small enough that a job fetches few inputs of others, large enough to keep files few

Content = Union[bytes, bytearray, memoryview]

Value = Union[str, Callable[[int], str]]
"""A job's value for a column of the item file, or what makes it of how many components the job has in the end."""


class Writing:
    """The files of one portion of a map while they are written.

    :param sizes: how many components each job gets, one after the other, without end; asked when a job begins.
    :param columns: the names of item columns besides HTMap's own, one for each per-component option. A job with several
        components gets the value of the first.
    :param joined: the names of further item columns, and the separator of their values: a job gets the distinct values of all
        its components.
    :param submission: the submission of the portion's first jobs.
    :param first: the index of its first component.
    :ivar components: how many components it has so far.
    :ivar jobs: how many jobs these have.
    :ivar tag: the map's tag.
    """

    map_dir: MapDir
    tag: str

    def __init__(
        self,
        *,
        sizes: Iterable[int] = itertools.repeat(1),
        columns: Sequence[str] = (),
        joined: Mapping[str, str] | None = None,
        submission: int = 0,
        first: int = 0,
    ) -> None:
        self.submission, self.first = submission, first
        self._sizes = iter(sizes)
        self._room = 0
        self._joined = dict(joined or {})
        self.columns = (*names.COLUMNS, *columns, *self._joined)
        self.components = 0
        self.jobs = 0
        self.runs: list[tuple[int, int]] = []
        """How many jobs there are of one size, and that size, for each run of such jobs."""
        self._begun = 0  # components, before the present job
        self._block: frames.Writer | None = None
        self._pending: list[Content] = []  # of the block: to write inputs one by one would take half as long again
        self._written = self._flushed = 0  # bytes of the block, with those pending and without
        self._blocks = 0
        self.new_arguments: list[Path] = []
        """The files of large parts that the map did not have."""
        self._keys: list[CallKey] = []
        self._chunk_inputs = ""
        self._chunk_values: Sequence[Value] = ()
        self._chunk_joined: list[dict[str, None]] = []

    def open_items(self) -> None:
        """Begin the item file. The map's directory exists."""
        self.files = self.map_dir.files_of(self.submission)
        self._items = open(self.map_dir.items(self.submission), "w", encoding="utf-8", opener=private_opener)

    def close(self) -> None:
        """Close what is open, also after an error."""
        with contextlib.suppress(OSError):  # on a full disk closing fails too, but the user should see the first error
            self._items.close()
        if self._block is not None:  # the writing has failed
            self._block.close()

    def add_function(self, payload: bytes, record: Mapping[str, Any], sources: Iterable[FunctionType] = ()) -> None:
        """Store the pickled function, and *record*, which the execute side reads before it unpickles the function.

        :param sources: the functions whose lines of source are stored, for reports on errors.
        """
        with storing(self.map_dir.path):
            with frames.Writer(self.files.path / names.FUNCTION) as writer:
                writer.add(frames.FUNCTION, record=record, payload=payload)
            source_lines.write(self.files.path / names.SOURCE_LINES, sources)

    def add_runtime(self, archive: bytes) -> None:
        """Store the archive that jobs run."""
        with storing(self.map_dir.path):
            self.files.write_program(names.RUNTIME, archive)

    def add_argument(self, name: str, content: Content) -> Path:
        """Store a large part of a function or an input in a file of its own, for all of the map that has it; return its path.

        :param name: its name, which follows from its content.
        """
        path = self.map_dir.argument(name)
        with storing(self.map_dir.path):
            if is_stored(path, len(content)):
                return path
            make_folder(path.parent)
            path.unlink(missing_ok=True)  # a killed process has left a part of it, or it is damaged
            self.new_arguments.append(path)
            with frames.Writer(path) as writer:
                writer.add(frames.INPUT, payload=content)
        return path

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
        fingerprint: str | None = None,
        arguments: Iterable[str] = (),
        key: CallKey | None = None,
    ) -> None:
        """Store the pickled input of the next component.

        :param values: the component's value for each of the columns besides HTMap's own.
        :param joined: the component's values for each of the joined columns.
        :param files: the entries for the component's input files, for the execute side.
        :param by_value: whether the pickle contains code by value.
        :param fingerprint: the digest of the input, where its pickle does not tell whether another is the same.
        :param arguments: the names of its large parts.
        :param key: by what an executor finds the call again. All components have one, or none.
        """
        if self.begins_job:
            size = next(self._sizes)
            with storing(self.map_dir.path):
                self._end_chunk()
                self._begin_chunk(len(payload), values)
            self._room = size
        for known, more in zip(self._chunk_joined, joined):
            known.update(dict.fromkeys(more))
        record: dict[str, Any] = {"files": files} if files else {}
        if by_value:
            record["by_value"] = True
        if fingerprint is not None:
            record["fingerprint"] = fingerprint
        if arguments:
            record[RECORDED] = [*arguments]
        if key is not None:
            is_here = key.instead_of is not None and key.instead_of < self.first  # else it is of a map that was removed
            self._keys.append(key if is_here else key._replace(instead_of=None))
        parts = frames.parts(frames.INPUT, self.first + self.components, record, payload)
        self._pending += parts
        self._written += sum(map(len, parts))
        if self._written - self._flushed >= BLOCK_SIZE:
            with storing(self.map_dir.path):
                self._flush()
        self.components += 1
        self._room -= 1

    def finish(self) -> None:
        """Write the last block and the last row: the inputs are complete then."""
        with storing(self.map_dir.path):
            self._end_chunk()
            self._end_block()
            self._items.close()
            if self._keys:
                keys.write(self.files.path, self._keys)

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
        first, last = self.first + self._begun, self.first + self.components - 1
        components = str(first) if first == last else f"{first}-{last}"
        joined = [separator.join(values) for separator, values in zip(self._joined.values(), self._chunk_joined)]
        values = [value if isinstance(value, str) else value(last - first + 1) for value in self._chunk_values]
        row = (str(first), components, self._chunk_inputs, Job(self.submission, self.jobs).output, *values, *joined)
        self._items.write(names.ITEM_SEPARATOR.join(row) + "\n")
        self.jobs += 1
        self._begun = self.components
        self._note_size(last - first + 1)

    def _note_size(self, size: int) -> None:
        jobs, known = self.runs.pop() if self.runs else (0, size)
        self.runs += [(jobs + 1, size)] if size == known else [(jobs, known), (1, size)]

    def _begin_block(self) -> None:
        shard = self._blocks // names.ENTRIES_PER_DIRECTORY
        self._chunk_inputs = f"{shard}/{names.INPUT_BLOCK.format(block=self._blocks)}"
        path = self.files.path / names.INPUTS / self._chunk_inputs
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
