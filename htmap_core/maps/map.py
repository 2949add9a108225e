"""The map: a user's window on what was submitted, and a user's hand on it."""

from __future__ import annotations

import datetime
import weakref
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.maps import existence, overview, queue, recovery, removal, retagging
from htmap_core.results.engine import Engine
from htmap_core.results.errors import ComponentError
from htmap_core.results.outcome import Outcome
from htmap_core.results.outputs import MapOutputFiles, MapStdErr, MapStdOut
from htmap_core.results.reader import Input
from htmap_core.settings.waiting import Timeout
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.tags import find_map
from htmap_core.submission.by_hand import description
from htmap_core.submission.rerun import rerun

if TYPE_CHECKING:
    from htmap_core.condor.job_ads import JobAd
    from htmap_core.diagnosis.why import Explanation

T = TypeVar("T")

_alive: weakref.WeakValueDictionary[str, Map] = weakref.WeakValueDictionary()


def engine_of(found: Map) -> Engine:
    """Return the engine of a map, for what the core itself does with maps."""
    return found._engine  # noqa: SLF001 -- this module's own


@existence.noticed(engine_of)
class Map(Sequence[Any]):
    """The result of a mapping call: status, results and fate of all its components.

    Made by :func:`htmap.map` and its like, or by :func:`htmap.load`; there is one object for each map in a process.
    """

    def __new__(cls, *, tag: str, map_dir: MapDir) -> Map:
        """Return the object that there is for the map in this process, or a new one."""
        alive = _alive.get(str(map_dir.path))
        return alive if alive is not None else super().__new__(cls)

    def __init__(self, *, tag: str, map_dir: MapDir) -> None:
        if str(map_dir.path) not in _alive:
            self._engine = Engine(tag, map_dir, recovery.settle)
            self._map_dir = map_dir
            _alive[str(map_dir.path)] = self
        self._engine.map.tag = tag

    @classmethod
    def load(cls, tag: str) -> Map:
        """Return the map with a tag, as :func:`htmap.load`.

        :raises TagNotFound: no map has it.
        """
        return cls(tag=tag, map_dir=find_map(tag))

    # --- what it is

    @property
    def tag(self) -> str:
        """The map's tag, also where another process has given it a new one."""
        return self._engine.map.current_tag()

    @property
    def exists(self) -> bool:
        """True unless the map has been removed, here or by another process."""
        return self._map_dir.exists

    @property
    def is_transient(self) -> bool:
        """True where nobody gave the map a tag of its own; :func:`htmap.clean` removes such maps."""
        return self._engine.map_dir.is_transient

    @property
    def components(self) -> tuple[int, ...]:
        """The indices of all components."""
        return tuple(self._engine.components)

    @property
    def local_data(self) -> int:
        """How many bytes the map has on this machine's disk."""
        return self._engine.map_dir.local_data

    def __len__(self) -> int:
        return len(self._engine.components)

    def __contains__(self, component: object) -> bool:
        return self._engine.has(component)

    def __copy__(self) -> Map:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Map:
        return self

    def __reduce__(self) -> str:
        tag = self._engine.map.tag
        raise TypeError(f'a map cannot be pickled; where it is needed, htmap.load("{tag}") gives it')

    def __repr__(self) -> str:
        return f"Map(tag = {self._engine.map.tag})"

    # --- how it is

    @property
    def component_statuses(self) -> list[ComponentStatus]:
        """The status of every component, as the event log says now."""
        return self._engine.statuses()

    def components_by_status(self) -> dict[ComponentStatus, tuple[int, ...]]:
        """Return the indices of the components in each status; of every status, also where there are none."""
        return overview.components_by_status(self._engine)

    def status(self) -> str:
        """Return one line that says how many components are in which state."""
        return overview.line(self._engine)

    @property
    def is_done(self) -> bool:
        """True where every component is COMPLETED."""
        return set(self._engine.statuses()) == {ComponentStatus.COMPLETED}

    @property
    def is_active(self) -> bool:
        """True where any component may still get another status by itself: it is not COMPLETED, ERRORED or REMOVED."""
        return self._engine.is_active()

    @property
    def holds(self) -> dict[int, ComponentHold]:
        """Why components are held, by component."""
        return self._engine.holds()

    def hold_report(self) -> str:
        """Return a table of the components that are held, and why; below it, what to do where a URL is the cause."""
        return overview.hold_report(self._engine)

    @property
    def memory_usage(self) -> list[int]:
        """The peak memory of every component's job in MB, as HTCondor measured it; 0 where it has not reported yet."""
        return self._engine.memory()

    @property
    def runtime(self) -> list[datetime.timedelta]:
        """For how long every component's job runs, or ran last."""
        return [datetime.timedelta(seconds=seconds) for seconds in self._engine.runtimes()]

    # --- what came of it

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
        self._engine.wait(timeout, stuck, show_progress_bar=show_progress_bar)

    def get(self, component: int, timeout: Timeout = None) -> Any:
        """Return the result of a component, waiting until there is one.

        :param timeout: seconds or a timedelta; None waits for ever.
        :raises IndexError: the map has no such component.
        :raises TimeoutError: the time was over first.
        :raises MapComponentError: the component raised; raised from the original exception, where that could travel.
        :raises MapComponentHeld: the component is held.
        :raises MapComponentRemoved: the component was removed from the queue.
        """
        return self._engine.result(self._engine.from_front(component), timeout)

    def __getitem__(self, component: int) -> Any:  # type: ignore[override]  # a slice of a map would be neither map nor list
        """Return the result of a component without waiting.

        :raises OutputNotFound: there is none yet. Otherwise as :meth:`get`.
        """
        return self._engine.result_now(self._engine.from_front(component))

    def get_err(self, component: int, timeout: Timeout = None) -> ComponentError:
        """Return the error of a component, waiting until it has ended.

        :raises ExpectedError: it succeeded.
        :raises MapComponentHeld: it is held. Otherwise as :meth:`get`.
        """
        return self._own(self._engine.error(self._engine.from_front(component), timeout))

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the first component that has *value* as its result, waiting for none.

        :raises ValueError: none of them has it.
        :raises OutputNotFound: one before it has no result yet. Otherwise as :meth:`get`.
        """
        return super().index(value, start, len(self) if stop is None else stop)

    def count(self, value: Any) -> int:
        """Return how many components have *value* as their result, waiting for all."""
        return super().count(value)

    def __iter__(self) -> Iterator[Any]:
        """Yield all results in the order of the inputs, waiting for each."""
        return self.iter()

    def iter(self, timeout: Timeout = None) -> Iterator[Any]:
        """Return an iterator over all results in the order of the inputs, which waits for each.

        :param timeout: for each component, as in :meth:`get`.
        """
        return self._engine.results(timeout)

    def iter_with_inputs(self, timeout: Timeout = None) -> Iterator[tuple[Input, Any]]:
        """Return an iterator over ``(input, result)`` in the order of the inputs, which waits for each.

        An input is ``(args, kwargs)``, as the function got it.
        """
        return zip(self._engine.inputs(), self._engine.results(timeout))

    def iter_as_available(self, timeout: Timeout = None) -> Iterator[Any]:
        """Return an iterator over all results as they come in; an error or hold ends it as :meth:`get` would.

        :param timeout: for all of them, as in :meth:`wait`.
        """
        return (result for _, result in self._engine.results_as_available(timeout))

    def iter_as_available_with_inputs(self, timeout: Timeout = None) -> Iterator[tuple[Input, Any]]:
        """Return an iterator over ``(input, result)`` as they come in; otherwise as :meth:`iter_as_available`."""
        found = self._engine.results_as_available(timeout)
        return ((self._engine.input(component), result) for component, result in found)

    def iter_inputs(self) -> Iterator[Input]:
        """Return an iterator over the inputs: ``(args, kwargs)`` for each component, in order."""
        return self._engine.inputs()

    def outcomes(self, timeout: Timeout = None) -> Iterator[Outcome]:
        """Return an iterator over what came of the components, as they end, errors and holds being values like any other.

        A component that is held when it is looked at is not waited for.

        :param timeout: for all of them, as in :meth:`wait`.
        """
        found = self._engine.outcomes(timeout)
        return (each if each.ok else attrs.evolve(each, error=self._own(each.error)) for each in found)

    @property
    def errors(self) -> dict[int, ComponentError]:
        """The errors by component, waiting for every component that has not ended; held ones are passed over."""
        return {error.component: self._own(error) for error in self._engine.all_errors()}

    def error_reports(self) -> Iterator[str]:
        """Yield the report on each component that has failed so far; waits for none."""
        return (error.report() for error in self._engine.errors_so_far())

    def _own(self, error: T) -> T:
        """Return an error that says of which map it is."""
        return attrs.evolve(error, map=self) if isinstance(error, ComponentError) else error

    @property
    def stdout(self) -> MapStdOut:
        """What the components wrote to their standard output: a sequence of text."""
        return MapStdOut(self._engine)

    @property
    def stderr(self) -> MapStdErr:
        """What the components wrote to their standard error: a sequence of text."""
        return MapStdErr(self._engine)

    @property
    def output_files(self) -> MapOutputFiles:
        """The folders with the files that the components sent back: a sequence of paths."""
        return MapOutputFiles(self._engine)

    # --- its jobs in the queue

    def hold(self) -> None:
        """Hold the map: its components do not run until they are released."""
        queue.hold(self._engine)

    def release(self) -> None:
        """Release the map: held components become idle again, whoever held them."""
        queue.release(self._engine)

    def pause(self) -> None:
        """Suspend the map: running components stop where they are and keep what they have claimed."""
        queue.pause(self._engine)

    def resume(self) -> None:
        """Resume the map after :meth:`pause`: suspended components go on."""
        queue.resume(self._engine)

    def vacate(self) -> None:
        """Vacate the map: running components give up what they have claimed and become idle again."""
        queue.vacate(self._engine)

    def set_memory(self, memory: int) -> None:
        """Change how much memory each component asks for; running ones keep what they have until they run again.

        :param memory: in MB.
        """
        queue.edit(self._engine, "RequestMemory", memory)

    def set_disk(self, disk: int) -> None:
        """Change how much disk space each component asks for; running ones keep what they have until they run again.

        :param disk: in KB.
        """
        queue.edit(self._engine, "RequestDisk", disk)

    # --- what HTCondor knows of it

    def why(self, components: Iterable[int] | None = None) -> list[Explanation]:
        """Return why components do not run: of those that are held why, of those that are idle how the pool's slots suit them.

        :param components: their indices; by default all that have not ended.
        :raises ComponentNotFound: the map has no such component.
        """
        from htmap_core.diagnosis import why as explanations  # with what it needs 20 ms, and seldom asked for

        return explanations.explain(self._engine, components)

    def job_ad(self, component: int) -> JobAd:
        """Return all that the schedd knows of a component's job.

        :raises ComponentNotFound: the map has no such component.
        :raises JobNotFound: the schedd has no such job: not yet, or not any more.
        :raises CondorError: the schedd does not answer.
        """
        return queue.job_ad(self._engine, self._engine.from_front(component))

    def submit_file(self, component: int | None = None) -> str:
        """Return a submit description with which ``condor_submit`` runs components by hand, apart from the map.

        :param component: the only one to run; all by default.
        :raises ComponentNotFound: the map has no such component.
        """
        tag = self._engine.map.current_tag()
        return description(self._map_dir, tag, None if component is None else self._engine.from_front(component))

    # --- its components once more, its tag, its end

    def rerun(self, components: Iterable[int] | None = None) -> None:
        """Run components again from scratch, with the options that the map was made with; what they returned is deleted.

        :param components: their indices; all by default.
        :raises CannotRerunComponents: some of them have not ended.
        :raises HTMapException: the credentials that they need cannot be had any more; a plugin says why, and nothing has changed.
        """
        engine = self._engine
        chosen = engine.components if components is None else sorted({engine.from_front(each) for each in components})
        rerun(engine.map_dir, engine.map.current_tag(), chosen, engine.statuses())
        engine.poll()

    def retag(self, tag: str) -> None:
        """Give the map another tag; the old one is free at once. The map is not transient any more.

        :raises InvalidTag: no map can have it.
        :raises TagAlreadyExists: another map has it.
        """
        retagging.retag(self._map_dir, self._engine.map.current_tag(), tag, ended=not self._engine.is_active())
        logger.info("map %r has the tag %r now", self._engine.map.tag, tag)
        self._engine.map.tag = tag

    def remove(self, force: bool = False) -> None:
        """Remove the map: its jobs from the queue, whatever their state, and all its data. There is no way back.

        :param force: remove the data even if the pool does not answer, and do not wait until the jobs have left the queue.
        :raises CondorError: the pool does not answer, and the map may have jobs in its queue; nothing was changed.
        """
        self._engine.poll()
        removal.remove(self._map_dir, self._engine.map.current_tag(), ended=self._engine.states.has_ended, force=force)
        logger.info("map %r was removed", self._engine.map.tag)
