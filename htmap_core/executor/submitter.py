"""Who submits what was collected: one thread for each executor, which is there while it has something to do."""

from __future__ import annotations

import concurrent.futures
import copy
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Optional

from htmap_core import user_warnings
from htmap_core.exceptions import (
    BusyMap,
    CannotStore,
    CondorError,
    ExecutorClosed,
    HTMapException,
    MapWasRemoved,
)
from htmap_core.exceptions.door import by_the_shortest_way
from htmap_core.executor import lifetime
from htmap_core.executor.asked import Asked
from htmap_core.executor.collecting import Call, Collection, Group
from htmap_core.executor.homes import Home, Submitted
from htmap_core.executor.recall.going_on import go_on
from htmap_core.executor.recall.memory import UNKNOWN, Found, Memory
from htmap_core.futures.following import follow
from htmap_core.futures.future import Future
from htmap_core.maps.map import Map, cancelling_of, engine_of
from htmap_core.progress.bars import tell
from htmap_core.storage.log import logger
from htmap_core.wording import counted

_IDLE = 5.0  # seconds without anything to do, after which the thread ends

_TOLD_WITHIN = 10.0  # seconds in which futures are done whose calls have run on this machine
_ATTEMPTS = 10  # to submit calls without those that cannot be: what is written by then is written again

SHUT_DOWN = "it was shut down"
_PROGRAM_ENDS = "the program ends"
_FORKED = "it is that of the process from which this one was forked"


class Submitter:
    """The calls of an executor, from where they come to where they are done. Threads share it.

    A thread that has several of its locks has taken them in the order in which they stand below. With the last one it waits for
    nobody.

    :param home: where calls go.
    :param patience: for how many seconds a hold may last before it is the end of a future.
    :param at_once: whether calls are submitted by the thread that they come from.
    :param memory: what is remembered of earlier runs of the program; None where nothing is.
    """

    def __init__(self, home: Home, patience: float, *, at_once: bool = False, memory: Memory | None = None) -> None:
        self.home, self._patience, self._at_once, self._memory = home, patience, at_once, memory
        self._keeps_map = False  # for who wants to know what has failed, or for the process that it is of
        self._why_closed = ""
        self._note_end = self._ended  # one object for all futures
        self._open: set[Future[Any]] = set()
        self._begin()
        lifetime.watch(self)

    def _begin(self) -> None:
        self._submitting = threading.RLock()  # who has it may use the home
        self._pickling = threading.RLock()  # who has it may use the collection
        self._state = threading.Condition()
        self._collection = Collection()
        self._thread: Optional[threading.Thread] = None

    # --- calls

    def submit(
        self, asked: Asked, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Future[Any]:
        """Collect a call, and return its future.

        :raises ExecutorClosed: the executor takes no more calls.
        """
        future: Future[Any] = Future(self, self._patience)
        with self._pickling:
            if self._why_closed:
                raise ExecutorClosed(self._why_closed)
            try:
                recalled = UNKNOWN if self._memory is None else self._memory.recalled(func, args, kwargs, asked)
                if recalled.found is None:
                    self._collection.add(future, func, args, kwargs, asked, recalled.key)
                else:
                    self._collection.find(future, recalled.found)
            except Exception as error:
                _fail([future], error)
                return future
            with self._state:
                self._open.add(future)
            is_awaited = self._collection.is_first or self._collection.is_full
        future.add_done_callback(self._note_end)
        if self._at_once:
            self.act()
            concurrent.futures.wait([future])
        elif is_awaited:
            self._wake()
        return future

    def _ended(self, future: concurrent.futures.Future[Any]) -> None:
        """Note that a future is done."""
        assert isinstance(future, Future)
        with self._state:
            self._open.discard(future)
            self._keeps_map = self._keeps_map or not (future.cancelled() or future.exception() is None)
            if not self._open:
                self._state.notify_all()

    def flush(self) -> None:
        """Have what is collected be submitted without waiting for more."""
        with self._pickling:
            self._collection.flush()
        self._wake()

    def cancelled(self, future: Future[Any]) -> None:
        """Note that a call was cancelled before it had a component: it is left out when its turn comes."""

    def open_futures(self) -> list[Future[Any]]:
        """Return the futures that are not done, and are not those of components; in a process that was forked, too."""
        return [future for future in self._open if future.component is None]

    def counts(self) -> tuple[int, int]:
        """Return how many calls have not ended, and how many of these are collected and not submitted yet."""
        with self._state:
            return len(self._open), len(self._collection)

    # --- the thread

    def _wake(self) -> None:
        with self._state:
            if self._thread is None and len(self._collection):
                self._thread = threading.Thread(target=self._run, name="htmap executor", daemon=True)
                self._thread.start()
            self._state.notify_all()

    def _run(self) -> None:
        try:
            while self._awaits_due():
                self.act()
        except BaseException:  # a bug, which Python tells; the next call is not to wait for this thread
            self._thread = None
            raise

    def _awaits_due(self) -> bool:
        """Wait until there is something to do now, and return whether there is; else the thread ends."""
        with self._state:
            while True:
                if not self._state.wait_for(lambda: len(self._collection), _IDLE):
                    self._thread = None
                    return False
                if (pause := self._collection.waits()) <= 0:
                    return True
                self._state.wait(pause)

    def act(self) -> None:
        """Submit what is collected."""
        with self._submitting:
            with self._pickling:
                found, groups = self._collection.take_found(), self._collection.take()
            if found and self._memory is not None:
                self._go_on(self._memory, found)
            for group in groups:
                self._submit(group, [call for call in group.calls if not call.future.cancelled()])
            self._let_go()

    def _submit(self, group: Group, calls: Sequence[Call]) -> None:
        def submitted(made: Map[Any], components: range) -> None:
            self._bind(made, zip([call.future for call in calls], components))
            for replaced in (call.input.key.instead_of for call in calls if call.input.key is not None):
                if replaced is not None:
                    cancelling_of(made).take_out(replaced)

        for attempts in reversed(range(_ATTEMPTS)):
            if calls:
                calls = self._left_by(group, calls, submitted, is_last=not attempts)

    def _left_by(self, group: Group, calls: Sequence[Call], submitted: Submitted, *, is_last: bool) -> Sequence[Call]:
        """Submit calls, and return those that are still to be submitted because another one cannot be.

        :param is_last: whether none is to be submitted any more otherwise.
        """
        try:
            with user_warnings.issued_for(group.line):
                self.home.add(group, calls, submitted)
        except Exception as error:
            culprit = group.present if _is_of_one(error) and not is_last else None
            failed = calls if culprit is None else [culprit]
            logger.info("%d calls of an executor were not submitted: %s", len(failed), error)
            _fail([call.future for call in failed], error)
            return [] if culprit is None else [call for call in calls if call is not culprit]
        return []

    def _go_on(self, memory: Memory, found: Sequence[tuple[Future[Any], Found]]) -> None:
        """Have calls go on that earlier runs have submitted."""
        wanted = [(future, each) for future, each in found if not future.cancelled()]
        try:
            go_on(engine_of(memory.map), [each for _, each in wanted])
        except Exception as error:
            logger.info("%d calls of earlier runs do not go on: %s", len(found), error)
            with self._pickling:
                for _, each in reversed(found):
                    memory.put_back(each)
            _fail([future for future, _ in wanted], error)
        else:
            self._bind(memory.map, [(future, each.component) for future, each in found])

    def _bind(self, made: Map[Any], futures: Iterable[tuple[Future[Any], int]]) -> None:
        """Have futures be those of components of a map."""
        engine, owner, left = engine_of(made), cancelling_of(made), list[Future[Any]]()
        for future, component in futures:
            future.bound(engine, component, owner)
            if future.cancelled():  # meanwhile; to tell it twice does no harm
                owner.cancelled(future)
            else:
                left.append(future)
        follow(engine, left, patience=self._patience)

    # --- the end

    def close(self, why: str = SHUT_DOWN) -> None:
        """Take no more calls, and have those that are collected be submitted.

        :param why: what is told to who submits one.
        """
        with self._pickling:
            self._why_closed = self._why_closed or why
        self.flush()
        if self._submitting.acquire(blocking=False):  # else who has it does this in the end
            self._let_go()
            self._submitting.release()

    def _let_go(self) -> None:
        """Let executors of other processes have the tag, once this one has nothing more to do with the map."""
        if self._memory is not None and self._why_closed and not len(self._collection):
            self._memory.close()

    def cancel_all(self) -> None:
        """Cancel all calls that do not run."""
        with self._state:
            left = [*self._open]
        for future in left:
            future.cancel()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until all calls have ended, and remove the map that nobody has given a tag if all have ended well.

        :param timeout: for how many seconds; None for any number.
        """
        with self._state:
            has_ended = self._state.wait_for(lambda: not self._open, timeout)
        if has_ended and not self._keeps_map:
            with self._submitting:
                self.home.remove()

    def end(self) -> None:
        """Submit what is collected, since the process ends. The map goes on without it."""
        self.close(_PROGRAM_ENDS)
        waiting = self.open_futures()
        self.act()
        lifetime.tell_of_lost(waiting)
        self.wait(_TOLD_WITHIN if self.home.runs_here else 0)
        left, _ = self.counts()
        if left and (tag := self.home.tag) is not None:
            tell(
                f"map {tag!r} goes on without this program, with {counted(left, 'open call')}: "
                f"htmap.load({tag!r}).futures() returns the futures"
            )

    def leave(self) -> None:
        """Take no calls in a process that was forked, and begin with locks that nobody has.

        Calls and map are those of its parent: nobody waits for them here, or removes it.
        """
        self._why_closed, self._memory, self._keeps_map = _FORKED, None, True
        self._open = set()
        self._begin()


def _is_of_one(error: Exception) -> bool:
    """Return whether an error is that of the call whose input was being written, if one was, and not of all."""
    return isinstance(error, HTMapException) and not isinstance(
        error, (BusyMap, CannotStore, CondorError, MapWasRemoved)
    )


def _fail(futures: Sequence[Future[Any]], error: Exception) -> None:
    """Have an error be what came of futures that are not cancelled or done. Each has one of its own, as who gets it raises it."""
    for future in futures:
        own = copy.copy(error)
        future.fail(by_the_shortest_way(own) if isinstance(own, HTMapException) else own)
