"""The files of maps of HTMap 0.7.0: payloads, an index in JSON, and a trailer with its length. Nothing has a checksum."""

from __future__ import annotations

import contextlib
import json
import os
import struct
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from htmap_core.exceptions import CorruptMap
from htmap_core.files.reading import open_file, read_file
from htmap_core.storage.content.shapes import END, RUN, SURROUNDINGS, misfit
from htmap_core.storage.faults.damage import told_as_damage

_MAGIC = b"HTMAP\x00\x00\x01"
_TRAILER = struct.Struct(">Q8s")
_FORMAT = 1
_NO_OUTPUT = "what the job has written is lost; its results can be read"
_ENTRY = {
    **END,
    "component": int,
    "status": str,
    "stdout?": [int],
    "stderr?": [int],
    "host?": RUN["host"],
    "runtime?": RUN["runtime"],
}
_INDEX = {**RUN, "components": [_ENTRY]}


def is_pack(path: str) -> bool:
    """Return whether a file ends as a packed file does."""
    try:
        with open_file(path) as file:
            file.seek(-len(_MAGIC), os.SEEK_END)
            return file.read() == _MAGIC
    except OSError:
        return False


class Pack:
    """A packed file. Any number of threads may share it.

    :raises FileNotFoundError: there is no such file.
    :raises CorruptMap: it is no complete packed file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with open_file(path) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TRAILER.size))
            trailer = file.read()
            length, magic = _TRAILER.unpack(trailer) if len(trailer) == _TRAILER.size else (0, b"")
            self._payloads_end = size - _TRAILER.size - length
            if magic != _MAGIC or self._payloads_end < 0:
                raise CorruptMap(path, "is cut short, or another file")
            file.seek(self._payloads_end)
            encoded = file.read(length)
        try:
            self.index: dict[str, Any] = dict(json.loads(encoded))
        except (ValueError, TypeError, RecursionError) as error:
            raise CorruptMap(path, f"has an index that cannot be read ({error})") from error
        if self.index.get("format") != _FORMAT:
            raise CorruptMap(path, f"has an index of format {self.index.get('format')!r}")

    def payload(self, place: Any) -> bytes:
        """Return the payload at a place that the index names.

        :raises CorruptMap: it is not inside the file.
        """
        if misfit(place, [int]) or len(place) != 2:  # noqa: PLR2004 -- offset and size
            raise CorruptMap(self._path, f"has an index that names the place {place!r}")
        offset, size = place
        if min(offset, size) < 0 or offset + size > self._payloads_end:
            raise CorruptMap(
                self._path, f"has an index that names bytes {offset} to {offset + size}, which it does not have"
            )
        with open_file(self._path) as file:
            file.seek(offset)
            return file.read(size)


class PackedInputs:
    """A block of inputs: :class:`~htmap_core.storage.content.inputs.Inputs`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pack = Pack(path)
        index = self._pack.index
        if problem := misfit(index, {"sizes": [int], "first": int, "by_value?": [int]}):
            raise CorruptMap(path, f"has an index that cannot be right: {problem}")
        offsets = accumulate([0, *index["sizes"]])
        self._places = {index["first"] + n: list(place) for n, place in enumerate(zip(offsets, index["sizes"]))}

    def __contains__(self, component: int) -> bool:
        return component in self._places

    def payload(self, component: int) -> bytes:
        """Return the pickled input of a component."""
        if component not in self._places:
            raise CorruptMap(self._path, f"has no input of component {component}")
        return self._pack.payload(self._places[component])

    def by_value(self, component: int) -> bool | None:
        """Return whether it has code by value; the first maps of 0.7.0 do not say."""
        with_code = self._pack.index.get("by_value")
        return None if with_code is None else component in with_code

    def fingerprint(self, component: int) -> None:
        """Return that 0.7.0 has kept none."""
        del component


class ReturnedPack:
    """What a job has returned, in a packed file and files for its output beside it: a :class:`~.returned.Returned`.

    :param path: the path of the packed file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pack = Pack(path)
        if problem := misfit(self._pack.index, _INDEX):
            raise CorruptMap(path, f"has an index that cannot be right: {problem}")
        self._entries: dict[int, dict[str, Any]] = {each["component"]: each for each in self._pack.index["components"]}

    @property
    def statuses(self) -> Mapping[int, str]:
        """How the components have ended."""
        return {component: entry["status"] for component, entry in self._entries.items()}

    def record(self, component: int) -> dict[str, Any]:
        """Return what is known about a component that has ended."""
        try:
            return self._entries[component]
        except KeyError:
            raise CorruptMap(self._path, f"has no component {component}") from None

    def run(self, component: int) -> dict[str, Any]:
        """Return the host and the runtime that it ended on: after an eviction, those of an earlier run."""
        index, entry = self._pack.index, self.record(component)
        return {fact: entry.get(fact) or index[fact] for fact in ("host", "runtime")}

    def result(self, component: int) -> bytes:
        """Return its pickled result."""
        if not (place := self.record(component).get("result")):
            raise FileNotFoundError(f"the result of component {component}")
        return self._pack.payload(place)

    def by_value(self, component: int) -> bool | None:
        """Return whether its pickled result has code by value; the first maps of 0.7.0 do not say."""
        found: bool | None = self.record(component).get("by_value")
        return found

    def exception(self, component: int) -> bytes:
        """Return its pickled exception."""
        place = self.record(component).get("error", {}).get("exception")
        return self._pack.payload(place) if place else b""

    def output(self, component: int, stream: str) -> bytes:
        """Return what it has written to a stream."""
        begin, end = self.record(component).get(stream) or (0, 0)
        if not 0 <= begin <= end:
            raise CorruptMap(self._path, f"has an index that names the bytes {begin} to {end} of {stream}")
        path = self._path.with_suffix(f".{stream}")
        with contextlib.suppress(FileNotFoundError), told_as_damage(path, _NO_OUTPUT), open_file(path) as file:
            file.seek(begin)
            return file.read(end - begin)
        return b""

    def surroundings(self, component: int) -> dict[str, Any]:
        """Return the surroundings of its result."""
        del component
        places = [entry["surroundings"] for entry in self._entries.values() if "surroundings" in entry]
        try:
            found: dict[str, Any] = json.loads(self._pack.payload(places[0])) if places else {}
        except ValueError as error:
            raise CorruptMap(self._path, f"has surroundings that cannot be read ({error})") from error
        if places and (problem := misfit(found, SURROUNDINGS)):
            raise CorruptMap(self._path, f"has surroundings that cannot be right: {problem}")
        return found

    def stdout(self) -> bytes:
        """Return what all components have written to standard output."""
        path = self._path.with_suffix(".stdout")
        with contextlib.suppress(FileNotFoundError), told_as_damage(path, _NO_OUTPUT):
            return read_file(path)
        return b""
