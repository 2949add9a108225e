"""The one thread that follows maps for futures and for tasks that wait, and what becomes of it at exit and in a fork.

Another thread asks schedds for it, which may take long, and is there while it asks. Whatever the numbers of maps and futures,
there are no others.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import weakref
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import attrs

from htmap_core.exceptions import LeftInParent
from htmap_core.futures.deeds import Deeds
from htmap_core.futures.followed import FollowedMap
from htmap_core.futures.future import Future
from htmap_core.results.engine import Engine

_AT_EXIT = (
    10.0  # seconds that jobs of cancelled futures may take to leave the queue before the program ends all the same
)
_AT_FORK = 1.0  # seconds to wait for a moment in which the threads hold no locks

looking = Deeds("htmap futures")
asking = Deeds("htmap asks schedds")


class Keeper(Protocol):
    """Whoever has open futures that no map is followed for, as an executor has before it submits."""

    def open_futures(self) -> Iterable[Future[Any]]:
        """Return them. It is called in a process that was forked, where other threads may have left locks behind."""


def follow(engine: Engine, futures: Iterable[Future[Any]], *, patience: float) -> None:
    """Have futures of components of one map done as these end. Each is bound to its component.

    :param patience: for how many seconds a component may be held before that is the end of its future.
    """
    chosen = list(futures)
    for future in chosen:
        future.patience = patience
    with followed(engine) as found:
        found.futures.add(chosen)


@contextlib.contextmanager
def followed(engine: Engine) -> Iterator[FollowedMap]:
    """Yield the map that is followed, to which those who wait are added in the block. After the block it is looked at."""
    path = str(engine.map_dir.path)
    with _maps.changing:
        if path not in _maps.by_path:
            _maps.by_path[path] = FollowedMap(engine, asking)
        yield _maps.by_path[path]
    looking.do(_Look(path))


def keep(keeper: Keeper) -> None:
    """Have the open futures of somebody done, with an exception, in a process that is forked."""
    _keepers.add(keeper)


class _Maps:
    """The maps that are followed, by their paths."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew, as a process does that was forked; other threads may have left locks behind."""
        self.changing = threading.RLock()
        self.by_path: dict[str, FollowedMap] = {}


@attrs.frozen
class _Look:
    """A look at one map."""

    path: str

    def __call__(self) -> float | None:
        found = _maps.by_path.get(self.path)
        pause = None if found is None else found.look()
        with _maps.changing:
            if pause is None and found is not None and not found.has_waiting:
                del _maps.by_path[self.path]
                return None
        return None if found is None else pause or 0.0


_maps = _Maps()
_keepers: weakref.WeakSet[Any] = weakref.WeakSet()
_resting: dict[int, list[Deeds]] = {}  # by the thread that forks


def _before_fork() -> None:
    _resting[threading.get_ident()] = [each for each in (looking, asking) if each.rest(_AT_FORK)]
    _maps.changing.acquire()


def _in_parent() -> None:
    _maps.changing.release()
    for each in _resting.pop(threading.get_ident()):
        each.go_on()


def _in_child() -> None:
    of_maps = list(_maps.by_path.values())
    _resting.clear()
    _maps.forget()
    looking.forget()
    asking.forget()
    for each in of_maps:
        _leave(each.futures, each.engine.map.tag)
    for keeper in list(_keepers):
        _leave(keeper.open_futures(), None)


def _leave(futures: Iterable[Future[Any]], tag: str | None) -> None:
    error = LeftInParent(tag)
    for future in futures:
        future.leave(error)


def _at_exit() -> None:
    looking.stop(_AT_FORK)
    asking.stop(_AT_EXIT)


os.register_at_fork(before=_before_fork, after_in_parent=_in_parent, after_in_child=_in_child)
atexit.register(_at_exit)
