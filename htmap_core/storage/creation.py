"""The creation of a map's directory."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from htmap_core import names
from htmap_core.files.locks import locked
from htmap_core.files.ownership import make_folder
from htmap_core.storage import deletion, operations
from htmap_core.storage.content.formats import GROWS
from htmap_core.storage.faults.storing import storing
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.portions.writing import Writing
from htmap_core.storage.root import htmap_dir, make_htmap_dir
from htmap_core.storage.tags import claim_tag
from htmap_core.tags import check_tag


class Creation(Writing):
    """The creation of a map's directory, as a context manager. An exception in the ``with`` block deletes the directory.

    The parameters that are not told here are those of :class:`~htmap_core.storage.portions.writing.Writing`.

    :param tag: the map's tag; None for a random one, which makes the map transient.
    :param root: the HTMAP_DIR in which it is made; that of the settings by default.
    :param replaces: the map that has the tag, and keeps it until the caller has seen to that.
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
        replaces: MapDir | None = None,
    ) -> None:
        super().__init__(sizes=sizes, columns=columns, joined=joined)
        self._root = root
        self._replaces = replaces
        self._wanted_tag = None if tag is None else check_tag(tag)

    def __enter__(self) -> Creation:
        self.map_dir = MapDir((self._root or htmap_dir()) / names.MAPS / uuid.uuid4().hex)
        with storing(self.map_dir.path):
            root = make_htmap_dir(self._root)
            self._marker = root / names.CREATING / self.map_dir.id
            self._lock = contextlib.ExitStack()
            self._marked = self._lock.enter_context(locked(self._marker))
            self.tag = self._claim()
            self.open_items()
        return self

    def _claim(self) -> str:
        replaces: dict[str, Any] = {} if self._replaces is None else {"replaces": self._replaces.id, "needs": GROWS}
        try:
            self.map_dir.path.mkdir(mode=0o700)
            # HTCondor goes there before it runs a job. The folders below it are for all jobs, so none may put a file there.
            make_folder(self.map_dir.path / names.OUTPUTS / names.RETURN / names.REMAPPED)
            make_folder(self.map_dir.path / names.RETURN)
            operations.write(self._marked, self._wanted_tag or "", **replaces)
            if self._replaces is not None:
                return self._wanted_tag or ""
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
        self.close()
        if kind is None:
            self._marker.unlink(missing_ok=True)
        elif issubclass(kind, Exception) or not self.map_dir.submissions.all():
            deletion.undo_creation(operations.Operation(self._marker, self.map_dir, self.tag))
        # Otherwise Ctrl-C came when the schedd may have had the jobs already. The next command finds out, as after a crash.
        self._lock.close()
