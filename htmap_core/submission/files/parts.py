"""Large parts of what is pickled: each lies in a file of its own, by its content, and the pickle names it.

What goes apart holds no object that something else could have, too: identity within a call means something to the function.

- Bytes and texts; and buffers, by which arrays, frames, sparse matrices and whatever else supports protocol 5 of pickle have
  their data, without being known here.
- Containers of plain values, such as a list of texts, if nothing else of the pickle has one of those within it.

They are named by a digest of their content: so they are the same for whatever has them, calls and functions, today's and later
ones.
"""

from __future__ import annotations

import hashlib
import itertools
import pickle
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple, Union

from htmap_core.results.pickling import pickle_apart
from htmap_run import frames
from htmap_run.arguments import BYTEARRAY, BYTES, PICKLE

Content = Union[bytes, bytearray, memoryview]
Store = Callable[[str, Content], object]
"""Stores a part by its name, unless it is there."""

Id = tuple[str, str, int]

SMALLEST = 64 * 1024  # bytes: as a block of inputs, so a part makes no more files than it would by itself in a block
MOST = 256  # parts of one pickle, as each is a file that HTCondor sends

_DIGEST = 16  # bytes
_DEPTH = 50  # of containers in containers
_SIZES = {int: 3, float: 9, complex: 30, bool: 1, type(None): 1}
_CHANGEABLE = frozenset({list, dict, set})
_CONTAINERS = _CHANGEABLE | {tuple, frozenset}


class Apart(NamedTuple):
    """A pickle with large parts apart.

    :param sizes: the sizes of these, by their names.
    """

    payload: bytes
    sizes: dict[str, int]


class Whole(NamedTuple):
    """Stands in what is pickled for an object that lies in a file as a whole."""

    name: str
    number: int


def smallest_of(size: int) -> int:
    """Return how many bytes a part of a pickle must have to go apart; *size* is that of the whole pickle."""
    return max(SMALLEST, size // MOST)


def pickled_apart(value: Any, what: str, store: Store, smallest: int, own: Collection[int] = ()) -> Apart:
    """Pickle a value with its large parts apart.

    :param what: what it is, for errors.
    :param smallest: how many bytes a part must have.
    :param own: the containers, by their ``id``, that hold what is to be looked at one by one.
    :raises CannotPickle: it contains an object that cannot be pickled.
    """
    parts = _Parts(store, smallest, own)
    payload = pickle_apart(value, what, {**parts.looks(), **dict.fromkeys(_CONTAINERS, parts.of_container)})
    if parts.is_torn:
        parts = _Parts(store, smallest)
        payload = pickle_apart(value, what, parts.looks())
    return Apart(payload, parts.sizes)


def stored(content: Content, store: Store) -> str:
    """Store a part, and return its name."""
    name = hashlib.blake2b(content, digest_size=_DIGEST).hexdigest()
    store(name, content)
    return name


class _Parts:
    """The parts of one pickle while it is made.

    :ivar sizes: the sizes of those that went apart, by their names.
    :ivar is_torn: whether something has an object that went apart within another one.
    """

    def __init__(self, store: Store, smallest: int, own: Collection[int] = ()) -> None:
        self._store, self._smallest, self._own = store, smallest, own
        self.sizes: dict[str, int] = {}
        self.is_torn = False
        self._numbers = itertools.count()
        self._ids: dict[int, tuple[Any, Id]] = {}  # with the objects: an id may be that of another one later
        self._met: set[int] = set()  # what can be changed
        self._inner: set[int] = set()  # what can be changed, and went apart within something else
        self._stays: dict[int, int | None] = {}
        """The containers that were looked at, with the sizes of those that nothing can change."""

    def looks(self) -> dict[type, Callable[[Any], Id | None]]:
        """Return what returns the id of an object that goes apart, None for others; by the object's type.

        Not kept here: it would be a cycle, and what is large would stay in memory until these are looked for.
        """
        return {
            bytes: self._of_bytes,
            bytearray: self._of_bytearray,
            str: self._of_text,
            pickle.PickleBuffer: self._of_buffer,
            Whole: self._of_whole,
        }

    def _of_bytes(self, obj: bytes) -> Id | None:
        return self._apart(obj, BYTES, obj) if len(obj) >= self._smallest else None

    def _of_bytearray(self, obj: bytearray) -> Id | None:
        self._meet(obj)
        return self._apart(obj, BYTEARRAY, obj) if len(obj) >= self._smallest else None

    def _of_text(self, obj: str) -> Id | None:
        return self._apart(obj, PICKLE) if len(obj) >= self._smallest else None

    def _of_buffer(self, obj: pickle.PickleBuffer) -> Id | None:
        content = obj.raw()
        if content.nbytes < self._smallest:
            return None
        return self._id(
            BYTES if content.readonly else BYTEARRAY, content
        )  # the object that has it is in the pickle once

    def _of_whole(self, obj: Whole) -> Id:
        return PICKLE, obj.name, -obj.number

    def of_container(self, obj: Any) -> Id | None:
        """Return the id of a container that goes apart; None if it stays."""
        if (known := self._ids.get(id(obj))) is not None:
            return known[1]
        if type(obj) in _CHANGEABLE:
            self._meet(obj)
        if not obj or id(obj) in self._own or id(obj) in self._stays:
            return None
        inner: set[int] = set()
        size = self._size(obj, inner, set())
        if size is None or size < self._smallest:
            self._stays |= dict.fromkeys(() if size is None else inner)
            self._stays[id(obj)] = None if inner or type(obj) in _CHANGEABLE else size
            return None
        self.is_torn |= not inner.isdisjoint(self._inner)
        self._inner |= inner
        return self._apart(obj, PICKLE)

    def _size(self, container: Any, inner: set[int], seen: set[int], depth: int = 0) -> int | None:
        """Return about how large the pickle of a container is, and note what in it can be changed, and what was seen.

        None if there is more in it than plain values, if it has a part that goes apart by itself, or if something that can be
        changed is in the pickle anyway. What many objects have is looked at once.
        """
        size = 0
        for each in _elements(container):
            kind = type(each)
            if kind in _SIZES:
                size += _SIZES[kind]
                continue
            if kind in _CONTAINERS and depth < _DEPTH:
                if id(each) in seen:
                    continue
                if id(each) in self._met:
                    return None
                seen.add(id(each))
                if kind in _CHANGEABLE:
                    inner.add(id(each))
                its = self._stays[id(each)] if id(each) in self._stays else self._size(each, inner, seen, depth + 1)
                if its is None:
                    self._stays[id(each)] = None
            elif kind is str or kind is bytes:
                its = len(each) + 2
            else:
                return None
            if its is None or its >= self._smallest:
                return None
            size += its
        return size

    def _meet(self, obj: Any) -> None:
        self.is_torn |= id(obj) in self._inner
        self._met.add(id(obj))

    def _apart(self, obj: Any, kind: str, content: Content | None = None) -> Id:
        """Return the id of an object, the same each time that it is met; *content* is its pickle if not told."""
        if (known := self._ids.get(id(obj))) is not None:
            return known[1]
        made = self._id(kind, pickle.dumps(obj, frames.PICKLE_PROTOCOL) if content is None else content)
        self._ids[id(obj)] = obj, made
        return made

    def _id(self, kind: str, content: Content) -> Id:
        name = stored(content, self._store)
        self.sizes[name] = len(content)
        return kind, name, next(self._numbers)


def _elements(container: Any) -> Iterator[Any]:
    return itertools.chain(container, container.values()) if type(container) is dict else iter(container)
