"""The map: through it users see what they submitted, and act on it."""

from __future__ import annotations

import datetime
import os
import threading
import weakref
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, cast, overload

import attrs

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.diagnosis.usage import notes
from htmap_core.display.view import Section, Shown
from htmap_core.futures.outcomes import Outcomes
from htmap_core.maps import existence, overview, recovery, removal, retagging
from htmap_core.maps.drafts.afterwards import plan_of
from htmap_core.maps.drafts.plan import Plan
from htmap_core.maps.here.again import run_again
from htmap_core.maps.queue import acts, ads, edits
from htmap_core.maps.shown import of_map
from htmap_core.progress.gathering import Gatherings
from htmap_core.results.engine import Engine
from htmap_core.results.errors import ComponentError
from htmap_core.results.outcome import Outcome
from htmap_core.results.outputs import MapInputs, MapOutputFiles, MapStdErr, MapStdOut
from htmap_core.results.partial import in_order
from htmap_core.results.partial.enough import checked_share
from htmap_core.results.reader import Input
from htmap_core.settings.waiting import Timeout, seconds
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.tags import find_map
from htmap_core.submission.by_hand import description
from htmap_core.submission.files.signatures import KeptSigned
from htmap_core.type_variables import R_co, T

if TYPE_CHECKING:
    from htmap_core.condor.job_ads import JobAd
    from htmap_core.diagnosis.usage.advice import Advice
    from htmap_core.diagnosis.why import Explanation
    from htmap_core.futures.future import Future
    from htmap_core.maps.collecting.collected import Collected
    from htmap_core.maps.queue.cancelling import Cancelling

_alive: weakref.WeakValueDictionary[str, Map[Any]] = weakref.WeakValueDictionary()
_finding = threading.Lock()  # held for a look at the dictionary, never while a map is read


def engine_of(found: Map[Any]) -> Engine:
    """Return the engine of a map, for the core's own use."""
    return found._engine


def cancelling_of(found: Map[Any]) -> Cancelling:
    """Return what takes the components of a map out of the queue that are cancelled, for the core's own use."""
    return found._cancelling


@existence.checked_before_use(engine_of)
class Map(Shown, Sequence[R_co]):
    """A map: the status, the result and the error of each of its components, and the acts on them. Since 0.6 or earlier.

    The mapping functions and :func:`htmap.load` return maps. A process has one object for each map, which any number of threads
    can use at once::

        mapped = htmap.map(lambda x: 1 / x, [1, 0, 4], tag="tide")
        print(mapped.get(2, timeout=600), mapped.get_err(1).exception_msg)  #> 0.25 ZeroDivisionError: division by zero
        print(sorted(outcome.value for outcome in mapped.outcomes() if outcome.ok))  #> [0.25, 1.0]
        print(mapped.components_by_status()[htmap.ComponentStatus.ERRORED])  #> (1,)
        mapped.remove()
    """

    _engine: Engine
    _gatherings: Gatherings

    def __new__(cls, *, tag: str, map_dir: MapDir) -> Map[R_co]:
        """Return the object that this process has for the map, or a new one."""
        with _finding:
            alive = _alive.get(str(map_dir.path))
        if alive is None:
            fresh = super().__new__(cls)
            fresh._engine = Engine(tag, map_dir, recovery.settle, KeptSigned(map_dir).tend)
            fresh._gatherings = Gatherings()
            with _finding:
                alive = _alive.setdefault(str(map_dir.path), fresh)  # another thread may have been quicker
        return alive

    def __init__(self, *, tag: str, map_dir: MapDir) -> None:
        del map_dir  # known since the object is there
        self._engine.map.tag = tag

    @classmethod
    def load(cls, tag: str) -> Map[R_co]:
        """Return the map with a tag, as :func:`htmap.load` does.

        :raises TagNotFound: no map has this tag.
        """
        return cls(tag=tag, map_dir=find_map(tag))

    @property
    def _map_dir(self) -> MapDir:
        return self._engine.map_dir

    # --- what it is

    @property
    def tag(self) -> str:
        """The map's tag, up to date even if another process has changed it; the last one if the map was removed."""
        return self._engine.map.current_tag()

    @property
    def exists(self) -> bool:
        """Whether the map still exists: neither this nor another process has removed it."""
        return self._map_dir.exists

    @property
    def is_transient(self) -> bool:
        """Whether the map has a random tag because nobody gave it one; :func:`htmap.clean` removes such maps."""
        return self._map_dir.is_transient

    @property
    def components(self) -> tuple[int, ...]:
        """The indices of all components."""
        return tuple(self._engine.components)

    @property
    def local_data(self) -> int:
        """The size of the map on this machine's disk, in bytes, without what it shares with other maps."""
        return self._map_dir.local_data

    def __len__(self) -> int:
        self._gatherings.length_asked()
        return len(self._engine.components)

    def __contains__(self, component: object) -> bool:
        return self._engine.has(component)

    def __copy__(self) -> Map[R_co]:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Map[R_co]:
        return self

    def __reduce__(self) -> str:
        tag = self._engine.map.tag
        raise TypeError(f'a map cannot be pickled; call htmap.load("{tag}") where it is needed')

    def __repr__(self) -> str:
        return f"Map(tag = {self._engine.map.tag})"

    def _view(self) -> Iterator[Section]:
        return of_map.view(self._engine)

    # --- how it is

    @property
    def component_statuses(self) -> list[ComponentStatus]:
        """The present status of every component, from the event log."""
        return self._engine.statuses()

    def components_by_status(self) -> dict[ComponentStatus, tuple[int, ...]]:
        """Return the indices of the components by status. Every status is a key, even if no component has it."""
        return overview.components_by_status(self._engine)

    def status(self) -> str:
        """Return one line with the number of components in each state."""
        return overview.line(self._engine)

    @property
    def is_done(self) -> bool:
        """Whether every component is COMPLETED."""
        return self._engine.counts().keys() == {ComponentStatus.COMPLETED}

    @property
    def is_active(self) -> bool:
        """Whether any component has not ended: it is neither COMPLETED nor ERRORED nor REMOVED."""
        return self._engine.is_active()

    @property
    def holds(self) -> dict[int, ComponentHold]:
        """The holds of the held components, by component."""
        return self._engine.holds()

    def hold_report(self) -> str:
        """Return a table of the held components and the reasons, with advice below it."""
        return overview.hold_report(self._engine)

    def chunk_report(self) -> str:
        """Return how components share jobs, who has chosen that and why, and what starting the jobs has cost so far. Since 0.7.

        ::

            print(mapped.chunk_report())
            #> 10000 components in 25 jobs: 1 of 1, 8 of 775, 8 of 309, 7 of 166, 1 of 165
            #> HTMap has chosen that: how long a call takes is not known; 8 jobs can run at a time
        """
        return overview.chunk_report(self._engine)

    @property
    def memory_usage(self) -> list[int]:
        """The peak memory of every component's job in MB, as HTCondor measured it; 0 before the first measurement."""
        return self._engine.memory()

    @property
    def runtime(self) -> list[datetime.timedelta]:
        """The duration of the present run of every component's job, or else of its last one: the same for all that share it."""
        return [datetime.timedelta(seconds=seconds) for seconds in self._engine.runtimes()]

    # --- what came of it

    def wait(
        self,
        timeout: Timeout = None,
        show_progress_bar: bool | None = None,
        holds_ok: bool = False,
        errors_ok: bool = False,
        *,
        acceptable: float | None = None,
    ) -> None:
        """Wait until every component has ended, or enough of them have.

        Components that go on by themselves are waited for whatever the others do. A held component that is released meanwhile
        is one of them. The warning :class:`htmap.exceptions.RequestsDiffer` tells once if the map has used more than it had asked
        for, or much less.

        :param timeout: seconds or a timedelta; None waits for ever.
        :param show_progress_bar: whether to show how far the map is: a line that is drawn anew, on standard error or in the
            output of a notebook's cell, or one now and then where that is no terminal. By default, the line is on terminals and
            in notebooks, after a second, and gone in the end. The setting ``PROGRESS`` changes that.
        :param holds_ok: let held components count as ended, and those that HTCondor makes no job for before a release.
        :param errors_ok: let components that have failed or were removed from the queue count as ended.
        :param acceptable: the share of the components that is enough, such as 0.99: waiting ends as soon as so many have ended,
            and the others go on. It is above 0, and 1 for all. Since 0.7.
        :raises InvalidShare: *acceptable* is no such number.
        :raises TooFewResults: *acceptable* is given, and so many have failed or are held that there cannot be enough any more.
        :raises TimeoutError: the time is over.
        :raises MapComponentHeld: a component is held, and *holds_ok* is false.
        :raises MapComponentError: a component has failed, and *errors_ok* is false. It has no cause; :meth:`get` raises it from
            the original exception.
        :raises MapComponentRemoved: a component was removed from the queue, and *errors_ok* is false.
        """
        tolerated = {ComponentStatus.HELD} if holds_ok else set()
        tolerated |= {ComponentStatus.ERRORED, ComponentStatus.REMOVED} if errors_ok else set()
        share = None if acceptable is None else checked_share(acceptable)
        self._engine.wait(timeout, frozenset(tolerated), show_progress_bar=show_progress_bar, share=share)
        notes.tell(self._engine)

    def get(self, component: SupportsIndex, timeout: Timeout = None) -> R_co:
        """Wait for the result of a component, and return it.

        :param timeout: seconds or a timedelta; None waits for ever.
        :raises IndexError: the map has no such component.
        :raises TimeoutError: the time is over.
        :raises MapComponentError: the component failed. Its cause is the original exception, if that could be pickled.
            It is unpickled, like a result, and so can run code that came from the execute side.
        :raises MapComponentHeld: the component is held.
        :raises MapComponentRemoved: the component was removed from the queue.
        """
        return cast("R_co", self._engine.result(self._engine.from_front(component), timeout))

    @overload
    def __getitem__(self, component: SupportsIndex) -> R_co: ...
    @overload
    def __getitem__(self, component: slice) -> list[R_co]: ...
    def __getitem__(self, component: SupportsIndex | slice) -> R_co | list[R_co]:
        """Return the result of a component without waiting; of a slice, a list of results.

        :raises OutputNotFound: a component has no result yet. The other errors are those of :meth:`get`.
        """
        if isinstance(component, slice):
            return self._engine.results_now(self._engine.components[component])
        return cast("R_co", self._engine.result_now(self._engine.from_front(component)))

    def get_err(self, component: SupportsIndex, timeout: Timeout = None) -> ComponentError:
        """Wait until a component has ended, and return its error. Nothing is unpickled before ``error.exception`` is used.

        :raises ExpectedError: the component succeeded.
        :raises MapComponentHeld: the component is held.
        :raises TimeoutError: the time is over.
        """
        return self._own(self._engine.error(self._engine.from_front(component), timeout))

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the first component whose result is *value*, without waiting.

        :raises ValueError: no result is *value*.
        :raises OutputNotFound: an earlier component has no result yet. The other errors are those of :meth:`get`.
        """
        return super().index(value, start, len(self) if stop is None else stop)

    def count(self, value: Any) -> int:
        """Wait for all components, and return how many results are *value*."""
        return super().count(value)

    def __iter__(self) -> Iterator[R_co]:
        """Return an iterator over all results in the order of the inputs, which waits for each."""
        return self._engine.results(None, gathering=self._gatherings.begun())

    def __reversed__(self) -> Iterator[R_co]:
        """Return an iterator over all results, the last one first, which waits for each."""
        return self._engine.results(None, reversed(self._engine.components))

    def iter(self, timeout: Timeout = None) -> Iterator[R_co]:
        """Return an iterator over all results in the order of the inputs, which waits for each.

        :param timeout: for each component, as in :meth:`get`.
        """
        return self._engine.results(timeout)

    @overload
    def results(
        self,
        errors: Literal["raise", "skip"] = "raise",
        unfinished: Literal["wait", "skip"] = "wait",
        timeout: Timeout = None,
    ) -> Iterator[R_co]: ...
    @overload
    def results(
        self, errors: Literal["return"], unfinished: Literal["wait", "skip"] = "wait", timeout: Timeout = None
    ) -> Iterator[R_co | ComponentError | ComponentHold]: ...
    def results(
        self,
        errors: Literal["raise", "skip", "return"] = "raise",
        unfinished: Literal["wait", "skip"] = "wait",
        timeout: Timeout = None,
    ) -> Iterator[Any]:
        """Return an iterator over the results in the order of the inputs, also where some components have none. Since 0.7.

        ::

            mapped.wait(acceptable=0.99)
            print(sum(mapped.results(errors="skip", unfinished="skip")))

        :param errors: what becomes of components that have failed, are held or were removed from the queue: ``raise`` ends the
            iteration as in :meth:`get`, ``skip`` leaves them out, ``return`` yields the :class:`ComponentError` or
            :class:`ComponentHold` in place of the result.
        :param unfinished: whether to ``wait`` for components that have not ended, or to ``skip`` them.
        :param timeout: for each component, as in :meth:`get`.
        :raises ValueError: *errors* or *unfinished* is something else.
        """
        return in_order.results(self._engine, errors, unfinished, timeout, self._own)

    @property
    def failed(self) -> tuple[int, ...]:
        """The components that have ended without a result so far: those in error, and those removed from the queue. Since 0.7.

        ``mapped.rerun(mapped.failed)`` runs them again. Held components have not ended: ``mapped.holds`` has them, and
        ``mapped.release(mapped.holds)`` lets them go on.
        """
        return in_order.failed(self._engine)

    def iter_with_inputs(self, timeout: Timeout = None) -> Iterator[tuple[Input, R_co]]:
        """Return an iterator over ``(input, result)`` in the order of the inputs, which waits for each.

        An input is ``(args, kwargs)``, the arguments of the call.
        """
        return zip(self._engine.inputs(), self._engine.results(timeout))

    def iter_as_available(self, timeout: Timeout = None) -> Iterator[R_co]:
        """Return an iterator over all results as they arrive. An error or a hold ends it as it ends :meth:`get`.

        :param timeout: for all components together, as in :meth:`wait`.
        """
        return (result for _, result in self._engine.results_as_available(timeout))

    def iter_as_available_with_inputs(self, timeout: Timeout = None) -> Iterator[tuple[Input, R_co]]:
        """Return an iterator over ``(input, result)`` as results arrive; see :meth:`iter_as_available`."""
        found = self._engine.results_as_available(timeout)
        return ((self._engine.input(component), result) for component, result in found)

    def futures(self, components: Iterable[int] | None = None, *, patience: Timeout = 0.0) -> list[Future[R_co]]:
        """Return the futures of all components, or of some, as ``concurrent.futures`` has them. Since 0.7.

        ::

            for future in concurrent.futures.as_completed(mapped.futures()):
                print(future.component, future.result())

        Those of components that have ended are done. Of a component that has not, a process has one future, however often it is
        asked. A future is done for good: after :meth:`rerun`, a new call returns a new one. To cancel a future takes its
        component out of the queue, unless it runs; :meth:`rerun` puts it back.

        :param components: their indices; all by default.
        :param patience: how long a component may be held before that is the end of its future, in seconds or as a timedelta; None
            waits for ever. By default a hold is the end at once, as in :meth:`get`. A future that is
            open keeps what it was first asked for with.
        :raises ComponentNotFound: the map has no such component.
        """
        from htmap_core.futures.of_map import futures_of  # 20 ms with its imports, and seldom needed

        engine = self._engine
        chosen = engine.components if components is None else map(engine.from_front, components)
        return futures_of(engine, chosen, self._cancelling, seconds(patience))

    def __await__(self) -> Generator[Any, None, list[R_co]]:
        """Wait in an event loop for all results, and return them in the order of the inputs; raise as iterating does.

        To cancel the task cancels the components that do not run yet, as :meth:`Future.cancel` does. ``asyncio.shield`` keeps
        them.
        """
        from htmap_core.futures import awaiting  # as above

        return awaiting.results(self._engine, self._cancelling.cancel_all).__await__()

    @property
    def _cancelling(self) -> Cancelling:
        """What takes cancelled components out of the queue; one for all."""
        from htmap_core.maps.queue.cancelling import Cancelling  # as above

        kept: Cancelling = vars(self).setdefault("_kept_cancelling", Cancelling(self._engine))
        return kept

    def iter_inputs(self) -> Iterator[Input]:
        """Return an iterator over the inputs: ``(args, kwargs)`` for each component, in order."""
        return self._engine.inputs()

    @property
    def inputs(self) -> MapInputs:
        """The inputs of the components, a sequence of ``(args, kwargs)``. Since 0.7."""
        return MapInputs(self._engine)

    def outcomes(self, timeout: Timeout = None) -> Outcomes[R_co]:
        """Return an iterator over the outcomes of the components, as they end. Errors and holds are values here. Since 0.7.

        In an event loop, ``async for`` takes it.

        Results are unpickled, errors are not before ``error.exception`` is used.
        A held component has an outcome at once; nothing waits for its release.

        :param timeout: for all components together, as in :meth:`wait`.
        """

        def own(found: Outcome[R_co]) -> Outcome[R_co]:
            return found if found.ok else attrs.evolve(found, error=self._own(found.error))

        return Outcomes(self._engine, timeout, self._engine.outcomes(timeout), own)

    @property
    def errors(self) -> dict[int, ComponentError]:
        """The errors by component. Waits until every component has ended or is held; held ones are left out.

        Nothing is unpickled before ``error.exception`` is used.
        """
        return {error.component: self._own(error) for error in self._engine.all_errors()}

    def error_reports(self) -> Iterator[str]:
        """Return an iterator over the reports on the components that have failed so far, without waiting."""
        return (error.report() for error in self._engine.errors_so_far())

    def _own(self, error: T) -> T:
        """Return an error with this map as its attribute ``map``."""
        return attrs.evolve(error, map=self) if isinstance(error, ComponentError) else error

    @property
    def stdout(self) -> MapStdOut:
        """The standard output of the components, a sequence of texts."""
        return MapStdOut(self._engine)

    @property
    def stderr(self) -> MapStdErr:
        """The standard error of the components, a sequence of texts."""
        return MapStdErr(self._engine)

    @property
    def output_files(self) -> MapOutputFiles:
        """The folders with the output files of the components, a sequence of paths."""
        return MapOutputFiles(self._engine)

    def collect(
        self,
        folder: str | os.PathLike[str],
        components: Iterable[int] | None = None,
        *,
        include: str | Iterable[str] = (),
        flat: bool = False,
        with_failed: bool = False,
        overwrite: bool = False,
    ) -> Collected:
        """Copy the output files that there are by now into a folder, without waiting, and return what came of it. Since 0.7.

        ::

            mapped.collect("pictures", include="*.png")

        Files of component 3 come into ``folder/3``, by the paths that they have in ``output_files[3]``. What is there already,
        with the same size and time or the same content, is not copied again: so a second call copies what is new. Any other file
        that is in the way is an error before anything is copied. Links are not followed, and empty folders stay behind.

        :param folder: it is made if it does not exist.
        :param components: their indices; all by default.
        :param include: a pattern with wildcards, or several: files of which one matches the name, or the path, are copied.
        :param flat: copy all files into the folder itself, by their names alone. It is an error if several have one name.
        :param with_failed: also copy what components have left that have ended without a result.
        :param overwrite: replace files that are in the way.
        :raises ComponentNotFound: the map has no such component.
        :raises SameFileNames: *flat* is true, and several files have one name. Nothing was copied.
        :raises FilesInTheWay: other files or folders are there already. Nothing was copied.
        :raises UnusableFolder: it is no folder, or cannot be written to, such as on a full disk. What was copied before stays.
        """
        from htmap_core.maps.collecting.collect import collect  # seldom needed

        engine = self._engine
        return collect(engine, folder, components, include, flat=flat, with_failed=with_failed, overwrite=overwrite)

    # --- its jobs in the queue

    def hold(self, components: Iterable[int] | None = None) -> None:
        """Hold the map, or some components: they do not run until they are released.

        :param components: their indices; all by default. What is done to one is done to all that share its job: a warning
            (:class:`htmap.exceptions.OthersConcerned`) says to which, before it is done. Those that have ended stay as they are.
        :raises ComponentNotFound: the map has no such component.
        """
        acts.hold(self._engine, components)

    def release(self, components: Iterable[int] | None = None) -> None:
        """Release the map, or some components: held ones become idle again, no matter who held them.

        :param components: as for :meth:`hold`.
        """
        acts.release(self._engine, components)

    def pause(self, components: Iterable[int] | None = None) -> None:
        """Suspend the map, or some components: running ones stop where they are and keep their slots.

        :param components: as for :meth:`hold`.
        """
        acts.pause(self._engine, components)

    def resume(self, components: Iterable[int] | None = None) -> None:
        """Resume the map, or some components, after :meth:`pause`: suspended ones go on where they stopped.

        :param components: as for :meth:`hold`.
        """
        acts.resume(self._engine, components)

    def vacate(self, components: Iterable[int] | None = None) -> None:
        """Vacate the map, or some components: running ones give up their slots and become idle again.

        :param components: as for :meth:`hold`.
        """
        acts.vacate(self._engine, components)

    def set_memory(self, memory: int | str, components: Iterable[int] | None = None) -> None:
        """Change how much memory components request. Running ones keep theirs until they run again.

        :param memory: in MB, or a text with its unit: ``"2GB"``.
        :param components: as for :meth:`hold`.
        :raises InvalidOption: the text is no amount.
        """
        edits.edit(self._engine, "RequestMemory", memory, "MB", components)

    def set_disk(self, disk: int | str, components: Iterable[int] | None = None) -> None:
        """Change how much disk space components request. Running ones keep theirs until they run again.

        :param disk: in KB, or a text with its unit: ``"10GB"``.
        :param components: as for :meth:`hold`.
        :raises InvalidOption: the text is no amount.
        """
        edits.edit(self._engine, "RequestDisk", disk, "KB", components)

    def set_walltime(self, walltime: Any, components: Iterable[int] | None = None) -> None:
        """Change how long each component may take. Running components keep theirs until they run again. Since 0.7.

        The time limits of jobs follow from it as from the option ``walltime``, in the words of the site, too. After
        :meth:`rerun`, components have the time that the map was created with.

        :param walltime: ``"4h"``, ``"1d 12h"``, ``"2:30:00"``, a timedelta, or a number of seconds.
        :param components: as for :meth:`hold`.
        :raises InvalidOption: it is no span of time.
        """
        edits.set_walltime(self._engine, walltime, components)

    # --- what HTCondor knows about it

    def why(self, components: Iterable[int] | None = None) -> list[Explanation]:
        """Explain why components do not run: why they are held, or how the pool's slots suit idle ones. Since 0.7.

        :param components: their indices; by default all that have not ended.
        :raises ComponentNotFound: the map has no such component.
        """
        from htmap_core.diagnosis.why import explain  # 20 ms with its imports, and seldom needed

        return explain(self._engine, components)

    def advise(self) -> Advice:
        """Return map options that follow from what was measured of the map: memory, disk space, time. Since 0.7.

        ::

            print(mapped.advise())

        :raises NothingMeasured: no component has ended yet.
        """
        from htmap_core.diagnosis.usage.advice import advise  # seldom needed, as above

        return advise(self._engine)

    def job_ad(self, component: SupportsIndex) -> JobAd:
        """Return the full ad of a component's job, from the queue or else from the history. Since 0.7.

        :raises ComponentNotFound: the map has no such component.
        :raises JobNotFound: the schedd does not know the job, not yet or not any more.
        :raises CondorError: the schedd does not answer.
        """
        return ads.job_ad(self._engine, self._engine.from_front(component))

    def plan(self) -> Plan:
        """Return what the map was submitted with, who has set each line of it, and why. Since 0.7.

        :func:`htmap.plan` returns the same before a map is created. No pool is asked: slots are not counted. ::

            print(mapped.plan())

        :raises CorruptMap: the map's submit description cannot be read.
        """
        return plan_of(self._map_dir, self._engine.map.current_tag())

    def submit_file(self, component: int | None = None) -> str:
        """Return a submit description for ``condor_submit``, to run components by hand, apart from the map. Since 0.7.

        :param component: the only component to run; all by default.
        :raises ComponentNotFound: the map has no such component.
        """
        tag = self._engine.map.current_tag()
        return description(self._map_dir, tag, None if component is None else self._engine.from_front(component))

    # --- its components once more, its tag, its end

    def rerun(self, components: Iterable[int] | None = None) -> None:
        """Run components again from scratch, with the options that the map was created with. Their old results are deleted.

        Results may come before the end of their job. A job of which all components run again is removed from the queue; one
        that has others goes on for these. A map that ran on this machine (``where="here"``) runs there again, to its end.

        :param components: their indices; all by default.
        :raises CannotRerunComponents: some of them have not ended, or (``ComponentsNotFound``) the map does not have them.
        :raises BusyMap: another thread or process is running components of the map again at this moment.
        :raises HTMapException: a plugin cannot get the credentials again, and says why. Nothing was changed.
        """
        recovery.settle()
        engine = self._engine
        chosen = engine.components if components is None else engine.chosen(components)
        run_again(self._map_dir, engine.map.current_tag(), chosen, engine)
        engine.poll()

    def retag(self, tag: str) -> None:
        """Change the map's tag. The old tag is free at once, and the map is no longer transient.

        :raises InvalidTag: the tag is invalid.
        :raises CannotRetagMap: another map has the tag (``TagInUse``, a TagAlreadyExists, too), the schedd that has the map's
            jobs does not answer (``JobsKeepTag``), or an executor is open that adds to it (``ExecutorKeepsTag``). Nothing was
            changed.
        """
        recovery.settle()
        retagging.retag(self._map_dir, self._engine.map.current_tag(), tag, ended=not self._engine.is_active())
        logger.info("map %r has the tag %r now", self._engine.map.tag, tag)
        self._engine.map.tag = tag

    def remove(self, force: bool = False) -> None:
        """Remove the map: its jobs from the queue, whatever their state, and all its data. This cannot be undone.

        :param force: remove the data even if the pool does not answer, and do not wait until the jobs have left the queue.
        :raises CondorError: the pool does not answer, and the map may have jobs in its queue. Nothing was changed.
        :raises BusyMap: another thread or process is running components of the map again at this moment, and *force* is false.
        """
        recovery.settle()
        removal.remove(self._map_dir, self._engine.map.current_tag(), has_ended=self._engine.has_ended, force=force)
        logger.info("map %r was removed", self._engine.map.tag)
