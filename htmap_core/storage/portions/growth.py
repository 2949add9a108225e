"""The growth of a map: components that are added to it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType

from htmap_core import names
from htmap_core.exceptions import BusyMap, MapWasRemoved
from htmap_core.files.folders import remove_tree
from htmap_core.files.ownership import make_folder
from htmap_core.storage import operations
from htmap_core.storage.content.formats import GROWS
from htmap_core.storage.faults.storing import NOTHING_CHANGED, storing
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.portions.writing import Writing


class Growth(Writing):
    """The growth of a map, as a context manager. An exception in the ``with`` block leaves the map as it was.

    Nobody runs components again or adds others meanwhile. The components count as soon as it is known that the schedd has their
    jobs. The parameters that are not told here are those of :class:`~htmap_core.storage.portions.writing.Writing`.

    :param first: how many components the map has, as far as the caller knows.
    :raises BusyMap: another thread or process is adding components or running some again, or has just added some.
    :raises MapWasRemoved: another process has removed or replaced the map.
    """

    def __init__(
        self,
        map_dir: MapDir,
        tag: str,
        first: int,
        *,
        sizes: Iterable[int] = itertools.repeat(1),
        columns: Sequence[str] = (),
        joined: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sizes=sizes, columns=columns, joined=joined, first=first)
        self.map_dir, self.tag = map_dir, tag

    def __enter__(self) -> Growth:
        self._performed = operations.perform(names.RERUNNING, self.map_dir, self.tag, needs=GROWS)
        self._performed.__enter__()
        try:
            self._check_length()
            self.submission = self.map_dir.next_submission()
            self.files = self.map_dir.files_of(self.submission)
            with storing(self.map_dir.path, NOTHING_CHANGED):
                remove_tree(self.files.path)  # the remains of an interrupted attempt
                make_folder(self.files.path)
                self.open_items()
        except BaseException as error:
            self._performed.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def _check_length(self) -> None:
        if not self.map_dir.exists:  # who replaces a map holds the same marker
            raise MapWasRemoved(self.tag)
        self.map_dir.refresh()
        if self.map_dir.placement.components != self.first:
            raise BusyMap(self.tag, names.RERUNNING)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        # After Ctrl-C, when the schedd may have had the jobs already, the next command finds out, as after a crash.
        if kind is not None and issubclass(kind, Exception):
            remove_tree(self.files.path)
            for path in self.new_arguments:
                path.unlink(missing_ok=True)
            self.map_dir.remove_items(self.submission)
        self._performed.__exit__(kind, error, trace)
