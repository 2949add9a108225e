"""Large arguments of calls, and what is large within them: each lies in a file of its own, and a job fetches it once.

Whether two are the same is told by their content, not by their identity: a program may change an object between two calls, and
each call gets what the object was then. A component unpickles an object of its own, which it may change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Optional, Protocol, Union

import attrs

from htmap_core.results.pickling import (
    Pickled,
    held_by,
    input_of,
    is_plain,
    modules_in,
    pickle_argument,
    pickle_function,
    pickle_input,
)
from htmap_core.submission.files.parts import Apart, Content, Whole, pickled_apart, smallest_of, stored

LARGE = 1024 * 1024  # bytes: what is smaller costs less than files of its own

_IMMUTABLE = (bytes, str, int, float, complex, bool, type(None), tuple)
_WITHOUT_OTHERS = (bytes, bytearray, str)
_ATOMS = (float, complex, bool, type(None))
_SHORT = 1000  # bytes


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

    def note(self, size: int, args: tuple[Any, ...], kwargs: dict[str, Any], component: int) -> None:
        """Note that a call has large arguments; *size* is that of all."""
        self.calls += 1
        self.total += size
        if size <= self.bytes:
            return
        sizes = self._sizes(size, _named(args, kwargs), component)
        largest = max(sizes, key=sizes.__getitem__)
        is_one = sizes[largest] >= LARGE
        if not is_one or sizes[largest] > self.bytes:
            self.bytes, self.component = (sizes[largest] if is_one else size), component
            self.parameter = largest if is_one else None

    @staticmethod
    def _sizes(size: int, named: list[tuple[int | str, Any]], component: int) -> dict[int | str, int]:
        """Return the sizes of the arguments of a call. One that alone can be large is not pickled once more for that."""
        may_be_large = [name for name, value in named if not _is_small(value)]
        if len(may_be_large) == 1:
            return {may_be_large[0]: size}
        return {name: pickle_argument(value, component).size for name, value in named}


Store = Callable[[str, Content], Path]
"""Stores what is large by its name, unless it is there, and returns the path of the file."""


class Inputs(Protocol):
    """The inputs of a map's calls while it is created."""

    @property
    def largest(self) -> Largest:
        """The largest arguments among those that were yielded."""

    @property
    def modules(self) -> Collection[str]:
        """The modules of the objects that the first one has by reference."""

    def pickled(self, calls: Iterable[tuple[int, Any]]) -> Iterator[Pickled]:
        """Yield the pickled inputs of calls, each of which comes with the index of its component."""


class Arguments:
    """The arguments of a map's calls while it is created: they are pickled when they come.

    :param store: stores what is large by its name, unless it is there; returns the path of the file.
    :param pickle: pickles the arguments of one call, as :func:`~htmap_core.results.pickling.pickle_input` does.
    """

    def __init__(
        self,
        store: Store,
        pickle: Callable[[tuple[Any, ...], dict[str, Any], int], Pickled] = pickle_input,
    ) -> None:
        self._store_new = store
        self._pickle = pickle
        self._known: dict[str, str] = {}
        self.largest = Largest()
        self.modules: Collection[str] = ()
        """The modules of the objects that the first call has by reference; of a large one, those of its types alone."""

    def pickled(self, calls: Iterable[tuple[int, tuple[tuple[Any, ...], dict[str, Any]]]]) -> Iterator[Pickled]:
        """Pickle the arguments of calls, with what is large in files of their own.

        :param calls: each with the index of its component.
        :raises CannotPickle: they contain an object that cannot be pickled.
        :raises CannotStore: a file cannot be written.
        """
        is_first = True
        for component, (args, kwargs) in calls:
            whole = self.of_call(component, args, kwargs)
            if is_first:
                self.look_for_modules(args, kwargs, component)
            is_first = False
            yield whole

    def look_for_modules(self, args: tuple[Any, ...], kwargs: dict[str, Any], component: int) -> None:
        """Note the modules that the first call has, after :meth:`of_call`. A large one is not pickled once more for that."""
        if is_plain(values := (*args, *kwargs.values())):
            return
        is_large = self.largest.calls > 0
        self.modules = {type(each).__module__ for each in values} if is_large else modules_in((args, kwargs), component)

    def of_call(self, component: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Pickled:
        """Pickle the arguments of one call, with what is large in files of their own. It raises what :meth:`pickled` does."""
        whole = self._pickle(args, kwargs, component)
        if len(whole.payload) < LARGE and not whole.outside:  # only what is large is outside
            return whole
        self.largest.note(whole.size, args, kwargs, component)
        smallest = smallest_of(whole.size)
        payload, sizes = self._call_apart(args, kwargs, component, smallest)
        wholes, names = self._wholes(args, kwargs, component, whole) if len(payload) >= LARGE else ({}, {})
        if wholes:
            args = tuple(wholes.get(id(value), value) for value in args)
            kwargs = {name: wholes.get(id(value), value) for name, value in kwargs.items()}
            payload, sizes = self._call_apart(args, kwargs, component, smallest)
            sizes |= names
        self.largest.distinct += len(payload)
        return whole._replace(payload=payload, outside=0, arguments={name: self._known[name] for name in sizes})

    def _call_apart(self, args: tuple[Any, ...], kwargs: dict[str, Any], component: int, smallest: int) -> Apart:
        call = args, kwargs
        return pickled_apart(call, input_of(component), self._store, smallest, {id(call), id(args), id(kwargs)})

    def _wholes(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], component: int, call: Pickled
    ) -> tuple[dict[int, Whole], dict[str, int]]:
        """Store those arguments as a whole that have many small objects, and no object in common with others.

        :param call: the pickle of them all.
        :returns: what stands for them in the call, by their ``id``; and the sizes of all parts that it has thereby, by name.
        """
        wholes: dict[int, Whole] = {}
        names: dict[str, int] = {}
        is_listed = bool(call.by_value or call.sources)
        is_one = sum(not _is_small(value) for value in (*args, *kwargs.values())) == 1  # whose all this is
        for _, value in _separable(_named(args, kwargs), component):
            if id(value) in wholes or _is_small(value):
                continue
            if is_listed and (is_one or _has_what_is_listed(value, component)):
                continue
            payload, sizes = pickled_apart(value, input_of(component), self._store, smallest_of(call.size))
            if len(payload) >= LARGE:
                name = stored(payload, self._store)
                wholes[id(value)] = Whole(name, len(wholes) + 1)
                names |= {**sizes, name: len(payload)}
        return wholes, names

    def _store(self, name: str, content: Content) -> None:
        if name not in self._known:
            self._known[name] = str(self._store_new(name, content))
            self.largest.distinct += len(content)


def function_apart(func: Callable[..., Any]) -> Pickled:
    """Pickle a function. What is large in it, as in its closure, is not in the pickle, but in its ``parts``.

    :raises CannotPickle: the function refers to an object that cannot be pickled.
    """
    whole = pickle_function(func)
    if whole.size < LARGE:
        return whole
    parts: dict[str, bytes] = {}

    def keep(name: str, content: Content) -> None:
        parts[name] = bytes(content)  # the program may change it before it is stored

    payload, _ = pickled_apart(func, "the function", keep, smallest_of(whole.size))
    return whole._replace(payload=payload, parts=parts)


def _has_what_is_listed(value: Any, component: int) -> bool:
    """Return whether an argument has code, at which who reads the input looks, or TransferPaths, whose files are listed."""
    found = pickle_argument(value, component)
    return bool(found.by_value or found.sources)


def _is_small(value: Any) -> bool:
    """Return whether it is seen at once that an argument is small, and has nothing else in it."""
    kind = type(value)
    if kind is int:
        return bool(value.bit_length() < _SHORT)
    return kind in _ATOMS or (kind in _WITHOUT_OTHERS and len(value) < _SHORT)


def _named(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[int | str, Any]]:
    return [*enumerate(args), *kwargs.items()]


def _separable(given: Sequence[tuple[int | str, Any]], component: int) -> Iterator[tuple[int | str, Any]]:
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
