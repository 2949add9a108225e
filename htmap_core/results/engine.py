"""The components of one map: their states, their results and errors, and waiting for them.

``Map`` holds an engine, and so do the sequences of output, following, and explanations.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Iterator
from typing import Any

from htmap_core import user_warnings
from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import ComponentNotFound, CondorError, ExpectedError, MapComponentError, OutputNotFound
from htmap_core.results.errors import ComponentError, ErrorReader
from htmap_core.results.outcome import Outcome, is_settled
from htmap_core.results.pickling import CannotUnpickle
from htmap_core.results.reader import Input, ResultReader
from htmap_core.settings.waiting import Deadline, Timeout, component_bar
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.tags import TaggedMap
from htmap_core.tracking import source

QUIET = 60.0  # seconds without news after which the schedd is asked


class Engine:
    """The components of one map.

    Methods that take a component's index need it counted from the front, as :meth:`from_front` returns it.

    :param tag: the map's tag, as the caller knows it.
    :param finish_interrupted: finishes or undoes operations of vanished processes, for which a waiting user would wait for ever.
    """

    def __init__(self, tag: str, map_dir: MapDir, finish_interrupted: Callable[[], None]) -> None:
        self.map = TaggedMap(tag, map_dir)
        self.components = range(map_dir.record.components)
        self.states = source.of(map_dir)
        self.errors = ErrorReader(self.map, self.states)
        self._results = ResultReader(map_dir)
        self._finish_interrupted = finish_interrupted

    # --- the map

    @property
    def map_dir(self) -> MapDir:
        """The map's directory."""
        return self.map.map_dir

    @property
    def pool(self) -> PoolAddress:
        """The pool that has the map's jobs."""
        return self.map_dir.record.pool

    def from_front(self, component: int) -> int:
        """Return a component's index counted from the front.

        :raises ComponentNotFound: the map has no such component.
        """
        if not isinstance(component, int):
            if not hasattr(component, "__index__"):
                raise TypeError(f"a component is an int, got {component!r}")
            component = operator.index(component)  # numpy's integers are as good as Python's
        count = len(self.components)
        if not -count <= component < count:
            raise ComponentNotFound(self.map.tag, component, count)
        return component % count

    def has(self, component: object) -> bool:
        """Return whether the map has a component with this index, counted from the front."""
        return hasattr(component, "__index__") and operator.index(component) in self.components

    def job(self, component: int) -> Job:
        """Return the latest job of a component."""
        return self.map_dir.placement.job_of(component)

    # --- states

    def poll(self) -> bool:
        """Read the news since the last call, and return whether there were any."""
        has_moved = self.map_dir.refresh()
        has_news = self.states.poll()
        if has_news and self.map_dir.has_checkpoints and self.states.has_ended:
            self.map_dir.remove_checkpoints()
        return has_news or has_moved

    def statuses(self) -> list[ComponentStatus]:
        """Return the status of every component now."""
        self.poll()
        return self.states.statuses()

    def status(self, component: int) -> ComponentStatus:
        """Return the status of one component now."""
        self.poll()
        return self.states.status(component)

    def is_active(self) -> bool:
        """Return whether any component has not ended."""
        return not all(status.is_final for status in set(self.statuses()))

    def holds(self) -> dict[int, ComponentHold]:
        """Return the holds of the held components, by component."""
        held = [number for number, status in enumerate(self.statuses()) if status is ComponentStatus.HELD]
        return {component: hold for component in held if (hold := self.states.hold(component)) is not None}

    def memory(self) -> list[int]:
        """Return the peak memory of every component's job so far in MB; 0 before the first measurement."""
        self.poll()
        return [self.states.memory(component) for component in self.components]

    def runtimes(self) -> list[float]:
        """Return the duration of the present run of every component's job, or else of its last one, in seconds."""
        self.poll()
        return [self.states.runtime(component) for component in self.components]

    # --- waiting

    def watch(self, timeout: Timeout) -> Iterator[list[ComponentStatus]]:
        """Yield the statuses of all components, at once and then after each news.

        :raises TimeoutError: the time is over.
        :raises MapWasRemoved: the map was removed meanwhile.
        """
        deadline = Deadline(timeout)
        self.poll()
        while True:
            statuses = self.states.statuses()
            yield statuses
            ended = sum(status.is_final for status in statuses)
            self._await_news(deadline, f"has not ended: {ended} of {len(self.components)} components have")

    def await_component(self, component: int, timeout: Timeout) -> ComponentStatus:
        """Wait until a component has ended or is held, and return its status; raises the errors of :meth:`watch`."""
        deadline = Deadline(timeout)
        self.poll()
        while not is_settled(status := self.states.status(component)):
            self._await_news(deadline, f"has no output yet: it is {status}", component)
        return status

    def _await_news(self, deadline: Deadline, how_far: str, component: int | None = None) -> None:
        """Wait for news; after a long time without any, ask the schedd instead."""
        begin = time.monotonic()
        while True:
            deadline.pause(how_far, self.map.tag, component)
            self.map.check_existence()
            if self.poll():
                return
            if time.monotonic() > begin + QUIET:
                self._ask_the_schedd()
                return

    def _ask_the_schedd(self) -> None:
        self._finish_interrupted()
        connection = Connection(self.pool)
        try:
            self.states.ask_the_schedd(connection)
            silence = None if connection.slots(["Name"]) else "its pool has no slots at all"
        except CondorError as error:
            silence = str(error)
        if silence:
            user_warnings.warn(user_warnings.SilentPool(self.map.tag, QUIET, silence))

    def wait(self, timeout: Timeout, stuck: set[ComponentStatus], *, show_progress_bar: bool) -> None:
        """Wait until every component has ended; raises the errors of :meth:`watch`.

        :param stuck: the statuses that end the waiting.
        :raises ComponentProblem: a component has one of these statuses.
        """
        with component_bar(self.map.current_tag(), len(self.components), show=show_progress_bar) as progress:
            for statuses in self.watch(timeout):
                ended = sum(status.is_final for status in statuses)
                progress.update(ended - progress.n)
                for component, status in enumerate(statuses) if stuck & set(statuses) else ():
                    if status in stuck:
                        raise self.errors.problem(component, status)
                if ended == len(self.components):
                    break
        self.states.save()

    # --- results and errors

    def result(self, component: int, timeout: Timeout) -> Any:
        """Wait for the result of a component, and return it.

        :raises ComponentProblem: the component has failed, or is held.
        """
        return self._loaded(component, self.await_component(component, timeout))

    def result_now(self, component: int) -> Any:
        """Return the result of a component without waiting.

        :raises OutputNotFound: the component has no result yet.
        :raises ComponentProblem: the component has failed, or is held.
        """
        status = self.status(component)
        if not is_settled(status):
            raise OutputNotFound(self.map.tag, component, str(status))
        return self._loaded(component, status)

    def error(self, component: int, timeout: Timeout) -> ComponentError:
        """Wait until a component has ended, and return its error.

        :raises ExpectedError: the component succeeded.
        :raises MapComponentHeld: the component is held.
        """
        status = self.await_component(component, timeout)
        if status is ComponentStatus.HELD:
            raise self.errors.problem(component, status)
        if not self.errors.has_failed(component, status):
            raise ExpectedError(self.map.tag, component)
        return self.errors.error(component, status)

    def all_errors(self) -> Iterator[ComponentError]:
        """Wait until every component has ended or is held, and yield the errors of those that have failed."""
        for component in self.components:
            status = self.await_component(component, None)
            if self.errors.has_failed(component, status):
                yield self.errors.error(component, status)

    def errors_so_far(self) -> Iterator[ComponentError]:
        """Return an iterator over the errors of the components that have failed by now."""
        failed = [each for each in enumerate(self.statuses()) if self.errors.has_failed(*each)]
        return (self.errors.error(component, status) for component, status in failed)

    def inputs(self) -> Iterator[Input]:
        """Return an iterator over the inputs: ``(args, kwargs)`` for each component, in order."""
        return map(self.input, self.components)

    def input(self, component: int) -> Input:
        """Return the arguments of a component's call: ``(args, kwargs)``."""
        return self._results.input(component, self.map.tag)

    def results(self, timeout: Timeout) -> Iterator[Any]:
        """Return an iterator over all results in the order of the inputs, which waits for each."""
        return (self._loaded_soon(component, timeout) for component in self.components)

    def results_as_available(self, timeout: Timeout) -> Iterator[tuple[int, Any]]:
        """Return an iterator over ``(component, result)`` as results arrive."""
        return ((component, self._loaded(component, status)) for component, status in self._as_available(timeout))

    def outcomes(self, timeout: Timeout) -> Iterator[Outcome]:
        """Return an iterator over the outcomes of the components, as they end or are held."""
        return (self._outcome(component, status) for component, status in self._as_available(timeout))

    def _as_available(self, timeout: Timeout) -> Iterator[tuple[int, ComponentStatus]]:
        pending = dict.fromkeys(self.components)
        for statuses in self.watch(timeout):
            for component in list(pending):
                if is_settled(statuses[component]):
                    del pending[component]
                    yield component, statuses[component]
            if not pending:
                return

    def _outcome(self, component: int, status: ComponentStatus) -> Outcome:
        if (hold := self.states.hold(component)) is not None:
            return Outcome(component, ComponentStatus.HELD, error=hold)
        try:
            return Outcome(component, status, self._found(component, status))
        except CannotUnpickle as problem:
            return Outcome(component, status, error=self.errors.unreadable(component, problem))
        except FileNotFoundError:
            return Outcome(component, status, error=self.errors.error(component, status))

    def _loaded_soon(self, component: int, timeout: Timeout) -> Any:
        """Wait for a result and return it, without looking for news if its job is known to have returned it."""
        try:
            if (found := self._results.at_hand(component, self.map.tag)) is not None:
                return found[0]
        except CannotUnpickle:
            pass  # _loaded() raises it again below, as the error that users expect
        self.map_dir.refresh()  # another process may have run the component again, which deletes the first result
        if self.states.status(component) is ComponentStatus.COMPLETED:
            return self._loaded(component, ComponentStatus.COMPLETED)
        self.map.check_existence()
        return self._loaded(component, self.await_component(component, timeout))

    def _loaded(self, component: int, status: ComponentStatus) -> Any:
        try:
            return self._found(component, status)
        except FileNotFoundError:
            pass  # the result is gone or has not arrived, or the component failed; the report says so
        except CannotUnpickle as error:
            report = self.errors.unreadable(component, error).report()
            raise MapComponentError(self.map.tag, component, report) from error
        raise self.errors.problem(component, status, with_cause=True)

    def _found(self, component: int, status: ComponentStatus) -> Any:
        """Return the result of a component, or raise the errors of :meth:`ResultReader.result`."""
        if status is not ComponentStatus.COMPLETED:
            raise FileNotFoundError(f"the result of component {component}, which is {status}")
        return self._results.result(component, self.map.tag)
