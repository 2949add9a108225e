"""One map that is followed, for all who wait for its components."""

from __future__ import annotations

import contextlib
import math
import threading
import time

from htmap_core.components import ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import CondorError, HTMapException
from htmap_core.futures.deeds import Deeds
from htmap_core.futures.listening import Listener, Statuses
from htmap_core.futures.opened import OpenFutures
from htmap_core.results.engine import Engine
from htmap_core.results.news import Looks
from htmap_core.settings import tables
from htmap_core.storage.log import logger
from htmap_core.user_warnings import HTMapWarning

_TURN = 0.05  # seconds for which results of one map are read before other maps have their turn
_OF_DISK = 60.0  # seconds for which a file system may fail before that is told


class FollowedMap:
    """One map that is followed.

    :param asking: the deeds of the thread that asks the schedd, which may take long.
    """

    def __init__(self, engine: Engine, asking: Deeds) -> None:
        self.engine = engine
        self.futures = OpenFutures(engine)
        self._asking = asking
        self._adding = threading.Lock()
        self._fresh: list[Listener] = []
        self._listeners: list[Listener] = [self.futures]
        self._looks = Looks(engine.news)
        self._longest: float | None = None
        self._statuses: Statuses = []
        self._seen: int | None = None
        self._failing_since: float | None = None
        self._damage: HTMapException | None = None  # of the event log, which the schedd could not make up for

    def add(self, listener: Listener) -> None:
        """Have somebody told of the map's components."""
        with self._adding:
            self._fresh.append(listener)

    @property
    def has_waiting(self) -> bool:
        """Whether somebody waits for components of the map."""
        return bool(self._fresh) or len(self._listeners) > 1 or self.futures.are_waited_for

    @property
    def has_fresh(self) -> bool:
        """Whether somebody waits who has not heard of anything yet."""
        return bool(self._fresh) or self.futures.has_fresh

    def look(self) -> float | None:
        """Look for news and tell them; return after how many seconds to look again, or None if nobody waits any more."""
        try:
            self._look()
            self._failing_since = None
        except OSError as error:  # of a file system on the network, for a moment
            now = time.monotonic()
            self._failing_since = self._failing_since or now
            if now < self._failing_since + _OF_DISK:
                return self._pause_at_most(math.inf)
            self._fail(error)
        except Exception as error:
            self._fail(error)
        return self._worked()

    def _look(self) -> None:
        seen, has_fresh, news = self._looks.look(asks=False), self.has_fresh, self.engine.news
        if news.are_doubtful:
            if self._damage is not None:
                raise self._damage
            self._asking.do(self._settle)
            return
        self._damage = None
        if news.are_incomplete:
            self._asking.do(self._settle)
        if seen != self._seen or has_fresh:
            begin = time.monotonic()
            self._tell()
            if seen != self._seen:
                self._looks.begin_anew(time.monotonic() - begin)
            self._seen = seen
            if self.futures.are_waited_for and self._all_wait():
                self._asking.do(self._ask_about_release)
        elif self._looks.are_in_vain:
            self._asking.do(self._ask)
        if news.tending_is_due:
            self._asking.do(self._tend)

    def _tell(self) -> None:
        before, self._statuses = self._statuses, self.engine.states.statuses()
        common = zip(before, self._statuses)
        changed = [component for component, (old, new) in enumerate(common) if old is not new]
        changed += range(len(before), len(self._statuses))
        for listener in self._listeners:
            listener.hear(self._statuses, changed)
        with self._adding:
            fresh, self._fresh = self._fresh, []
        for listener in fresh:
            listener.hear(self._statuses, range(len(self._statuses)))
        self._listeners += fresh

    def _worked(self) -> float | None:
        """Let those who wait read what has come."""
        until = time.monotonic() + _TURN
        pauses = [(each, each.work(until)) for each in self._listeners]
        self._listeners = [each for each, pause in pauses if pause is not None or each is self.futures]
        wanted = [pause for _, pause in pauses if pause is not None]
        if wanted or self.has_waiting:
            return self._pause_at_most(min(wanted, default=0.0))
        with contextlib.suppress(HTMapException, OSError):
            self.engine.states.save()  # what this process has read, the next one need not
        return None

    def _pause_at_most(self, seconds: float) -> float:
        if self._longest is None:
            self._longest = float(tables.setting("WAIT_TIME"))
        return max(0.0, min(seconds, self._longest, self._looks.until_next()))

    def _fail(self, error: Exception) -> None:
        with self._adding:
            self._listeners += self._fresh
            self._fresh = []
        for listener in self._listeners:
            listener.fail(error)

    def _all_wait(self) -> bool:
        """Return whether no job runs or can start, some being held and others not made yet."""
        open_ones = {status for status in self.engine.states.counts() if not status.is_final}
        return open_ones == {ComponentStatus.HELD, ComponentStatus.UNMATERIALIZED}

    def _ask_about_release(self) -> None:
        """Have the futures of components that get no job before a release wait for that as those of held ones do."""
        engine = self.engine
        with contextlib.suppress(CondorError):  # it is asked once more after the next news
            if engine.states.awaits_release(Connection(engine.pool)) and self._all_wait():
                self.futures.await_release(engine.states.statuses())

    def _settle(self) -> None:
        """Ask the schedd about what the event log leaves doubtful."""
        try:
            self.engine.news.poll()
        except HTMapException as error:
            self._damage = error

    def _ask(self) -> None:
        with contextlib.suppress(HTMapException):  # whoever looks for news is told
            try:
                self.engine.news.ask()
            except HTMapWarning as warning:  # where warnings are errors: here nobody's
                logger.warning("%s", warning)

    def _tend(self) -> None:
        self.engine.news.tend()
