"""Large arguments of calls: each lies in a file of its own, once for all calls that have it, and a job fetches it once.

Whether two are the same is told by their pickles, not by their identity: a program may change an object between two calls, and
each call gets what the object was then. A component unpickles an object of its own, which it may change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Optional, Union

import attrs

from htmap_core.results.pickling import (
    Pickled,
    held_by,
    is_plain,
    modules_in,
    pickle_argument,
    pickle_input,
)
from htmap_run.arguments import argument

LARGE = 1024 * 1024  # bytes: what is smaller costs less than a file of its own

_DIGEST = 16  # bytes
_IMMUTABLE = (bytes, str, int, float, complex, bool, type(None), tuple)
_WITHOUT_OTHERS = (bytes, bytearray, str)


@attrs.define(eq=False)
class Largest:
    """The largest arguments of a map's calls.

    :param bytes: the size of the largest one.
    :param parameter: its position or its name in its call; None where several are large together.
    :param component: the component whose it is.
    :param calls: how many calls have large arguments.
    :param total: the bytes of those of all calls.
    :param distinct: the bytes of those that differ.
    """

    bytes: int = 0
    parameter: Optional[Union[int, str]] = None
    component: int = 0
    calls: int = 0
    total: int = 0
    distinct: int = 0

    def note(self, size: int, parameter: int | str | None, component: int) -> None:
        """Note that a call has a large argument."""
        self.total += size
        if size > self.bytes:
            self.bytes, self.parameter, self.component = size, parameter, component


class Arguments:
    """The arguments of a map's calls while it is created.

    :param store: stores a pickled argument in a file; returns its place, by which pickles name it, and its path.
    :param pickle: pickles the arguments of one call, as :func:`~htmap_core.results.pickling.pickle_input` does.
    """

    def __init__(
        self,
        store: Callable[[bytes], tuple[str, Path]],
        pickle: Callable[[tuple[Any, ...], dict[str, Any], int], Pickled] = pickle_input,
    ) -> None:
        self._store = store
        self._pickle = pickle
        self._known: dict[bytes, tuple[str, Path]] = {}
        self.largest = Largest()
        self.modules: Collection[str] = ()
        """The modules of the objects that the first call has by reference; of a large one, those of its types alone."""

    def pickled(self, calls: Iterable[tuple[int, tuple[tuple[Any, ...], dict[str, Any]]]]) -> Iterator[Pickled]:
        """Pickle the arguments of calls, with large ones in files of their own.

        :param calls: each with the index of its component.
        :raises CannotPickle: they contain an object that cannot be pickled.
        :raises CannotStore: a file cannot be written.
        """
        is_first = True
        for component, (args, kwargs) in calls:
            whole = self.of_call(component, args, kwargs)
            if is_first and not is_plain(values := (*args, *kwargs.values())):
                is_large = self.largest.calls > 0
                self.modules = (
                    {type(each).__module__ for each in values} if is_large else modules_in((args, kwargs), component)
                )
            is_first = False
            yield whole

    def of_call(self, component: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Pickled:
        """Pickle the arguments of one call, with large ones in files of their own. It raises what :meth:`pickled` does."""
        whole = self._pickle(args, kwargs, component)
        return self._without_large(whole, args, kwargs, component) if len(whole.payload) >= LARGE else whole

    def _without_large(self, whole: Pickled, args: tuple[Any, ...], kwargs: dict[str, Any], component: int) -> Pickled:
        self.largest.calls += 1
        places: dict[int, _InFile] = {}
        for parameter, value in _apart((*enumerate(args), *kwargs.items()), component):
            if id(value) not in places:
                pickled = pickle_argument(value, component)
                # Code is looked at by whoever reads the input, and files of TransferPaths are listed with it.
                if len(pickled.payload) >= LARGE and not pickled.by_value and not pickled.sources:
                    places[id(value)] = self._in_file(pickled.payload)
                    self.largest.note(len(pickled.payload), parameter, component)
        rest = whole
        if places:
            rest = pickle_input(
                tuple(places.get(id(value), value) for value in args),
                {name: places.get(id(value), value) for name, value in kwargs.items()},
                component,
            )._replace(
                arguments=[*dict.fromkeys(str(each.path) for each in places.values())], fingerprint=whole.fingerprint
            )
        if len(rest.payload) >= LARGE:
            self.largest.note(len(rest.payload), None, component)
            self.largest.distinct += len(rest.payload)
        return rest

    def _in_file(self, payload: bytes) -> _InFile:
        digest = hashlib.blake2b(payload, digest_size=_DIGEST).digest()
        if digest not in self._known:
            self._known[digest] = self._store(payload)
            self.largest.distinct += len(payload)
        return _InFile(*self._known[digest])


@attrs.frozen
class _InFile:
    """Stands for an argument in the pickle of a call."""

    place: str
    path: Path

    def __reduce__(self) -> tuple[Any, ...]:
        return argument, (self.place,)


def _apart(given: Sequence[tuple[int | str, Any]], component: int) -> Iterator[tuple[int | str, Any]]:
    """Yield the arguments that can be pickled without the others: no object can belong to one of them and to another one, too."""
    others = {id(value): value for _, value in given if not is_plain((value,)) and not _has_no_others(value)}
    # What holds no objects may be held by an object, and be changed by the function.
    buffers = {id(value) for _, value in given if id(value) not in others and type(value) not in _IMMUTABLE}
    together = held_by((*others.values(),), buffers, component) if others and buffers else set[int]()
    if together or len(others) > 1:
        together |= others.keys()
    yield from ((parameter, value) for parameter, value in given if id(value) not in together)


def _has_no_others(value: Any) -> bool:
    """Return whether a value has no objects in it that others might have."""
    kind = type(value)
    is_array = kind.__module__ == "numpy" and kind.__name__ == "ndarray"
    return kind in _WITHOUT_OTHERS or (is_array and not value.dtype.hasobject)
