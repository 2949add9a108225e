"""The open futures of one map."""

from __future__ import annotations

import contextlib
import math
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from htmap_core.components import ComponentStatus
from htmap_core.exceptions import CorruptEventLog, MapComponentError, OutputNotFound
from htmap_core.futures.future import Future
from htmap_core.futures.listening import Listener, Pause, Statuses
from htmap_core.results.engine import Engine
from htmap_core.results.outcome import is_settled
from htmap_core.results.unpickling.payloads import CannotUnpickle
from htmap_core.wording import in_shell

_SOON = 0.2  # seconds until to look again at a component that has changed while its result was read
_BEGUN = frozenset({ComponentStatus.RUNNING, ComponentStatus.SUSPENDED})


class OpenFutures(Listener):
    """The open futures of components of one map.

    Any thread may add futures; the following thread has them done.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._adding = threading.Lock()
        self._by_component: dict[int, Future[Any]] = {}
        self._more: dict[Future[Any], None] = {}  # further ones of the same components
        self._fresh: list[Future[Any]] = []
        self._due: deque[Future[Any]] = deque()
        self._held: dict[Future[Any], float] = {}  # until when
        self._unmade: dict[Future[Any], float] = {}  # likewise, of those that get no job before a release
        self._again: list[Future[Any]] = []

    def __iter__(self) -> Any:
        return iter([*self._by_component.values(), *self._more])

    def add(self, futures: Iterable[Future[Any]]) -> None:
        """Have futures done as their components end. They are bound."""
        with self._adding:
            for future in futures:
                if self._by_component.setdefault(_component(future), future) is not future:
                    self._more[future] = None
                self._fresh.append(future)

    def known_or(self, fresh: Iterable[Future[Any]]) -> list[Future[Any]]:
        """Return for each of some futures the open one of its component, which is itself if there was none before."""
        with self._adding:
            return [self._known_or(future) for future in fresh]

    def _known_or(self, fresh: Future[Any]) -> Future[Any]:
        found = self._by_component.setdefault(_component(fresh), fresh)
        if found.done():  # as one that was cancelled, whose component has not left the queue yet
            found = self._by_component[_component(fresh)] = fresh
        return found

    def drop(self, future: Future[Any]) -> None:
        """Forget a future that is done."""
        with self._adding:
            if self._by_component.get(_component(future)) is future:
                del self._by_component[_component(future)]
            else:
                self._more.pop(future, None)

    @property
    def are_waited_for(self) -> bool:
        """Whether there are any."""
        return bool(self._by_component or self._more)

    @property
    def has_fresh(self) -> bool:
        """Whether there are futures that have heard nothing yet."""
        return bool(self._fresh)

    def hear(self, statuses: Statuses, changed: Iterable[int]) -> None:
        """Note which futures run, are held or can be done."""
        known = self._by_component
        heard = [future for component in changed if (future := known.get(component)) is not None]
        with self._adding:
            heard += [*self._more, *self._fresh]
            self._fresh = []
        for future in heard:
            self._note(future, statuses[_component(future)])

    def _note(self, future: Future[Any], status: ComponentStatus) -> None:
        if status is not ComponentStatus.HELD:
            self._held.pop(future, None)
        if status is not ComponentStatus.UNMATERIALIZED:
            self._unmade.pop(future, None)
        if status in _BEGUN and not future.running():
            future.begin()
        elif status is ComponentStatus.HELD and future.patience > 0:
            self._held.setdefault(future, time.monotonic() + future.patience)
        elif is_settled(status):
            self._due.append(future)

    def await_release(self, statuses: Statuses) -> None:
        """Note that components get no job before those that are held are released: the patience begins."""
        begin = time.monotonic()
        for future in list(self):
            if statuses[_component(future)] is ComponentStatus.UNMATERIALIZED:
                self._unmade[future] = begin + future.patience

    def work(self, until: float) -> Pause:
        """Have those futures done whose components have ended, or were held for too long."""
        now = time.monotonic()
        for future in [each for each, end in self._held.items() if end <= now]:
            del self._held[future]
            self._due.append(future)
        self._finish_unmade(now)
        self._due.extend(self._again)
        self._again = []
        while self._due and time.monotonic() < until:
            self._finish(self._due.popleft())
        if self._due:
            return 0.0
        if self._again:
            return _SOON
        if not self.are_waited_for:
            return None
        return min([*self._held.values(), *self._unmade.values()], default=math.inf) - time.monotonic()

    def _finish_unmade(self, now: float) -> None:
        """Have those futures done whose components wait for the release of another one for too long."""
        waiting = [future for future, end in list(self._unmade.items()) if end <= now]
        if not waiting:
            return
        statuses = self._engine.states.statuses()
        held = next((each for each, status in enumerate(statuses) if status is ComponentStatus.HELD), None)
        for future in waiting:
            del self._unmade[future]
            if held is not None and statuses[_component(future)] is ComponentStatus.UNMATERIALIZED:
                finish(self._engine, future, ComponentStatus.HELD, held)
                self.drop(future)

    def _finish(self, future: Future[Any]) -> None:
        """Have a future done if its component is still as it was."""
        if not future.done():
            component = _component(future)
            status = self._engine.states.status(component)
            if not is_settled(status):
                return  # it runs again: the next news tell
            if not finish(self._engine, future, status):
                self._again.append(future)
                return
        self.drop(future)

    def fail(self, error: Exception) -> None:
        """Have all futures done: by their results where these have come back and the event log alone is damaged."""
        for future in list(self):
            readable = isinstance(error, CorruptEventLog) and finish(self._engine, future, ComponentStatus.COMPLETED)
            if not readable:
                future.fail(error)
            self.drop(future)
        self._fresh, self._again = [], []
        for waiting in (self._due, self._held, self._unmade):
            waiting.clear()


def finish(engine: Engine, future: Future[Any], status: ComponentStatus, component: int | None = None) -> bool:
    """Have a future done whose component has ended, or is held for too long; return whether that can be.

    :param status: the component's, a moment ago.
    :param component: another one that tells what became of it, if it is not its own.
    """
    try:
        result = engine.loaded(_component(future) if component is None else component, status)
    except OutputNotFound:  # it runs again
        return False
    except MapComponentError as error:
        future.fail(original(error))
    except Exception as error:
        future.fail(error)
    else:
        future.succeed(result)
    return True


def original(error: MapComponentError) -> Exception:
    """Return the exception that a function has raised; *error* where it did not come back, or would end who asks for it."""
    cause = error.__cause__
    if not isinstance(cause, Exception) or isinstance(cause, CannotUnpickle):
        return error
    if sys.version_info >= (3, 11):
        with contextlib.suppress(Exception):  # some classes are frozen
            more = f"`htmap errors {in_shell(error.tag)}` shows the values of variables, and where it ran"
            cause.add_note(f"component {error.component} of map {error.tag!r}; {more}")
    return cause


def _component(future: Future[Any]) -> int:
    assert future.component is not None, "it is bound"
    return future.component
