"""Calls are collected for a moment, so that many of them become one submission.

Function and arguments are pickled when a call comes, in the thread that submits it: what the program does to them afterwards is
another call's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any, Optional

import attrs

from htmap_core import user_warnings
from htmap_core.executor.asked import Asked
from htmap_core.executor.recall.memory import Found
from htmap_core.futures.future import Future
from htmap_core.maps.drafts.arguments import check_function
from htmap_core.results.pickling import (
    Pickled,
    payload_of_function,
    pickle_call,
    pickle_input,
)
from htmap_core.storage.executors.keys import CallKey
from htmap_core.storage.portions.writing import Content
from htmap_core.submission.files.arguments import LARGE, Arguments, Largest, Store, function_apart
from htmap_run.by_value.calls import call

QUIET, LONGEST_QUIET = 0.02, 0.25  # seconds without another call after which those that came are submitted
LONGEST = 1.0  # seconds that the first of them waits at most
MOST, MOST_BYTES = 10_000, 64 * 1024 * 1024  # calls, and what they take in memory, that do not wait for more

_OF_ANY = b""  # stands for the pickle of `call`
_GROUPS = 4  # functions that have a submission of their own although there is one call of each
_PLAIN_FUNCTIONS = (FunctionType, BuiltinFunctionType)


@attrs.define(eq=False)
class Call:
    """One call that was collected.

    :param input: its pickled arguments.
    :param whole: the same with its function before them, for a submission of several functions; None where that takes too much.
    """

    future: Future[Any]
    input: Pickled
    whole: Optional[Pickled] = None


class Group:
    """Calls with the same options, of one function, or of any where ``func`` is :func:`htmap_run.by_value.calls.call`.

    :param func: the function.
    :param function: its pickle.
    :ivar line: the line of the program that has submitted the first of them, for warnings.
    :ivar present: the call whose input is being written.
    """

    def __init__(self, func: Callable[..., Any], function: Pickled, asked: Asked) -> None:
        self.func, self.asked = func, asked
        self.line = user_warnings.calling_line()
        self.calls: list[Call] = []
        self.present: Optional[Call] = None
        self.modules: Sequence[str] = ()
        self._functions = [function]
        self._large: dict[str, bytes] = {}
        # Nothing that the group has refers to the group: what is large would stay in memory until cycles are looked for.
        pickle = _noting(self._functions) if self.is_mixed else pickle_input
        self._arguments = Arguments(_holding(self._large), pickle)

    @property
    def is_mixed(self) -> bool:
        """Whether it has calls of several functions."""
        return self.func is call

    @property
    def function(self) -> Pickled:
        """The pickle of the function, with the facts of all that is called by it; which has code by value, its input tells."""
        first, *others = self._functions
        return (
            first._replace(
                names={name for each in self._functions for name in each.names},
                functions=[function for each in self._functions for function in each.functions],
                modules={module for each in self._functions for module in each.modules},
            )
            if others
            else first
        )

    def add(
        self, future: Future[Any], args: tuple[Any, ...], kwargs: dict[str, Any], key: CallKey | None = None
    ) -> int:
        """Add a call, and return how many bytes it takes.

        :param key: by what it is found again; None where it need not be.
        :raises CannotPickle: it cannot be pickled.
        """
        before = self._arguments.largest.distinct
        pickled = self._arguments.of_call(len(self.calls), args, kwargs)._replace(key=key)
        if not (self.calls or self.is_mixed):
            self._arguments.look_for_modules(args, kwargs, 0)
            self.modules = [*self._arguments.modules]
        self.calls.append(Call(future, pickled))
        return len(pickled.payload) + self._arguments.largest.distinct - before

    def take(self, other: Group) -> None:
        """Take over the only call of another group, if that has it with its function."""
        (one,) = other.calls
        assert one.whole is not None
        self._functions.append(one.whole)
        self.calls.append(Call(one.future, one.whole))

    def given(self, calls: Iterable[Call]) -> Iterator[Pickled]:
        """Yield the pickled inputs of some of the calls."""
        for self.present in calls:
            yield self.present.whole if self.is_mixed and self.present.whole is not None else self.present.input
        self.present = None

    def inputs(self, store: Store) -> Collected:
        """Return what gives the inputs of the calls, after all that is large in them is stored.

        :param store: stores one such.
        """
        return Collected(self.modules, {name: str(store(name, content)) for name, content in self._large.items()})


def _noting(functions: list[Pickled]) -> Callable[[tuple[Any, ...], dict[str, Any], int], Pickled]:
    """Return what pickles the arguments of a call with its function before them, and adds that to the functions."""

    def pickle_whole(args: tuple[Any, ...], kwargs: dict[str, Any], component: int) -> Pickled:
        pickled = pickle_call(args, kwargs, component)
        functions.append(pickled)
        return pickled

    return pickle_whole


def _holding(large: dict[str, bytes]) -> Store:
    """Return what keeps what is large in memory until the calls are submitted."""

    def hold(name: str, content: Content) -> Path:
        large[name] = bytes(content)  # the program may change it before it is stored
        return Path()

    return hold


class Collected:
    """The inputs of calls that were pickled when they came: :class:`~htmap_core.submission.files.arguments.Inputs`.

    :param paths: the files of what is large in them, by their names.
    """

    def __init__(self, modules: Sequence[str], paths: Mapping[str, str]) -> None:
        self.modules = modules
        self.largest = Largest()  # to warn of large ones at each submission of a few calls would be to repeat oneself
        self._paths = paths

    def pickled(self, calls: Iterable[tuple[int, Pickled]]) -> Iterator[Pickled]:
        """Yield the inputs."""
        for _, pickled in calls:
            if pickled.arguments:
                yield pickled._replace(arguments={name: self._paths[name] for name in pickled.arguments})
            else:
                yield pickled


class Collection:
    """The calls that were collected and not yet taken, and until when they wait for more."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, bytes], Group] = {}
        self._count = self._bytes = 0
        self._first = self._last = 0.0
        self._is_asked_for = False
        self._found: list[tuple[Future[Any], Found]] = []

    def __len__(self) -> int:
        return self._count

    def add(
        self,
        future: Future[Any],
        func: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        asked: Asked,
        key: CallKey | None = None,
    ) -> None:
        """Pickle a call, and add it.

        :param key: by what it is found again; None where it need not be.
        :raises CannotMap: *func* cannot be called.
        :raises FunctionIsLazy: a call of it computes nothing.
        :raises CannotPickle: the function or an argument cannot be pickled.
        """
        check_function(func)
        if isinstance(func, _PLAIN_FUNCTIONS):
            group = self._group(func, payload_of_function(func), asked)
            size = group.add(future, args, kwargs, key)
            if len(group.calls) == 1 and size < LARGE and not group.function.parts:
                whole = pickle_call((func, *args), kwargs, 0)
                group.calls[0].whole = whole._replace(key=key) if len(whole.payload) < LARGE else None
        else:  # its state may be another one at each call
            size = self._group(call, _OF_ANY, asked).add(future, (func, *args), kwargs, key)
        self._note(size)

    def find(self, future: Future[Any], found: Found) -> None:
        """Add a call that an earlier run of the program has submitted."""
        self._found.append((future, found))
        self._note(0)

    def _group(self, func: Any, payload: bytes, asked: Asked) -> Group:
        key = asked.key, payload
        if key not in self._groups:
            self._groups[key] = Group(func, function_apart(func), asked)
        return self._groups[key]

    def _note(self, size: int) -> None:
        now = time.monotonic()
        self._first = self._first if self._count else now
        self._last = now
        self._count += 1
        self._bytes += size

    @property
    def is_first(self) -> bool:
        """Whether the call that was added last is the first one."""
        return self._count == 1

    @property
    def is_full(self) -> bool:
        """Whether those that are collected wait for no more because they are many."""
        return self._count >= MOST or self._bytes >= MOST_BYTES

    def flush(self) -> None:
        """Let those that are collected wait for no more."""
        self._is_asked_for = self._count > 0

    def waits(self) -> float:
        """Return for how many seconds it waits for more calls; 0 or less if it does not."""
        if self._is_asked_for or self.is_full:
            return 0.0
        quiet = min(max(QUIET, (self._last - self._first) / 2), LONGEST_QUIET)
        return min(self._last + quiet, self._first + LONGEST) - time.monotonic()

    def take_found(self) -> list[tuple[Future[Any], Found]]:
        """Return the calls that earlier runs have submitted, and forget them."""
        found, self._found = self._found, []
        return found

    def take(self) -> list[Group]:
        """Return the groups of all calls, and forget them. Functions with one call each share a group if they are many.

        Those that were found are to be taken before.
        """
        groups = [group for group in self._groups.values() if group.calls]
        self._groups, self._count, self._bytes, self._is_asked_for = {}, 0, 0, False
        alone = [group for group in groups if len(group.calls) == 1 and group.calls[0].whole is not None]
        return groups if len(alone) <= _GROUPS else _together(groups, alone)


def _together(groups: Sequence[Group], alone: Sequence[Group]) -> list[Group]:
    """Return groups, with one for the calls of those that have a single one."""
    function = function_apart(call)
    left = [group for group in groups if group not in alone]
    mixed = {group.asked.key: group for group in left if group.is_mixed}
    for group in alone:
        key = group.asked.key
        if key not in mixed:
            mixed[key] = Group(call, function, group.asked)
            left.append(mixed[key])
        mixed[key].take(group)
    return left
