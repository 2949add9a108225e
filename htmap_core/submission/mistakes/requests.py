"""What the jobs of a map ask for, compared with what is sent to them: disk space for files, memory for what is unpickled."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

import attrs

from htmap_core.contract.options import MapOptions
from htmap_core.language import amounts
from htmap_core.results.pickling import Pickled
from htmap_core.storage.portions.writing import Value
from htmap_core.submission.files.arguments import LARGE
from htmap_core.user_warnings import SuspiciousMap, TooLargeInputFiles, TooLittleMemory

_KIB = 1024
_WITHOUT_UNIT = {"request_memory": "MB", "request_disk": "KB"}  # what HTCondor takes a number for


@attrs.define
class _Request:
    """One of the two requests, and the component that is worst off by it.

    :param name: the option.
    :param place: its place among the values of a component; None if all ask for the same.
    :param given: what all ask for; None if they differ.
    :param common: the bytes that each component needs at least.
    """

    name: str
    place: Optional[int]
    given: Any
    common: int = 0
    worst: Optional[tuple[int, int, str]] = None

    @classmethod
    def of(cls, name: str, options: MapOptions, columns: Sequence[str]) -> _Request:
        place = columns.index(name) if name in columns else None
        return cls(name, place, options.text(name) if place is None else None)

    def note(self, component: int, needed: int, values: Sequence[Value]) -> None:
        """Note how many bytes a component needs."""
        if self.worst is not None and needed <= self.worst[1]:
            return
        given = self.given if self.place is None else values[self.place]
        limit = _bytes(self.name, given)
        if limit is not None and needed > limit:
            self.worst = component, needed, str(given)


class Requests:
    """The requests of a map, while it is created.

    :param options: its options.
    :param columns: the item column of each per-component option, by the option's name, in the order of their values.
    :param function: the pickle of its function.
    :param runtime: the archive that its jobs run.
    :param files_of_all: the size of the files that all components get.
    """

    def __init__(
        self, options: MapOptions, columns: Mapping[str, str], function: Pickled, runtime: Path, files_of_all: int
    ) -> None:
        names = [*columns]
        self._memory = _Request.of("request_memory", options, names)
        self._disk = _Request.of("request_disk", options, names)
        self._memory.common = function.size
        self._disk.common = self._memory.common + runtime.stat().st_size
        differ = self._memory.place is not None or self._disk.place is not None
        self.looks_at_all = differ and max(self._memory.common, files_of_all) >= LARGE
        """Whether also those components can ask for too little that have neither files nor large arguments."""
        self.note(0, Pickled(b""), files_of_all, ())

    def note(self, component: int, pickled: Pickled, of_files: int, values: Sequence[Value]) -> None:
        """Note what a component is sent.

        :param pickled: its arguments.
        :param of_files: the size of all files that its job gets for it and those before it.
        :param values: its values of the per-component options; none for what holds for all components.
        """
        own = len(pickled.payload) + sum(Path(path).stat().st_size for path in pickled.arguments.values())
        for request, needed in ((self._memory, own), (self._disk, own + of_files)):
            if values or request.place is None:
                request.note(component, request.common + needed, values)

    def warnings(self) -> Iterator[SuspiciousMap]:
        """Yield a warning for each request that is too small for a component."""
        if self._memory.worst is not None:
            yield TooLittleMemory(*self._memory.worst)
        if self._disk.worst is not None:
            yield TooLargeInputFiles(*self._disk.worst)


@functools.lru_cache(maxsize=16)  # a map with files asks for each component
def _bytes(name: str, given: Any) -> int | None:
    """Return an amount in bytes; None if it is an expression, or not known yet."""
    try:
        number, unit = amounts.read(given)
    except (TypeError, ValueError):
        return None
    return amounts.whole(number, unit or _WITHOUT_UNIT[name], "KB") * _KIB
