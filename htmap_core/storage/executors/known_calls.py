"""The calls that a map has, by their fingerprints."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Optional

from htmap_core.storage.executors import keys
from htmap_core.storage.mapdir import MapDir


class KnownCalls:
    """The calls of an executor's map that the program has not asked for yet. Threads need a lock of their own.

    A call may be there several times, as that of ``random.random``: the first who asks gets the first of them. One in whose place
    another was submitted is passed over.
    """

    def __init__(self) -> None:
        self._first: dict[bytes, int] = {}
        self._next: dict[int, int] = {}  # after each component, of the same call

    @classmethod
    def of(cls, map_dir: MapDir) -> KnownCalls:
        """Return those of a map.

        :raises CorruptMap: the keys of a portion are damaged.
        :raises MadeByNewerHTMap: a newer HTMap has written them.
        """
        made = cls()
        for digest, component in _last_first(map_dir):
            made.put_back(digest, component)
        return made

    def __len__(self) -> int:
        return len(self._first) + len(self._next)

    def take(self, digest: bytes) -> Optional[int]:
        """Return the component of a call, which is not given again; None if there is none left."""
        component = self._first.pop(digest, None)
        if component is not None and (later := self._next.pop(component, None)) is not None:
            self._first[digest] = later
        return component

    def put_back(self, digest: bytes, component: int) -> None:
        """Have a component be the next that is given for its call."""
        if (later := self._first.get(digest)) is not None:
            self._next[component] = later
        self._first[digest] = component


def _last_first(map_dir: MapDir) -> Iterator[tuple[bytes, int]]:
    """Yield the fingerprints of the calls and their components, from the last one to the first."""
    replaced: set[int] = set()
    for portion in reversed(map_dir.placement.portions):
        found = keys.read(map_dir.files_of(portion.submission).path, portion.components, portion.first)
        replaced.update(found.instead_of.values())
        yield from _of_portion(found, portion.components, replaced)


def _of_portion(found: keys.Keys, components: range, replaced: Collection[int]) -> Iterator[tuple[bytes, int]]:
    for component in reversed(components[: len(found.digests)]):
        digest = found.digests[component - components.start]
        if digest is not None and component not in replaced:
            yield digest, component
