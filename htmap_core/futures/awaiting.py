"""Waiting for a map in an event loop: for its results, or for outcomes as they come. No thread waits for either."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from htmap_core.components import ComponentStatus
from htmap_core.exceptions import CorruptEventLog, OutputNotFound, TimeoutError
from htmap_core.futures import following
from htmap_core.futures.ending import unless_loop_ends
from htmap_core.futures.followed import FollowedMap
from htmap_core.futures.future import waiter_of
from htmap_core.futures.listening import Listener, Pause, Statuses
from htmap_core.progress import interruption
from htmap_core.results.engine import Engine
from htmap_core.results.outcome import Outcome, is_settled
from htmap_core.settings.waiting import Deadline, Timeout

_SOON = 0.2  # seconds until to look again at a component that has changed while it was read
_AT_HAND = 64  # outcomes that are read before they are asked for


async def results(engine: Engine, cancel: Callable[[], object]) -> list[Any]:
    """Return the results of all components in their order, or raise what iterating over the map would raise.

    :param cancel: called if the task is cancelled, but not where the whole loop ends.
    """
    listener = _InOrder(engine)
    with following.followed(engine) as found:
        found.add(listener)
    try:
        await waiter_of(listener.found)
    except asyncio.CancelledError:
        listener.found.cancel()
        unless_loop_ends(cancel, lambda: interruption.tell_that_it_goes_on(engine.map.current_tag()))
        raise
    return listener.found.result()


async def outcomes(engine: Engine, timeout: Timeout) -> AsyncIterator[Outcome[Any]]:
    """Yield the outcomes of all components, as they end or are held. To leave it leaves the map alone.

    :param timeout: for all together.
    """
    deadline, listener = Deadline(timeout), _AsTheyCome(engine)
    try:
        while True:
            with following.followed(engine) as found:
                listener.join(found)
            if not (outcomes := await listener.next(deadline)):
                return
            for outcome in outcomes:
                yield outcome
    finally:
        listener.is_closed = True


class _InOrder(Listener):
    """Gathers the results of all components in their order, up to the first that has none."""

    def __init__(self, engine: Engine) -> None:
        self.found: concurrent.futures.Future[list[Any]] = concurrent.futures.Future()
        self._engine = engine
        self._statuses: Statuses = ()
        self._results: list[Any] = []

    def hear(self, statuses: Statuses, changed: Iterable[int]) -> None:
        self._statuses = statuses

    def work(self, until: float) -> Pause:
        while not self.found.done():
            if len(self._results) == len(self._statuses):
                self._end(lambda: self.found.set_result(self._results))
            elif not is_settled(status := self._statuses[len(self._results)]):
                return math.inf
            elif time.monotonic() >= until:
                return 0.0
            else:
                try:
                    self._results.append(self._engine.loaded(len(self._results), status))
                except OutputNotFound:
                    return _SOON
                except Exception as error:
                    self.fail(error)
        return None

    def fail(self, error: Exception) -> None:
        with contextlib.suppress(Exception):  # then the damage is what matters
            while isinstance(error, CorruptEventLog):  # what has come back needs no log
                self._results.append(self._engine.loaded(len(self._results), ComponentStatus.COMPLETED))
                if len(self._results) == len(self._engine.components):
                    self._end(lambda: self.found.set_result(self._results))
                    return
        self._end(lambda: self.found.set_exception(error))

    def _end(self, end: Callable[[], None]) -> None:
        with contextlib.suppress(concurrent.futures.InvalidStateError):  # it was cancelled
            end()


class _AsTheyCome(Listener):
    """Reads outcomes as components end, a few before they are asked for. Made in the event loop where they are asked for."""

    def __init__(self, engine: Engine) -> None:
        self.is_closed = self._has_joined = False
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._due: deque[int] = deque()
        self._read: deque[Outcome[Any]] = deque()
        self._is_told = bytearray()
        self._left = -1  # how many components have no outcome yet; at first it is not known
        self._error: Exception | None = None

    # --- in the event loop

    def join(self, followed: FollowedMap) -> None:
        """Have it listen to a map that is followed, and read on if it has stopped because nobody had asked."""
        if not self._has_joined:
            self._has_joined = True
            followed.add(self)

    async def next(self, deadline: Deadline) -> list[Outcome[Any]]:
        """Wait for outcomes, and return those that have come; none if there will be no more.

        :raises TimeoutError: the time is over.
        """
        while not self._read:
            if self._error is not None:
                raise self._error
            if self._left == 0:
                return []
            if (left := deadline.left()) <= 0:
                told = f"has not ended: {max(0, self._left)} of {len(self._is_told)} components have not"
                raise TimeoutError(self._engine.map.tag, None, told)
            self._waiter = self._loop.create_future()
            await asyncio.wait({self._waiter}, timeout=None if left == math.inf else left)
        return [self._read.popleft() for _ in range(len(self._read))]

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # --- in the following thread

    def hear(self, statuses: Statuses, changed: Iterable[int]) -> None:
        added = len(statuses) - len(self._is_told)
        self._is_told.extend(bytes(added))
        self._left = max(0, self._left) + added
        self._due.extend(each for each in changed if is_settled(statuses[each]) and not self._is_told[each])

    def work(self, until: float) -> Pause:
        again: list[int] = []
        while self._due and len(self._read) < _AT_HAND and time.monotonic() < until:
            component = self._due.popleft()
            if not self._is_told[component] and not self._has_read(component):
                again.append(component)
        self._due.extend(again)
        if self._read or self._left == 0 or self._error is not None:
            self._tell()
        if self.is_closed or self._left == 0 or self._error is not None:
            return None
        is_full = len(self._read) >= _AT_HAND
        return _SOON if again else 0.0 if self._due and not is_full else math.inf

    def _has_read(self, component: int) -> bool:
        """Read the outcome of a component; return False if it is to be looked at again."""
        status = self._engine.states.status(component)
        if not is_settled(status):
            return True  # it runs again: the next news tell
        try:
            self._read.append(self._engine.outcome_of(component, status))
        except OutputNotFound:
            return False
        except Exception as error:
            self._error = error
            return True
        self._is_told[component] = True
        self._left -= 1
        return True

    def fail(self, error: Exception) -> None:
        self._error = error
        self._tell()

    def _tell(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:  # the loop is closed
            self.is_closed = True
