"""News about the components of one map: reading them, waiting for them, and asking the schedd where none come."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from htmap_core import user_warnings
from htmap_core.components import ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import CondorError
from htmap_core.progress import interruption
from htmap_core.progress.line import Line
from htmap_core.results.outcome import is_settled
from htmap_core.settings.waiting import Deadline, until_next_look
from htmap_core.storage.root import answers_about_slots
from htmap_core.storage.tags import TaggedMap
from htmap_core.tracking.source import StateSource

logger = logging.getLogger("htmap")

QUIET = 60.0  # seconds without news after which the schedd is asked
_QUIET_HERE = 1.0  # seconds after which to look whether the process is gone that runs a map on this machine
# Each question that brings no news doubles the time until the next one, so often at most: to a quarter of an hour.
_DOUBLINGS = 4


class News:
    """The news about one map, for any number of threads that wait.

    Whichever thread reads news, a count grows, so that no thread misses what another has read. No lock is held while a thread
    waits or asks the schedd.

    :param finish_interrupted: finishes or undoes operations of vanished processes, for which a waiting user would wait for ever.
    :param tend: does what jobs in the queue need while somebody waits, and returns the seconds until it is to be called again.
    """

    def __init__(
        self,
        map: TaggedMap,
        states: StateSource,
        finish_interrupted: Callable[[], object],
        tend: Callable[[str], float],
    ) -> None:
        self._map = map
        self._states = states
        self._finish_interrupted = finish_interrupted
        self._tend = tend
        self._tend_at = -math.inf
        self._count = 0
        self._adding = threading.Lock()
        self._asked = self._asked_in_vain = self._asked_of_lost = -math.inf
        self._silences = 0  # how often the schedd was asked since the last news
        self._last = self._known_since = time.monotonic()  # when they came

    def poll(self) -> int:
        """Read the news, and return a number that is another one after news, whichever thread has read them.

        :raises CorruptEventLog: the event log is damaged, and neither result files nor the queue make up for it.
        """
        self.read()
        if self._states.doubt() is not None:
            self._settle_doubt()
        elif self._states.lacks_news():
            self._make_up_for_what_is_lost()
        return self._count

    def read(self) -> None:
        """Read the news, and ask nobody about what is doubtful in them.

        :raises CorruptEventLog: the event log has text that is no event, or an event that the map's jobs cannot have.
        """
        map_dir = self._map.map_dir
        has_moved = map_dir.refresh()
        has_news = self._states.poll()
        if has_news and map_dir.has_checkpoints and self._states.has_ended:
            map_dir.remove_checkpoints()
        if has_news or has_moved:
            self._silences, self._last = 0, time.monotonic()
            self._add()

    def _add(self) -> None:
        with self._adding:
            self._count += 1

    def _settle_doubt(self) -> None:
        """Ask the schedd about the jobs on which the event log contradicts itself; not again soon where it does not answer."""
        if time.monotonic() > self._asked_in_vain + QUIET:
            try:
                self._states.ask_the_schedd(Connection(self._map.map_dir.pool))
                self._add()
            except CondorError:
                self._asked_in_vain = time.monotonic()
        if (doubt := self._states.doubt()) is not None:
            raise doubt

    def _make_up_for_what_is_lost(self) -> None:
        """Ask the schedd about what the disk had no room for; not again soon, as it stays lost."""
        if self._map.map_dir.is_here or time.monotonic() < self._asked_of_lost + QUIET:
            return
        self._asked_of_lost = time.monotonic()
        with contextlib.suppress(CondorError):  # what is known is shown, as where nothing is lost
            self._states.ask_the_schedd(Connection(self._map.map_dir.pool))
            self._states.save()
            self._add()

    def watch(self, deadline: Deadline, line: Line) -> Iterator[Mapping[ComponentStatus, int]]:
        """Yield how many components have each status, at once and then after each news.

        :param line: shows meanwhile how far the map is.
        :raises TimeoutError: the time is over.
        :raises MapWasRemoved: the map was removed meanwhile.
        """
        seen = self.poll()
        while True:
            begin = time.monotonic()
            counts = self._states.counts()
            how_far, took = _how_far(counts), time.monotonic() - begin
            yield counts
            seen = self._wait(seen, deadline, line, how_far, took=took)

    def settled(self, component: int, deadline: Deadline, line: Line) -> ComponentStatus:
        """Wait until a component has ended or is held, and return its status; raises the errors of :meth:`watch`."""
        seen = self.poll()
        while not is_settled(status := self._states.status(component)):
            seen = self._wait(seen, deadline, line, f"has no output yet: it is {status}", component)
        line.hide()
        return status

    def _wait(
        self, seen: int, deadline: Deadline, line: Line, how_far: str, component: int | None = None, took: float = 0.0
    ) -> int:
        """Wait for news; after a long time without any, ask the schedd instead.

        :param seen: what :meth:`poll` returned before the caller looked.
        :param took: the seconds that the caller's look took.
        :returns: what it returns now.
        """
        try:
            return self._next(seen, deadline, line, how_far, component, took)
        except KeyboardInterrupt:
            line.hide()
            interruption.tell_that_it_goes_on(self._map.current_tag())
            raise

    def _next(self, seen: int, deadline: Deadline, line: Line, how_far: str, component: int | None, took: float) -> int:
        looks = Looks(self, took)
        while True:
            deadline.pause(how_far, self._map.tag, component, at_most=looks.until_next())
            if self.tending_is_due:
                self.tend()
            if (news := looks.look()) != seen:
                line.has_news()
                return news
            line.look()
            if looks.are_in_vain:
                line.hide()  # for what follows may warn
                return self.ask()

    def until_next_look(self, took: float) -> float:
        """Return after how many seconds to look again, where a look takes so many."""
        now = time.monotonic()
        return until_next_look(now - self._last, took, now - self._known_since)

    def look(self, *, asks: bool = True) -> int:
        """Return what :meth:`poll` does, of a map that is there.

        :param asks: whether the schedd may be asked about what is doubtful or lost, which may take long.
        :raises MapWasRemoved: the map was removed.
        """
        self._map.check_existence()
        if asks:
            return self.poll()
        self.read()
        return self._count

    @property
    def are_doubtful(self) -> bool:
        """Whether :meth:`poll` would ask the schedd, or raise what is wrong with the event log."""
        return self._states.doubt() is not None

    @property
    def are_incomplete(self) -> bool:
        """Whether :meth:`poll` would ask the schedd about what the disk had no room for, if it has not done so soon before."""
        is_due = time.monotonic() >= self._asked_of_lost + QUIET
        return is_due and self._states.lacks_news() and not self._map.map_dir.is_here

    @property
    def tending_is_due(self) -> bool:
        """Whether :meth:`tend` is to be called."""
        return time.monotonic() >= self._tend_at

    def tend(self) -> None:
        """Do what jobs in the queue need while somebody waits. It may ask the schedd."""
        self._tend_at, pause = math.inf, 0.0  # one of the threads that wait is enough
        try:
            pause = self._tend(self._map.tag)
        finally:
            self._tend_at = time.monotonic() + pause

    def is_silent(self, since: float) -> bool:
        """Return whether :meth:`ask` is to be called, where somebody has waited for news since a time."""
        quiet = _QUIET_HERE if self._map.map_dir.is_here else QUIET
        return time.monotonic() > max(since, self._asked) + quiet * (1 << self._silences)

    def ask(self) -> int:
        """Ask the schedd, and return what :meth:`poll` does. It may take long, and warn."""
        self._asked = time.monotonic()  # one of the threads that wait is enough
        self._silences = min(self._silences + 1, _DOUBLINGS)
        self._ask_the_schedd()
        self._add()
        return self.poll()

    def catch_up(self) -> None:
        """Ask the schedd if the event log has been silent for long: an event may be lost, as on a full disk.

        Who looks once, and not while waiting, calls it where the schedd is asked anyway.
        """
        silence = self._states.silence()
        if silence is not None and silence > QUIET:
            with contextlib.suppress(CondorError):  # the caller is told by its own question
                self._states.ask_the_schedd(Connection(self._map.map_dir.pool))
                self._states.save()

    def _ask_the_schedd(self) -> None:
        self._finish_interrupted()
        if self._map.map_dir.is_here:
            return  # no schedd knows it
        address = self._map.map_dir.pool
        connection, slots = Connection(address, answers_about_slots(address)), 1
        try:
            silence = self._states.ask_the_schedd(connection)
            if silence is None:
                _, slots = connection.count("true")
        except CondorError as error:
            silence = str(error)
        self._states.save()  # what the schedd has told, the log will not tell the next process
        if silence:
            quiet = time.monotonic() - self._last
            user_warnings.warn(user_warnings.SilentPool(self._map.tag, quiet, silence))
        elif not slots:  # no warning: a pool of glideins has none at times
            logger.info("map %r waits: its pool has no slots now", self._map.tag)


class Looks:
    """One wait for news: when to look next, and when to ask the schedd instead. It never pauses itself.

    :param took: the seconds that the caller's look at the last news took.
    """

    def __init__(self, news: News, took: float = 0.0) -> None:
        self._news = news
        self.begin_anew(took)

    def begin_anew(self, took: float) -> None:
        """Note that there were news, and how many seconds the caller's look at them took."""
        self._begin, self._took, self._quickest = time.monotonic(), took, math.inf

    def until_next(self) -> float:
        """Return after how many seconds to look again."""
        return self._news.until_next_look(self._took)

    def look(self, *, asks: bool = True) -> int:
        """Read the news, and return what :meth:`News.poll` does; parameters and errors are those of :meth:`News.look`."""
        begin = time.monotonic()
        found = self._news.look(asks=asks)
        # A look that the machine held up is no measure.
        self._took = self._quickest = min(self._quickest, time.monotonic() - begin)
        return found

    @property
    def are_in_vain(self) -> bool:
        """Whether there were no news for so long that the schedd is to be asked."""
        return self._news.is_silent(self._begin)


def _how_far(counts: Mapping[ComponentStatus, int]) -> str:
    """Return how many components have ended and are held, as the message about a timeout says it."""
    ended, held = sum(counts[status] for status in counts if status.is_final), counts.get(ComponentStatus.HELD, 0)
    return f"has not ended: {ended} of {sum(counts.values())} components have{f', and {held} are held' if held else ''}"
