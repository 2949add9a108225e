"""The making of a map's directory: inputs come one by one and are never held all at once."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

from htmap_core import names
from htmap_core.atomic import locked
from htmap_core.storage import deletion, operations
from htmap_core.storage.exceptions import CannotStore
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.root import htmap_dir, make_htmap_dir
from htmap_core.storage.tags import claim_tag
from htmap_core.tags import check_tag
from htmap_run import formats

BLOCK_SIZE = 64 * 1024  # bytes: what a job fetches besides its own inputs stays small, and so does the number of files


class Creation:
    """A map that is being made. Leaving the ``with`` block by an exception leaves nothing behind.

    :param tag: the map's tag; None for a random one, which makes the map transient.
    :param chunksize: how many components share a job.
    :param columns: the names of item columns beyond HTMap's own, one for each per-component option. Of a job that has several
        components, the value of the first is taken.
    :param joined: the names of further columns, and what separates the values of the components that share a job; a value
        that several of them have stands there once, an empty one not at all.
    :raises TagAlreadyExists: the tag is in use.
    :raises InvalidTag: no map can have this tag.
    """

    def __init__(
        self,
        tag: str | None,
        *,
        chunksize: int = 1,
        columns: Sequence[str] = (),
        joined: Mapping[str, str] | None = None,
    ) -> None:
        self._wanted_tag = None if tag is None else check_tag(tag)
        self._chunksize = chunksize
        self._joined = dict(joined or {})
        self.columns = (*names.COLUMNS, *columns, *self._joined)
        self.components = 0
        self.jobs = 0
        self._block: formats.PackWriter | None = None
        self._sizes: list[int] = []
        self._files: dict[int, Sequence[Sequence[str]]] = {}
        self._with_code: list[int] = []
        self._written = 0
        self._blocks = 0
        self._chunk_inputs = ""
        self._chunk_values: Sequence[str] = ()
        self._chunk_joined: list[dict[str, None]] = []

    def __enter__(self) -> Creation:
        root = htmap_dir()
        self.map_dir = MapDir(root / names.MAPS / uuid.uuid4().hex)
        with storing(self.map_dir):
            make_htmap_dir()
            self._marker = root / names.CREATING / self.map_dir.id
            self._lock = contextlib.ExitStack()
            self._marked = self._lock.enter_context(locked(self._marker))
            self.tag = self._claim()
            self._items = self.map_dir.items(0).open("w", encoding="utf-8")
        return self

    def _claim(self) -> str:
        try:
            self.map_dir.path.mkdir()
            operations.write(self._marked, self._wanted_tag or "")
            tag = claim_tag(self.map_dir.root, self.map_dir.id, self._wanted_tag)
            operations.write(self._marked, tag)
            if self._wanted_tag is None:
                (self.map_dir.path / names.TRANSIENT).touch()
        except BaseException:
            shutil.rmtree(self.map_dir.path, ignore_errors=True)
            self._marker.unlink(missing_ok=True)
            self._lock.close()
            raise
        return tag

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(
            OSError
        ):  # a full disk makes closing fail again; the first error is on its way already
            self._items.close()
        if self._block is not None:
            self._block.__exit__(None, None, None)  # drops what is half-written
        if kind is None:
            self._marker.unlink(missing_ok=True)
        elif issubclass(kind, Exception) or not self.map_dir.submissions.all():
            deletion.undo_creation(operations.Operation(self._marker, self.map_dir, self.tag))
        # Else Ctrl-C came when the schedd had the jobs, or may have had: as after a crash, the next command finds out.
        self._lock.close()

    def add_function(self, payload: bytes, index: Mapping[str, Any]) -> None:
        """Store the pickled function, and what the execute side must know before it unpickles it."""
        with storing(self.map_dir), formats.PackWriter(self.map_dir.path / names.FUNCTION) as writer:
            writer.close({**index, "payload": writer.add(payload)})

    def add_runtime(self, archive: bytes) -> None:
        """Store the archive that runs on the execute node."""
        with storing(self.map_dir):
            self.map_dir.runtime.write_bytes(archive)
            self.map_dir.runtime.chmod(0o755)

    def add_input(
        self,
        payload: bytes,
        values: Sequence[str] = (),
        joined: Sequence[Iterable[str]] = (),
        files: Sequence[Sequence[str]] = (),
        by_value: bool = False,
    ) -> None:
        """Store the pickled input of the next component.

        :param values: the component's value in each of the columns beyond HTMap's own.
        :param joined: the component's values in each of the joined columns.
        :param files: what the execute side must know of its input files.
        :param by_value: whether code in the input goes by value.
        """
        with storing(self.map_dir):
            if self.components % self._chunksize == 0:
                self._end_chunk()
                self._begin_chunk(len(payload), values)
            for known, more in zip(self._chunk_joined, joined):
                known.update(dict.fromkeys(more))
            assert self._block is not None
            self._block.add(payload)
            self._sizes.append(len(payload))
            if files:
                self._files[self.components] = files
            if by_value:
                self._with_code.append(self.components)
            self._written += len(payload)
            self.components += 1

    def finish(self) -> None:
        """Write the last block and the last rows; from here on the inputs are complete."""
        with storing(self.map_dir):
            self._end_chunk()
            self._end_block()
            self._items.close()

    def _begin_chunk(self, size: int, values: Sequence[str]) -> None:
        crowded = self._written and size >= BLOCK_SIZE
        if self._block is None or self._written >= BLOCK_SIZE or crowded:
            self._end_block()
            self._begin_block()
        self._chunk_values = values
        self._chunk_joined = [{} for _ in self._joined]

    def _end_chunk(self) -> None:
        """Write the row of the job whose components are complete."""
        if not self.components:
            return
        first = self.jobs * self._chunksize
        last = self.components - 1
        components = str(first) if first == last else f"{first}-{last}"
        joined = [separator.join(values) for separator, values in zip(self._joined.values(), self._chunk_joined)]
        row = (str(first), components, self._chunk_inputs, Job(0, self.jobs).output, *self._chunk_values, *joined)
        self._items.write(names.ITEM_SEPARATOR.join(row) + "\n")
        self.jobs += 1

    def _begin_block(self) -> None:
        shard = self._blocks // names.ENTRIES_PER_DIRECTORY
        self._chunk_inputs = f"{shard}/{names.INPUT_BLOCK.format(block=self._blocks)}"
        path = self.map_dir.path / names.INPUTS / self._chunk_inputs
        if self._blocks % names.ENTRIES_PER_DIRECTORY == 0:
            path.parent.mkdir(parents=True)
        self._block = formats.PackWriter(path)
        self._first = self.components
        self._blocks += 1

    def _end_block(self) -> None:
        if self._block is not None:
            files = {"files": self._files} if self._files else {}
            index = {"format": 1, "first": self._first, "sizes": self._sizes, "by_value": self._with_code, **files}
            self._block.close(index)
        self._block, self._sizes, self._files, self._with_code, self._written = None, [], {}, [], 0


@contextlib.contextmanager
def storing(map_dir: MapDir) -> Iterator[None]:
    """Say what could not be written, and where; errors of the user's own iterables never pass through here."""
    try:
        yield
    except OSError as error:
        raise CannotStore(str(error.filename or map_dir.path), error.strerror or str(error)) from error
