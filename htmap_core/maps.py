"""The map: a user's window on what was submitted."""

from __future__ import annotations

import datetime
import functools
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, Union

from htmap_core import configfile, removal, reports
from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.exceptions import (
    MapComponentError,
    MapComponentHeld,
    MapComponentRemoved,
    MapWasRemoved,
    OutputNotFound,
    TimeoutError,  # noqa: A004 -- the name that users know; a builtin TimeoutError too
)
from htmap_core.pickling import unpickle_exception, unpickle_result
from htmap_core.storage import Job, MapDir
from htmap_core.tracking import Tracker

Timeout = Union[float, datetime.timedelta, None]
F = TypeVar("F", bound=Callable[..., Any])

_alive: weakref.WeakValueDictionary[str, Map] = weakref.WeakValueDictionary()

_STDERR_TAIL = 2000  # bytes


def _of_existing(method: F) -> F:
    """Have a method raise MapWasRemoved, before it looks at its arguments, once the map is gone."""

    @functools.wraps(method)
    def checked(self: Map, *args: Any, **kwargs: Any) -> Any:
        if not self.exists:
            raise MapWasRemoved(self._tag)
        return method(self, *args, **kwargs)

    return checked  # type: ignore[return-value]  # wraps keeps the signature


class Map:
    """The result of a mapping call: status, results and fate of all its components.

    Made by :func:`htmap.map` and its like, or by :func:`htmap.load`; there is one object for each map in a process.
    """

    def __new__(cls, *, tag: str, map_dir: MapDir) -> Map:  # noqa: ARG004, PYI034 -- there are no subclasses
        """Return the object that there is for the map, or a new one."""
        alive = _alive.get(str(map_dir.path))
        return alive if alive is not None else super().__new__(cls)

    def __init__(self, *, tag: str, map_dir: MapDir) -> None:
        self._tag = tag
        if str(map_dir.path) not in _alive:
            self._map_dir = map_dir
            self._record = map_dir.record
            self._tracker = Tracker(map_dir)
            _alive[str(map_dir.path)] = self

    # --- what it is

    @property
    @_of_existing
    def tag(self) -> str:
        """The map's tag."""
        return self._tag

    @property
    def exists(self) -> bool:
        """True unless the map has been removed, here or by another process."""
        return self._map_dir.exists

    @property
    @_of_existing
    def is_transient(self) -> bool:
        """True where nobody gave the map a tag of its own; ``htmap.clean`` removes such maps."""
        return self._map_dir.is_transient

    @property
    @_of_existing
    def components(self) -> tuple[int, ...]:
        """The indices of all components."""
        return tuple(range(len(self)))

    @property
    @_of_existing
    def local_data(self) -> int:
        """How many bytes the map has on this machine's disk."""
        return self._map_dir.local_data

    def __len__(self) -> int:
        return self._record.components

    def __contains__(self, component: object) -> bool:
        return isinstance(component, int) and 0 <= component < len(self)

    def __repr__(self) -> str:
        return f"Map(tag = {self._tag})"

    # --- how it is

    @property
    @_of_existing
    def component_statuses(self) -> list[ComponentStatus]:
        """The status of every component, as the event log says now."""
        self._tracker.poll()
        statuses: list[ComponentStatus] = []
        for row in range(self._record.jobs):
            job = Job(0, row)
            statuses += self._statuses_in(job, self._tracker.status(job))
        return statuses

    def _statuses_in(self, job: Job, status: ComponentStatus) -> list[ComponentStatus]:
        """Return the status of each component of a job. Only where one of several raised, the result file tells which."""
        components = self._map_dir.components_of(job)
        if status is not ComponentStatus.ERRORED or len(components) == 1:
            return [status] * len(components)
        try:
            entries = self._map_dir.job_index(job)["components"]
        except FileNotFoundError:
            return [status] * len(components)
        succeeded = {entry["component"] for entry in entries if entry["status"] == "OK"}
        return [ComponentStatus.COMPLETED if c in succeeded else status for c in components]

    def _status_of(self, component: int) -> ComponentStatus:
        self._tracker.poll()
        job = self._map_dir.job_of(component)
        statuses = self._statuses_in(job, self._tracker.status(job))
        return statuses[component - self._map_dir.components_of(job)[0]]

    @_of_existing
    def status(self) -> str:
        """Return one line that says how many components are in which state."""
        counts = Counter(self.component_statuses)
        shown = [*ComponentStatus.display_statuses()]
        shown += [status for status in ComponentStatus if counts[status] and status not in shown]
        text = " | ".join(f"{status} = {counts[status]}" for status in shown)
        return f"Map {self._tag} ({len(self)} components): {text}"

    @property
    @_of_existing
    def holds(self) -> dict[int, ComponentHold]:
        """Why components are held, by component."""
        self._tracker.poll()
        held = {}
        for row in range(self._record.jobs):
            if (hold := self._tracker.hold(Job(0, row))) is not None:
                held.update(dict.fromkeys(self._map_dir.components_of(Job(0, row)), hold))
        return held

    @property
    @_of_existing
    def memory_usage(self) -> list[int]:
        """The peak memory of every component's job in MB, as HTCondor measured it; 0 where it has not reported yet."""
        self._tracker.poll()
        return [self._tracker.memory(self._map_dir.job_of(component)) for component in self.components]

    @property
    @_of_existing
    def runtime(self) -> list[datetime.timedelta]:
        """For how long every component's job runs, or ran last."""
        self._tracker.poll()
        jobs = [self._tracker.runtime(self._map_dir.job_of(component)) for component in self.components]
        return [datetime.timedelta(seconds=seconds) for seconds in jobs]

    # --- waiting

    @_of_existing
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
        deadline = _deadline(timeout)
        with _progress_bar(self._tag, len(self), show=show_progress_bar) as progress:
            while True:
                statuses = self.component_statuses
                ended = sum(status.is_final for status in statuses)
                progress.update(ended - progress.n)
                self._raise_if_stuck(statuses, holds_ok=holds_ok, errors_ok=errors_ok)
                if ended == len(self):
                    break
                _pause(deadline, f"map {self._tag!r} has not ended: {ended} of {len(self)} components have")
                if not self.exists:
                    raise MapWasRemoved(self._tag)
        self._tracker.save()

    def _raise_if_stuck(self, statuses: list[ComponentStatus], *, holds_ok: bool, errors_ok: bool) -> None:
        present = set(statuses)
        stuck = [ComponentStatus.HELD] if not holds_ok else []
        stuck += [ComponentStatus.ERRORED, ComponentStatus.REMOVED] if not errors_ok else []
        for status in stuck:
            if status in present:
                self._raise_problem(statuses.index(status), status)

    @_of_existing
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
        deadline = _deadline(timeout)
        while True:
            status = self._status_of(component)
            if status.is_final or status is ComponentStatus.HELD:
                return self._load(component, status)
            _pause(deadline, f"component {component} of map {self._tag!r} has no output yet: it is {status}")
            if not self.exists:
                raise MapWasRemoved(self._tag)

    @_of_existing
    def __getitem__(self, component: int) -> Any:
        """Return the result of a component without waiting.

        :raises OutputNotFound: there is none yet. Otherwise as :meth:`get`.
        """
        component = self._checked(component)
        status = self._status_of(component)
        if not (status.is_final or status is ComponentStatus.HELD):
            raise OutputNotFound(self._tag, component, str(status))
        return self._load(component, status)

    def __iter__(self) -> Iterator[Any]:
        """Yield all results in the order of the inputs, waiting for each."""
        return self.iter()

    @_of_existing
    def iter(self, timeout: Timeout = None) -> Iterator[Any]:
        """Return an iterator over all results in the order of the inputs, which waits for each.

        :param timeout: for each component, as in :meth:`get`.
        """
        return (self.get(component, timeout=timeout) for component in range(len(self)))

    # --- loading

    def _checked(self, component: int) -> int:
        if not isinstance(component, int):
            raise TypeError(f"components are counted by int, not {type(component).__name__}")
        if not -len(self) <= component < len(self):
            raise IndexError(f"map {self._tag!r} has {len(self)} components, and none with the index {component}")
        return component % len(self)

    def _load(self, component: int, status: ComponentStatus) -> Any:
        if status is not ComponentStatus.COMPLETED:
            self._raise_problem(component, status)
        try:
            index, entry = self._map_dir.component_result(component)
        except FileNotFoundError:
            self._raise_problem(component, status)
        payload = self._map_dir.payload(self._map_dir.job_of(component), entry["result"])
        return unpickle_result(payload, self._tag, component, index["runtime"]["python"])

    def _raise_problem(self, component: int, status: ComponentStatus) -> Any:
        """Raise what stands in the way of a component's result."""
        job = self._map_dir.job_of(component)
        if (hold := self._tracker.hold(job)) is not None:
            raise MapComponentHeld(self._tag, component, str(hold))
        if status is ComponentStatus.REMOVED:
            raise MapComponentRemoved(self._tag, component, self._tracker.note(job))
        try:
            index, entry = self._map_dir.component_result(component)
        except FileNotFoundError:
            report = reports.lost_report(self._tag, component, self._tracker.note(job), self._stderr_tail(job))
            raise MapComponentError(self._tag, component, report) from None
        cause = None
        if entry["error"].get("exception"):
            payload = self._map_dir.payload(job, entry["error"]["exception"])
            cause = unpickle_exception(payload, index["runtime"]["python"])
        raise MapComponentError(
            self._tag, component, reports.error_report(self._tag, component, index, entry)
        ) from cause

    def _stderr_tail(self, job: Job) -> str:
        return self._map_dir.stderr_tail(job, _STDERR_TAIL)

    # --- its end

    @_of_existing
    def remove(self, force: bool = False) -> None:
        """Remove the map: its jobs from the queue, whatever their state, and all its data. There is no way back.

        :param force: remove the data even if the pool does not answer, and do not wait until the jobs have left the queue.
        :raises CondorError: the pool does not answer, and the map may have jobs in its queue; nothing was changed.
        """
        removal.remove(self._map_dir, self._tag, ended=self._has_ended(), force=force)

    def _has_ended(self) -> bool:
        """Whether nothing more can happen to the map. Of late materialization the schedd writes an event after the last job's."""
        self._tracker.poll()
        statuses = self._tracker.all_statuses()
        late = any(submission.late for submission in self._map_dir.submissions())
        return bool(statuses) and all(status.is_final for status in statuses) and not late


def _deadline(timeout: Timeout) -> float | None:
    if timeout is None:
        return None
    seconds = timeout.total_seconds() if isinstance(timeout, datetime.timedelta) else float(timeout)
    return time.monotonic() + seconds


def _pause(deadline: float | None, what: str) -> None:
    """Sleep until it is worth looking again.

    :raises TimeoutError: *deadline* has passed.
    """
    interval = max(0.01, configfile.value("WAIT_TIME", float))
    if deadline is not None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"the time is over, and {what}")
        interval = min(interval, left)
    time.sleep(interval)


def _progress_bar(tag: str, total: int, *, show: bool) -> Any:
    from tqdm import tqdm  # 30 ms

    return tqdm(desc=tag, total=total, unit="component", ascii=True, disable=not show)
