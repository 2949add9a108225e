"""The components of one map: their states, their results and errors, and waiting for them.

``Map`` holds an engine, and so do the sequences of output, following, and explanations.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, SupportsIndex, TypeVar

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.display.short import short
from htmap_core.exceptions import (
    ComponentNotFound,
    ComponentProblem,
    ComponentsNotFound,
    CondorError,
    CorruptEventLog,
    CorruptMap,
    ExpectedError,
    HTMapException,
    MadeByNewerHTMap,
    OutputNotFound,
)
from htmap_core.progress.gathering import Gathering
from htmap_core.progress.line import Line
from htmap_core.progress.pace import Pace
from htmap_core.progress.work import LongWork
from htmap_core.results.errors import ComponentError, ErrorReader, failure
from htmap_core.results.news import News
from htmap_core.results.outcome import Outcome, is_settled
from htmap_core.results.partial.enough import Enough
from htmap_core.results.reader import Input, ResultReader
from htmap_core.results.unpickling.payloads import CannotUnpickle
from htmap_core.settings.waiting import Deadline, Timeout
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.tags import TaggedMap
from htmap_core.tracking import source
from htmap_core.tracking.site_words import SiteSays

T = TypeVar("T")

_DONE = frozenset({ComponentStatus.COMPLETED})
_ENDED = frozenset(status for status in ComponentStatus if status.is_final)


class Engine:
    """The components of one map. Threads share it.

    Another thread may run components again, or remove the map, at any moment. So whatever is told about a component is looked
    at once more before a problem is raised: see :meth:`consistent`.

    Methods that take a component's index need it counted from the front, as :meth:`from_front` returns it.

    :param tag: the map's tag, as the caller knows it.
    :param finish_interrupted: finishes or undoes operations of vanished processes, for which a waiting user would wait for ever.
    :param tend: does what jobs in the queue need while somebody waits, and returns the seconds until it is to be called again.
    """

    def __init__(
        self, tag: str, map_dir: MapDir, finish_interrupted: Callable[[], object], tend: Callable[[str], float]
    ) -> None:
        self.map: TaggedMap = TaggedMap(tag, map_dir)
        _ = map_dir.record  # a map that cannot be read is refused before anything else
        self.states: source.StateSource = source.of(map_dir)
        self.site: SiteSays = SiteSays(self.map)
        self.errors: ErrorReader = ErrorReader(self.map, self.states, self.site)
        self._results = ResultReader(map_dir)
        self.news: News = News(self.map, self.states, finish_interrupted, tend)
        self._pace = Pace(len(self.components) / map_dir.placement.first_jobs)

    # --- the map

    @property
    def map_dir(self) -> MapDir:
        """The map's directory."""
        return self.map.map_dir

    @property
    def pool(self) -> PoolAddress:
        """The pool that has the map's jobs."""
        return self.map_dir.pool

    @property
    def components(self) -> range:
        """The indices of all components. A map may grow, also by another process. Cheap."""
        with contextlib.suppress(
            CorruptMap, MadeByNewerHTMap
        ):  # whoever asks for states is told; results may be read still
            self.map_dir.refresh()
        return range(self.map_dir.placement.components)

    def from_front(self, component: SupportsIndex) -> int:
        """Return a component's index counted from the front.

        :raises ComponentNotFound: the map has no such component.
        """
        number, count = _as_int(component), len(self.components)
        if number is None:
            raise TypeError(f"a component is an int, got {short(component)}")
        if not -count <= number < count:
            raise ComponentNotFound(self.map.tag, number, count)
        return number % count

    def chosen(self, components: Iterable[int]) -> list[int]:
        """Return the indices of components that are to run again, counted from the front, in order and each once.

        :raises ComponentsNotFound: the map does not have some of them.
        """
        found, missing = set(), []
        for component in components:
            try:
                found.add(self.from_front(component))
            except ComponentNotFound as error:
                missing.append(error.component)
        if missing:
            count = len(self.components)
            raise ComponentsNotFound(tag=self.map.tag, component=missing[0], count=count, components=missing)
        return sorted(found)

    def has(self, component: object) -> bool:
        """Return whether the map has a component with this index, counted from the front."""
        number = _as_int(component)
        return number is not None and number in self.components

    def job(self, component: int) -> Job:
        """Return the latest job of a component."""
        return self.map_dir.placement.job_of(component)

    # --- states

    def poll(self) -> None:
        """Read the news.

        :raises CorruptEventLog: the event log is damaged, and neither result files nor the queue make up for it.
        """
        self.news.poll()

    def catch_up(self) -> None:
        """Ask the schedd if the event log has been silent for long."""
        self.poll()
        self.news.catch_up()

    def statuses(self) -> list[ComponentStatus]:
        """Return the status of every component now."""
        self.poll()
        return self.states.statuses()

    def counts(self) -> Mapping[ComponentStatus, int]:
        """Return how many components have each status now, without those that none has."""
        self.poll()
        return self.states.counts()

    def status(self, component: int) -> ComponentStatus:
        """Return the status of one component now."""
        self.poll()
        return self.states.status(component)

    def is_active(self) -> bool:
        """Return whether any component has not ended."""
        return not all(status.is_final for status in self.counts())

    def has_ended(self) -> bool:
        """Return whether all jobs are known to have ended, with no news to come; damaged files do not tell. It asks no daemon."""
        try:
            self.news.read()
        except (CorruptEventLog, CorruptMap, MadeByNewerHTMap):
            return False
        return self.states.has_ended and self.states.doubt() is None

    def open_jobs(self, jobs: Iterable[Job]) -> list[Job]:
        """Return those of some jobs that have not ended, as of the last look, whatever has become of their components before."""
        return self.states.open_jobs(jobs)

    def holds(self) -> dict[int, ComponentHold]:
        """Return the holds of the held components, by component."""
        held = [number for number, status in enumerate(self.statuses()) if status is ComponentStatus.HELD]
        return {component: hold for component in held if (hold := self.states.hold(component)) is not None}

    def memory(self) -> list[int]:
        """Return the peak memory of every component's job so far in MB; 0 before the first measurement."""
        self.poll()
        return [self.states.memory(component) for component in self.components]

    def memory_of_jobs(self) -> list[int]:
        """Return the same for every job that any component has now, however many share it."""
        self.poll()
        return [self.states.memory(component) for component in self._one_of_each_job()]

    def runtimes(self) -> list[float]:
        """Return the duration of the present run of every component's job, or else of its last one, in seconds."""
        self.poll()
        return [self.states.runtime(component) for component in self.components]

    def runtimes_of_jobs(self) -> list[float]:
        """Return the same for every job that any component has now, however many share it."""
        self.poll()
        return [self.states.runtime(component) for component in self._one_of_each_job()]

    def _one_of_each_job(self) -> Iterable[int]:
        """Return one of the components of every job that any component has now."""
        placement = self.map_dir.placement
        if placement.has_job_each:
            return self.components
        return (
            next(each for each in placement.components_of(job) if placement.is_current(job, each))
            for job in placement.jobs()
        )

    # --- waiting

    def line(self, asked: bool | None = None, over: frozenset[ComponentStatus] = _DONE) -> Line:
        """Return the line that tells how far the map is, for a wait.

        :param asked: whether the program has asked for it; None if it has said nothing.
        :param over: the statuses that count as ended.
        """
        return Line(self.map.tag, self.states.counts, len(self.components), over, self._pace, asked=asked)

    def watch(self, timeout: Timeout, line: Line | None = None) -> Iterator[list[ComponentStatus]]:
        """Yield the statuses of all components, at once and then after each news.

        :param line: tells meanwhile how far the map is; None if nobody asks.
        :raises TimeoutError: the time is over.
        :raises MapWasRemoved: the map was removed meanwhile.
        """
        for _ in self.news.watch(Deadline(timeout), line or self.line(asked=False)):
            yield self.states.statuses()

    def await_component(self, component: int, timeout: Timeout) -> ComponentStatus:
        """Wait until a component has ended or is held, and return its status; raises the errors of :meth:`watch`."""
        with self.line() as line:
            return self.news.settled(component, Deadline(timeout), line)

    def wait(
        self,
        timeout: Timeout,
        tolerated: frozenset[ComponentStatus],
        *,
        show_progress_bar: bool | None,
        share: float | None = None,
    ) -> None:
        """Wait until every component is COMPLETED, or has a tolerated status; raises the errors of :meth:`watch`.

        :param tolerated: which of ERRORED, REMOVED and HELD count as ended.
        :param share: the share of the components that is enough; None for all.
        :raises ComponentProblem: a component has another one of these, or so many have that there cannot be enough.
        """
        with self.line(show_progress_bar, tolerated | _DONE) as line:
            for counts in self.news.watch(Deadline(timeout), line):
                line.has_news()
                enough = Enough(sum(counts.values()), tolerated, share)  # the map may have grown
                self._check(counts, enough)
                is_there = enough.ended(counts) >= enough.needed
                if is_there or self._awaits_release(counts.keys() - enough.over, tolerated):
                    break
        self.states.save()

    def _awaits_release(self, left: set[ComponentStatus], tolerated: frozenset[ComponentStatus]) -> bool:
        """Return whether the components that have not ended have no jobs, and get none before a tolerated hold is over.

        :param left: the statuses of the components that have not ended.
        """
        if left != {ComponentStatus.UNMATERIALIZED} or ComponentStatus.HELD not in tolerated:
            return False
        try:
            return self.states.awaits_release(Connection(self.pool))
        except CondorError:
            return False  # it is asked once more after the next news, or a minute without any

    def _check(self, counts: Mapping[ComponentStatus, int], enough: Enough) -> None:
        """Check that not too many components have ended or are held with a status that does not count.

        :raises ComponentProblem: too many have.
        """
        wrong = enough.wrong(counts)
        if not enough.is_out_of_reach(sum(counts[status] for status in wrong)):
            return
        statuses = self.states.statuses()
        failed = [component for component, status in enumerate(statuses) if status in wrong]
        for component in failed if enough.is_out_of_reach(len(failed)) else ():
            with contextlib.suppress(OutputNotFound):  # it runs again, or was released: the next news tell
                raise enough.told(self._problem(component, statuses[component]), failed, statuses)

    # --- results and errors

    def result(self, component: int, timeout: Timeout, line: Line | None = None) -> Any:
        """Wait for the result of a component, and return it.

        :param line: as for :meth:`awaited`.
        :raises ComponentProblem: the component has failed, or is held.
        """
        try:
            return self.awaited(component, timeout, self.loaded, line)
        except CorruptEventLog:
            return self.loaded(component, ComponentStatus.COMPLETED)  # if it has come back, it needs no log

    def awaited(
        self, component: int, timeout: Timeout, look: Callable[[int, ComponentStatus], T], line: Line | None = None
    ) -> T:
        """Wait until a component has ended or is held, and return what *look* finds; wait again if it runs again.

        :param look: finds something by :meth:`consistent`.
        :param line: that of a wait for many components; None for one of its own.
        """
        deadline = Deadline(timeout)
        with contextlib.nullcontext(line) if line is not None else self.line() as shown:
            while True:
                try:
                    return look(component, self.news.settled(component, deadline, shown))
                except OutputNotFound:
                    continue

    def result_now(self, component: int) -> Any:
        """Return the result of a component without waiting.

        :raises OutputNotFound: the component has no result yet.
        :raises ComponentProblem: the component has failed, or is held.
        """
        try:
            while is_settled(status := self.status(component)):
                try:
                    return self.loaded(component, status)
                except OutputNotFound:  # it runs again
                    continue
        except CorruptEventLog:
            return self.loaded(component, ComponentStatus.COMPLETED)  # if it has come back, it needs no log
        raise OutputNotFound(self.map.tag, component, str(status))

    def results_now(self, components: Iterable[int]) -> list[Any]:
        """Return the results of components without waiting; raises the errors of :meth:`result_now`."""
        self.map_dir.refresh()  # another process may have run some of them again
        found = ((component, self._at_hand(component)) for component in components)
        return [self.result_now(component) if known is None else known[0] for component, known in found]

    def error(self, component: int, timeout: Timeout) -> ComponentError:
        """Wait until a component has ended, and return its error.

        :raises ExpectedError: the component succeeded.
        :raises MapComponentHeld: the component is held.
        """
        return self.awaited(component, timeout, self._error)

    def _error(self, component: int, status: ComponentStatus) -> ComponentError:
        if status is ComponentStatus.HELD:
            raise self._problem(component, status)
        if not self.errors.has_failed(component, status):
            raise ExpectedError(self.map.tag, component)
        return self.consistent(component, status, lambda: self.errors.error(component, status))

    def all_errors(self) -> Iterator[ComponentError]:
        """Wait until every component has ended or is held, and yield the errors of those that have failed."""
        with self.line(over=_ENDED) as line:
            for component in self.each():
                if (error := self.awaited(component, None, self._error_if_any, line)) is not None:
                    yield error

    def errors_so_far(self) -> Iterator[ComponentError]:
        """Yield the errors of the components that have failed by now."""
        for component, status in enumerate(self.statuses()):
            try:
                if (error := self._error_if_any(component, status)) is not None:
                    yield error
            except OutputNotFound:  # it runs again
                continue

    def _error_if_any(self, component: int, status: ComponentStatus) -> ComponentError | None:
        if not self.errors.has_failed(component, status):
            return None

        def look() -> ComponentError:
            try:
                return self.errors.error(component, status)
            except (CorruptMap, MadeByNewerHTMap) as damage:  # the errors of others can be told all the same
                return self.errors.damaged(component, damage)

        return self.consistent(component, status, look)

    def inputs(self) -> Iterator[Input]:
        """Return an iterator over the inputs: ``(args, kwargs)`` for each component, in order."""
        return map(self.input, self.each())

    def input(self, component: int) -> Input:
        """Return the arguments of a component's call: ``(args, kwargs)``."""
        return self._results.input(component, self.map.tag)

    def results(
        self, timeout: Timeout, components: Iterable[int] | None = None, gathering: Gathering | None = None
    ) -> Iterator[Any]:
        """Return an iterator over the results of all components, or of some, in their order, which waits for each.

        :param gathering: tells whether the program does something between two results; None where it may.
        """
        is_straight = gathering is not None and gathering.is_straight
        line, name, total = self.line(), f"reading {self.map.tag}", len(self.components)
        with line, LongWork(name, total, "result", quiet=not is_straight, replaces=line.put_away) as reading:
            for component in self.each() if components is None else components:
                if (found := self._at_hand(component)) is None:
                    reading.reach(component)
                    found = (self._loaded_soon(component, timeout, line, reading.rest),)
                yield found[0]

    def each(self) -> Iterator[int]:
        """Yield the indices of all components, also of those that are added meanwhile."""
        done = 0
        while components := self.components[done:]:
            yield from components
            done = components.stop

    def results_as_available(self, timeout: Timeout) -> Iterator[tuple[int, Any]]:
        """Return an iterator over ``(component, result)`` as results arrive."""
        return self._as_available(timeout, self.loaded)

    def outcomes(self, timeout: Timeout) -> Iterator[Outcome[Any]]:
        """Return an iterator over the outcomes of the components, as they end or are held."""
        return (outcome for _, outcome in self._as_available(timeout, self.outcome_of))

    def outcome(self, component: int, timeout: Timeout, line: Line | None = None) -> Outcome[Any]:
        """Wait until a component has ended or is held, and return its outcome.

        :param line: as for :meth:`awaited`.
        """
        if (found := self._at_hand(component)) is not None:
            return Outcome(component, ComponentStatus.COMPLETED, found[0])
        return self.awaited(component, timeout, self.outcome_of, line)

    def _as_available(self, timeout: Timeout, look: Callable[[int, ComponentStatus], T]) -> Iterator[tuple[int, T]]:
        pending: dict[int, None] = {}
        known = 0
        with self.line(over=_ENDED) as line:
            for statuses in self.watch(timeout, line):
                pending.update(dict.fromkeys(range(known, len(statuses))))  # the map may grow
                known = len(statuses)
                for component in list(pending):
                    if is_settled(statuses[component]):
                        try:
                            found = look(component, statuses[component])
                        except OutputNotFound:  # it runs again
                            continue
                        del pending[component]
                        line.hide()
                        yield component, found
                if not pending:
                    return

    def outcome_of(self, component: int, status: ComponentStatus) -> Outcome[Any]:
        """Return the outcome of a component that had *status* a moment ago, and had ended then or was held.

        :raises OutputNotFound: it runs again.
        """

        def look() -> Outcome[Any]:
            if (hold := self.states.hold(component)) is not None:
                return Outcome(component, ComponentStatus.HELD, error=hold)
            try:
                return Outcome(component, status, self._found(component, status))
            except CannotUnpickle as problem:
                return Outcome(component, status, error=self.errors.unreadable(component, problem))
            except FileNotFoundError:
                return Outcome(component, status, error=self.errors.error(component, status))

        return self.consistent(component, status, look)

    def _loaded_soon(self, component: int, timeout: Timeout, line: Line, waits: Callable[[], object]) -> Any:
        """Wait for a result and return it, without looking for news if its job is known to have returned it.

        :param waits: called before it waits.
        """
        self.map_dir.refresh()  # another process may have run the component again, which deletes the first result
        if self.states.status(component) is ComponentStatus.COMPLETED:
            try:
                return self.loaded(component, ComponentStatus.COMPLETED)
            except OutputNotFound:
                pass  # it runs again
        self.map.check_existence()
        waits()
        return self.result(component, timeout, line)

    def _at_hand(self, component: int) -> tuple[Any] | None:
        """Return a result that is in what was opened last, else None."""
        try:
            return self._results.at_hand(component, self.map.tag)
        except CannotUnpickle:
            return None  # whoever looks again raises it again, as the error that users expect

    def loaded(self, component: int, status: ComponentStatus) -> Any:
        """Return the result of a component that had *status* a moment ago.

        :raises ComponentProblem: it has none.
        :raises OutputNotFound: it runs again.
        """
        try:
            return self._found(component, status)
        except FileNotFoundError:
            pass  # the result is gone or has not arrived, or the component failed; the report says so
        except CannotUnpickle as error:
            cause = error  # `error` itself ends with this block
            found = self.consistent(component, status, lambda: self.errors.unreadable(component, cause))
            raise failure(self.map.tag, found) from error
        raise self._problem(component, status, with_cause=True)

    def _problem(self, component: int, status: ComponentStatus, *, with_cause: bool = False) -> ComponentProblem:
        """Return the reason why a component has no result; raises the errors of :meth:`consistent`."""
        return self.consistent(component, status, lambda: self.errors.problem(component, status, with_cause=with_cause))

    def _found(self, component: int, status: ComponentStatus) -> Any:
        """Return the result of a component, or raise the errors of :meth:`ResultReader.result`."""
        if status is not ComponentStatus.COMPLETED:
            raise FileNotFoundError(f"the result of component {component}, which is {status}")
        return self._results.result(component, self.map.tag)

    def consistent(self, component: int, status: ComponentStatus, look: Callable[[], T]) -> T:
        """Return what *look* finds on a component that had *status* a moment ago.

        :raises MapWasRemoved: the map was removed meanwhile.
        :raises OutputNotFound: the component was run again, or released, meanwhile: what was found mixes two of its runs.
        """
        job = self.job(component)
        try:
            found = look()
        except (OSError, HTMapException):
            self._check_unchanged(component, status, job)
            raise
        if not (isinstance(found, Outcome) and found.ok):  # a result is right whichever run it is of
            self._check_unchanged(component, status, job)
        return found

    def _check_unchanged(self, component: int, status: ComponentStatus, job: Job) -> None:
        self.map.check_existence()
        self.poll()
        now = self.states.status(component)
        if now is not status or self.job(component) != job:
            raise OutputNotFound(self.map.tag, component, str(now))


_TRUTHS = frozenset({"bool", "bool_"})  # Python's, and numpy's under its older name: that one has an index, and warns


def _as_int(component: object) -> int | None:
    """Return a component's index as Python's int, also if it is one of numpy's; None if it is no index. A truth is none."""
    if type(component).__name__ in _TRUTHS:
        return None
    try:
        return operator.index(component)  # type: ignore[arg-type]  # what refuses has no index
    except TypeError:
        return None
