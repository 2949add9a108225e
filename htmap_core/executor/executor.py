"""The executor."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any

from htmap_core import names
from htmap_core.contract.options import MapOptions
from htmap_core.display.view import Section, Shown
from htmap_core.executor.asked import Asked, Chunksize
from htmap_core.executor.homes import GrowingMap, LocalMaps
from htmap_core.executor.mapping import results_of
from htmap_core.executor.recall.memory import Memory
from htmap_core.executor.submitter import Submitter
from htmap_core.futures.future import Future
from htmap_core.maps.drafts.arguments import explaining
from htmap_core.maps.here.place import place
from htmap_core.maps.map import engine_of
from htmap_core.maps.shown import of_map
from htmap_core.type_variables import P, R
from htmap_core.wording import counted

_PATIENCE = 60.0  # seconds: a site may release by itself what it has held


class Executor(Shown, concurrent.futures.Executor):
    """An executor of the standard library over the pool: calls become the components of a map that grows. Since 0.7.

    ::

        with htmap.Executor() as executor:
            future = executor.submit(pow, 2, 5)
            print(future.result())  #> 32

    :param tag: the tag of its map. A program that runs again finds its calls by it: those that have ended well are not submitted
        once more (`htmap docs executors-that-persist`). Without one it is random, and the map is removed by :meth:`shutdown` if
        all calls have ended well.
    :param map_options: map options for all calls; :meth:`with_options` has others for some.
    :param chunksize: how many calls share a job. By default, unless the option of that name is set, HTMap chooses that
        (``"auto"``) among those that are submitted together.
    :param patience: for how many seconds a call may be held before that is its exception.
    :param where: ``"here"`` tries calls on this machine, in this process: each has run when :meth:`submit` returns.
        ``"processes"`` does so in child processes. By default the setting WHERE: ``"pool"``. Such calls go into maps with
        random tags.
    :raises InvalidOption: an option has a value for each component.
    :raises ExecutorInUse: another process has an executor with the tag open.
    :raises NotOfExecutor: the tag is that of a map which no executor has made.
    """

    _max_workers = (
        10_000  # so many tasks dask submits at a time; HTCondor runs no more jobs of a schedd (MAX_JOBS_RUNNING)
    )

    @explaining
    def __init__(
        self,
        tag: str | None = None,
        map_options: MapOptions | None = None,
        *,
        chunksize: Chunksize = None,
        patience: float = _PATIENCE,
        where: str | None = None,
    ) -> None:
        self._asked = Asked.of(map_options, chunksize)
        if (wanted := place(where)) == names.POOL:
            memory = None if tag is None else Memory(tag)
            self._submitter = Submitter(GrowingMap(tag, memory), patience, memory=memory)
        else:
            self._submitter = Submitter(LocalMaps(wanted), patience, at_once=wanted == names.HERE)

    @property
    def tag(self) -> str | None:
        """The tag of the map; None where it is to be a random one, and nothing was submitted yet."""
        return self._submitter.home.tag

    def __repr__(self) -> str:
        left, collected = self._submitter.counts()
        return f"<Executor tag={self.tag!r} open={left} collected={collected}>"

    def _view(self) -> Iterator[Section]:
        left, collected = self._submitter.counts()
        submitted = f", of which {collected} are not submitted yet" if collected else ""
        yield Section(f"Executor with {counted(left, 'open call')}{submitted}")
        for made in self._submitter.home.maps:
            yield from of_map.view(engine_of(made))

    def __reduce__(self) -> str:
        raise TypeError(
            "an executor cannot be pickled, as no job has one; what a call returns may be arguments of further calls"
        )

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Submit a call, and return its future. It is pickled now, and submitted with those that come in the next moment.

        :raises RuntimeError: the executor was shut down.
        """
        return self._submitter.submit(self._asked, fn, args, kwargs)

    def map(
        self,
        fn: Callable[..., R],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: Chunksize = None,
        buffersize: int | None = None,
    ) -> Iterator[R]:
        """Return an iterator over the results of a function, called with one item of each iterable at a time, in their order.

        :param timeout: seconds from now until the last result is there; None waits for ever.
        :param chunksize: how many calls share a job; by default that of the executor.
        :param buffersize: how many calls may be submitted whose results were not taken yet. By default,
            all are submitted now.
        :raises TimeoutError: by the iterator: the time is over.
        """
        executor = self if chunksize is None else self.with_options(chunksize=chunksize)
        return results_of(executor, fn, zip(*iterables), timeout=timeout, buffersize=buffersize)

    def slots(self) -> int:
        """Return how many calls can run at a time, each in a job of its own; 0 where that is not known.

        Busy slots count, as they become free. The answer is kept for some minutes.

        :raises CondorError: no pool answers.
        """
        return self._submitter.home.slots(self._asked)

    def flush(self) -> None:
        """Submit what is collected without waiting for more calls. It returns at once."""
        self._submitter.flush()

    def with_options(
        self, map_options: MapOptions | None = None, *, chunksize: Chunksize = None, **options: Any
    ) -> Executor:
        """Return an executor with other options that shares all else with this one: the map, and the end.

        ::

            large = executor.with_options(request_memory="4GB").submit(f, x)

        :param map_options: options, which come before those of this one.
        :param chunksize: how many calls share a job.
        :param options: single map options, as ``MapOptions`` takes them.
        """
        made: Executor = object.__new__(type(self))
        made._asked, made._submitter = self._asked.changed(map_options, chunksize, options), self._submitter
        return made

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls.

        :param wait: wait until all calls have ended.
        :param cancel_futures: cancel calls that do not run.
        """
        self._submitter.close()
        if cancel_futures:
            self._submitter.cancel_all()
        if wait:
            self._submitter.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown(wait=kind is None or issubclass(kind, Exception))  # nobody who ends a program waits for a pool
