"""The backend of joblib: each batch of tasks is a call of an executor of HTMap."""

from __future__ import annotations

import concurrent.futures
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.pool import RemoteTraceback  # type: ignore[attr-defined]  # typeshed does not have it
from typing import Any, Optional

from joblib.parallel import (
    AutoBatchingMixin,
    BatchedCalls,
    ParallelBackendBase,
    SequentialBackend,
    ThreadingBackend,
)

import htmap

_UNKNOWN = 100  # batches at a time where nobody can count the slots, as in a pool that grows with its queue

# What joblib tells every backend.
_OF_JOBLIB = frozenset({"context", "max_nbytes", "mmap_mode", "prefer", "require", "temp_folder", "verbose"})

_OF_EXECUTOR = frozenset({"tag", "map_options", "chunksize", "patience", "where"})

_CLOCK: Any = (time.monotonic, (), {})  # a task that tells the time where it runs


class HTMapBackend(AutoBatchingMixin, ParallelBackendBase):  # type: ignore[misc]  # joblib has no types
    """Runs the batches of a ``joblib.Parallel`` in the pool. Each such call has an executor, and so a map, of its own.

    :param nesting_level: how deep in other calls of ``Parallel`` it is; joblib says so.
    :param options: the arguments of ``htmap.Executor`` (``tag``, ``map_options``, ``chunksize``, ``patience``, ``where``), and
        map options as ``htmap.MapOptions`` takes them (``request_memory="4GB"``).
    """

    default_n_jobs = -1
    supports_retrieve_callback = True

    # A job takes a second to start where nobody waits, and longer elsewhere.
    MIN_IDEAL_BATCH_DURATION = 10.0
    MAX_IDEAL_BATCH_DURATION = 60.0

    def __init__(self, nesting_level: int | None = None, **options: Any) -> None:
        super().__init__(nesting_level=nesting_level)
        self._given = options
        self._options = options
        self._executor: Optional[htmap.Executor] = None
        self._measured = threading.local()

    def configure(self, n_jobs: int = 1, parallel: Any = None, **options: Any) -> int:
        """Prepare for a call of ``Parallel``, and return how many batches run at a time.

        :param options: what that was given for the backend, which comes before what the backend has.
        """
        self.parallel = parallel
        own = {name: value for name, value in options.items() if name not in _OF_JOBLIB}
        self._options = {**self._given, **own}
        return self.effective_n_jobs(n_jobs)

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Return how many batches run at a time: as many as are asked for; -1 stands for all slots, -2 for all but one.

        :raises ValueError: it is 0.
        """
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs is None:
            return 1
        if n_jobs > 0:
            return n_jobs
        slots = (self._executor or self._made()).slots() or _UNKNOWN
        return max(slots + 1 + n_jobs, 1)

    def submit(
        self, func: BatchedCalls, callback: Callable[[Any], Any] | None = None
    ) -> concurrent.futures.Future[Any]:
        """Submit a batch, and return its future."""
        if self._executor is None:
            self._executor = self._made()
        func.items = [_CLOCK, *func.items, _CLOCK]
        future = self._executor.submit(func)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, out: concurrent.futures.Future[Any]) -> list[Any]:
        """Return the results of a batch.

        :raises BaseException: that of a task, or what has become of the job.
        """
        error = out.exception()
        if error is not None:
            # joblib takes the traceback away, with its references. So it becomes text, as process pools have it.
            text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            error.__cause__ = RemoteTraceback(f"\n{text}")
            raise error
        began, *results, ended = out.result()
        self._measured.seconds = ended - began
        return list(results)

    def batch_completed(self, batch_size: int, duration: float) -> None:
        """Note how long a batch took, without the time for which it has waited for a slot."""
        super().batch_completed(batch_size, getattr(self._measured, "seconds", duration))

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Take the batches out of the queue that do not run, and wait for none."""
        del ensure_ready  # the next batch makes a new executor
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    def terminate(self) -> None:
        """End the call of ``Parallel``, whose batches have all ended."""
        if self._executor is not None:
            self._executor.shutdown()
            self._executor = None
        self.reset_batch_stats()

    def get_nested_backend(self) -> tuple[ParallelBackendBase, int | None]:
        """Return what a call of ``Parallel`` within a task has: as many threads as the job has processors."""
        level = (self.nesting_level or 0) + 1
        cpus = self._cpus()
        if cpus > 1:
            return ThreadingBackend(nesting_level=level), cpus
        return SequentialBackend(nesting_level=level), None

    def _cpus(self) -> int:
        options = {**dict(self._options.get("map_options") or {}), **self._options}
        asked = str(options.get("request_cpus", 1))
        return int(asked) if asked.isdecimal() else 1

    def _made(self) -> htmap.Executor:
        of_executor = {name: value for name, value in self._options.items() if name in _OF_EXECUTOR}
        of_map = {name: value for name, value in self._options.items() if name not in _OF_EXECUTOR}
        executor = htmap.Executor(**{"chunksize": 1, **of_executor})
        return executor.with_options(**of_map) if of_map else executor
