"""What came of a map: results, errors, output."""

from __future__ import annotations

import functools
import textwrap
import time
from collections.abc import Iterator, Sequence
from typing import Any, Optional

import attrs

from htmap_core import user_warnings
from htmap_core.components import ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import (
    ComponentProblem,
    CondorError,
    ExpectedError,
    MapComponentError,
    MapComponentHeld,
    MapComponentRemoved,
    OutputNotFound,
)
from htmap_core.maps import recovery
from htmap_core.maps.map_view import MapView, of_existing
from htmap_core.results.errors import ComponentError, frames_here
from htmap_core.results.outputs import MapOutputFiles, MapStdErr, MapStdOut
from htmap_core.results.pickling import CannotUnpickle, unpickle_exception
from htmap_core.results.reader import ResultReader
from htmap_core.settings.waiting import Deadline, Timeout, progress_bar

Input = tuple[tuple[Any, ...], dict[str, Any]]

_STDERR_TAIL = 2000  # bytes
_QUIET = 60.0  # seconds without news after which the schedd is asked whether the event log has missed something


@attrs.frozen
class Outcome:
    """What came of one component: a value, or why there is none.

    :param component: its index.
    :param status: COMPLETED, ERRORED, HELD or REMOVED.
    :param value: the result, where it is COMPLETED.
    :param error: a :class:`ComponentError`, or where it is held a :class:`ComponentHold`; None where it is COMPLETED.
    """

    component: int
    status: ComponentStatus
    value: Any = None
    error: Optional[object] = None

    @property
    def ok(self) -> bool:
        """Whether there is a result."""
        return self.error is None


class MapResults(MapView, Sequence[Any]):
    """What came of a map; the middle of :class:`~htmap_core.maps.map.Map`."""

    # --- waiting

    @of_existing
    def wait(
        self,
        timeout: Timeout = None,
        show_progress_bar: bool = False,
        holds_ok: bool = False,
        errors_ok: bool = False,
    ) -> None:
        """Wait until every component has ended.

        :param timeout: seconds or a timedelta; None waits for ever.
        :param show_progress_bar: show a progress bar on standard error.
        :param holds_ok: go on waiting where components are held.
        :param errors_ok: go on waiting where components raised, or were removed from the queue.
        :raises TimeoutError: the time was over first.
        :raises MapComponentHeld: a component is held.
        :raises MapComponentError: a component raised.
        :raises MapComponentRemoved: a component was removed from the queue.
        """
        stuck = {ComponentStatus.HELD} if not holds_ok else set()
        stuck |= {ComponentStatus.ERRORED, ComponentStatus.REMOVED} if not errors_ok else set()
        with progress_bar(self.tag, len(self), show=show_progress_bar) as progress:
            for statuses in self._watch(timeout):
                ended = sum(status.is_final for status in statuses)
                progress.update(ended - progress.n)
                for component, status in enumerate(statuses) if stuck & set(statuses) else ():
                    if status in stuck:
                        raise self._problem(component, status)
                if ended == len(self):
                    break
        self._states.save()

    def _watch(self, timeout: Timeout) -> Iterator[list[ComponentStatus]]:
        """Yield the statuses of all components: at once, and again whenever something has happened."""
        deadline, asked = Deadline(timeout), time.monotonic()
        self._states.poll()
        while True:
            statuses = self._states.all()
            yield statuses
            ended = sum(status.is_final for status in statuses)
            while True:
                deadline.pause(f"has not ended: {ended} of {len(self)} components have", self._tag)
                self._check_existence()
                if self._states.poll() or self._settled(asked):
                    asked = time.monotonic()
                    break

    def _settled(self, asked: float) -> bool:
        """Ask the schedd where the event log has been silent for long; return whether that was done."""
        if time.monotonic() - asked < _QUIET:
            return False
        recovery.settle()  # what a process began that was killed would never end
        connection = Connection(self._record.pool)
        try:
            self._states.settle(connection)
            silence = None if connection.slots(["Name"]) else "its pool has no slots at all"
        except CondorError as error:
            silence = str(error)
        if silence:
            user_warnings.warn(user_warnings.SilentPool(self._tag, _QUIET, silence))
        return True

    def _await(self, component: int, timeout: Timeout) -> ComponentStatus:
        """Wait until a component has ended or is held, and return its status."""
        deadline, asked = Deadline(timeout), time.monotonic()
        self._states.poll()
        while True:
            status = self._states.status(component)
            if status.is_final or status is ComponentStatus.HELD:
                return status
            deadline.pause(f"has no output yet: it is {status}", self._tag, component)
            self._check_existence()
            if self._states.poll() or self._settled(asked):
                asked = time.monotonic()

    def _status_now(self, component: int) -> ComponentStatus:
        self._check_existence()
        self._states.poll()
        return self._states.status(component)

    def _entry(self, component: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what a component's result file says of the job, and of the component.

        :raises FileNotFoundError: there is none.
        """
        return self._map_dir.outputs.entry(self._states.job(component), component)

    # --- one component

    @of_existing
    def get(self, component: int, timeout: Timeout = None) -> Any:
        """Return the result of a component, waiting until there is one.

        :param timeout: seconds or a timedelta; None waits for ever.
        :raises IndexError: the map has no such component.
        :raises TimeoutError: the time was over first.
        :raises MapComponentError: the component raised; raised from the original exception, where that could travel.
        :raises MapComponentHeld: the component is held.
        :raises MapComponentRemoved: the component was removed from the queue.
        """
        component = self._checked(component)
        return self._load(component, self._await(component, timeout))

    @of_existing
    def __getitem__(self, component: int) -> Any:  # type: ignore[override]  # a slice of a map would be neither map nor list
        """Return the result of a component without waiting.

        :raises OutputNotFound: there is none yet. Otherwise as :meth:`get`.
        """
        component = self._checked(component)
        status = self._status_now(component)
        if not (status.is_final or status is ComponentStatus.HELD):
            raise OutputNotFound(self._tag, component, str(status))
        return self._load(component, status)

    @of_existing
    def get_err(self, component: int, timeout: Timeout = None) -> ComponentError:
        """Return the error of a component, waiting until it has ended.

        :raises ExpectedError: it succeeded.
        :raises MapComponentHeld: it is held. Otherwise as :meth:`get`.
        """
        component = self._checked(component)
        status = self._await(component, timeout)
        if status is ComponentStatus.HELD:
            raise self._problem(component, status)
        error = self._outcome(component, status).error
        if not isinstance(error, ComponentError):
            raise ExpectedError(self._tag, component)
        return error

    @of_existing
    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the first component that has *value* as its result, waiting for none.

        :raises ValueError: none of them has it.
        :raises OutputNotFound: one before it has no result yet. Otherwise as :meth:`get`.
        """
        return super().index(value, start, len(self) if stop is None else stop)

    @of_existing
    def count(self, value: Any) -> int:
        """Return how many components have *value* as their result, waiting for all."""
        return super().count(value)

    # --- all components

    def __iter__(self) -> Iterator[Any]:
        """Yield all results in the order of the inputs, waiting for each."""
        return self.iter()

    @of_existing
    def iter(self, timeout: Timeout = None) -> Iterator[Any]:
        """Return an iterator over all results in the order of the inputs, which waits for each.

        :param timeout: for each component, as in :meth:`get`.
        """
        return (self._load_soon(component, timeout) for component in self._components)

    @of_existing
    def iter_with_inputs(self, timeout: Timeout = None) -> Iterator[tuple[Input, Any]]:
        """Return an iterator over ``(input, result)`` in the order of the inputs, which waits for each.

        An input is ``(args, kwargs)``, as the function got it.
        """
        return zip(self.iter_inputs(), self.iter(timeout))

    @of_existing
    def iter_as_available(self, timeout: Timeout = None) -> Iterator[Any]:
        """Return an iterator over all results as they come in; an error or hold ends it as :meth:`get` would.

        :param timeout: for all of them, as in :meth:`wait`.
        """
        return (self._load(component, status) for component, status in self._as_available(timeout))

    @of_existing
    def iter_as_available_with_inputs(self, timeout: Timeout = None) -> Iterator[tuple[Input, Any]]:
        """Return an iterator over ``(input, result)`` as they come in; otherwise as :meth:`iter_as_available`."""
        return (
            (self._reader.input(component), self._load(component, status))
            for component, status in self._as_available(timeout)
        )

    @of_existing
    def iter_inputs(self) -> Iterator[Input]:
        """Return an iterator over the inputs: ``(args, kwargs)`` for each component, in order."""
        return (self._reader.input(component) for component in self._components)

    @of_existing
    def outcomes(self, timeout: Timeout = None) -> Iterator[Outcome]:
        """Return an iterator over what came of the components, as they end, errors and holds being values like any other.

        A component that is held when it is looked at is not waited for.

        :param timeout: for all of them, as in :meth:`wait`.
        """
        return (self._outcome(component, status) for component, status in self._as_available(timeout))

    def _as_available(self, timeout: Timeout) -> Iterator[tuple[int, ComponentStatus]]:
        pending = dict.fromkeys(self._components)
        for statuses in self._watch(timeout):
            for component in list(pending):
                status = statuses[component]
                if status.is_final or status is ComponentStatus.HELD:
                    del pending[component]
                    yield component, status
            if not pending:
                return

    def _outcome(self, component: int, status: ComponentStatus) -> Outcome:
        if (hold := self._states.hold(component)) is not None:
            return Outcome(component, ComponentStatus.HELD, error=hold)
        try:
            return Outcome(component, status, self._load(component, status))
        except (MapComponentError, MapComponentRemoved) as problem:
            if isinstance(problem.__cause__, CannotUnpickle):
                return Outcome(component, status, error=self._unreadable(component, problem.__cause__))
            return Outcome(component, status, error=self._error(component, status))

    # --- errors and output

    @property
    @of_existing
    def errors(self) -> dict[int, ComponentError]:
        """The errors by component, waiting for every component that has not ended; held ones are passed over."""
        found = {}
        for component in self._components:
            status = self._await(component, None)
            if self._has_failed(component, status):
                found[component] = self._error(component, status)
        return found

    @of_existing
    def error_reports(self) -> Iterator[str]:
        """Yield the report on each component that has failed so far; waits for none."""
        statuses = enumerate(self.component_statuses)
        failed = [(component, status) for component, status in statuses if self._has_failed(component, status)]
        return (self._error(component, status).report() for component, status in failed)

    def _has_failed(self, component: int, status: ComponentStatus) -> bool:
        """Return whether a component has ended without a result; also where its function ended the job as if all were well."""
        if status is ComponentStatus.COMPLETED:
            return not self._map_dir.outputs.exists(self._states.job(component))
        return status.is_final

    @property
    @of_existing
    def stdout(self) -> MapStdOut:
        """What the components wrote to their standard output: a sequence of text."""
        return MapStdOut(self)

    @property
    @of_existing
    def stderr(self) -> MapStdErr:
        """What the components wrote to their standard error: a sequence of text."""
        return MapStdErr(self)

    @property
    @of_existing
    def output_files(self) -> MapOutputFiles:
        """The folders with the files that the components sent back: a sequence of paths."""
        return MapOutputFiles(self)

    # --- loading

    @functools.cached_property
    def _reader(self) -> ResultReader:
        return ResultReader(self._map_dir)

    def _load_soon(self, component: int, timeout: Timeout) -> Any:
        """Return a result, without looking at the event log where its job is known to have returned it."""
        if self._reader.has(component):
            try:
                return self._reader.at_hand(component, self._tag)
            except CannotUnpickle:
                pass  # raised again below, as what users expect
        if self._states.status(component) is ComponentStatus.COMPLETED:
            return self._load(component, ComponentStatus.COMPLETED)
        self._check_existence()
        return self._load(component, self._await(component, timeout))

    def _load(self, component: int, status: ComponentStatus) -> Any:
        if status is ComponentStatus.COMPLETED:
            try:
                return self._reader.result(component, self._tag)
            except FileNotFoundError:
                self._check_existence()  # else it ended well, but its result is gone or has not arrived; the report says so
            except CannotUnpickle as error:
                report = self._unreadable(component, error).report()
                raise MapComponentError(self._tag, component, report) from error
        raise self._problem(component, status)

    def _problem(self, component: int, status: ComponentStatus) -> ComponentProblem:
        """Return what stands in the way of a component's result, as an exception."""
        if (hold := self._states.hold(component)) is not None:
            return MapComponentHeld(self._tag, component, f"{hold}{self._last_words(component)}")
        if status is ComponentStatus.REMOVED:
            return MapComponentRemoved(self._tag, component, self._states.note(component))
        error = self._error(component, status)
        problem = MapComponentError(self._tag, component, error.report())
        problem.__cause__ = error.exception
        return problem

    def _error(self, component: int, status: ComponentStatus) -> ComponentError:
        job = self._states.job(component)
        try:
            index, entry = self._entry(component)
        except FileNotFoundError:
            note = self._states.note(component) or f"it is {status}, but nothing came back"
            tail = self._map_dir.outputs.tail(job, "stderr", _STDERR_TAIL)
            return ComponentError.without_result(self, component, note, tail)
        exception = None
        if (error := entry["error"]).get("exception"):
            payload = self._map_dir.outputs.payload(job, error["exception"])
            exception = unpickle_exception(payload, index["runtime"]["python"], error.get("by_value"))
        return ComponentError.from_result(self, component, index, entry, exception)

    def _unreadable(self, component: int, problem: CannotUnpickle) -> ComponentError:
        """Return the error of a component that has a result, which cannot be made an object here."""
        index, entry = self._entry(component)
        around = self._map_dir.outputs.surroundings(self._states.job(component), index)
        error = {**around, "text": str(problem), "frames": frames_here(problem.__cause__)}
        return ComponentError.from_result(self, component, index, {**entry, "error": error}, problem)

    def _last_words(self, component: int) -> str:
        """Return the end of what a held component's job wrote to its standard error, where it ran at all."""
        text = self._map_dir.outputs.tail(self._states.job(component), "stderr", _STDERR_TAIL).rstrip()
        return f"\nThe end of its standard error is\n{textwrap.indent(text, '  ')}" if text else ""
