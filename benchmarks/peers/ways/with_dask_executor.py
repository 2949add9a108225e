"""Calls that are submitted one by one to the executor of dask's client, on workers that dask-jobqueue submits."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterator

from dask_jobqueue import HTCondorCluster
from distributed import Client

from .work import call_of


def results(calls: int, seconds: float, _: str, slots: int) -> Iterator[list[int]]:
    """Yield the results as they come."""
    function = call_of(seconds)
    with (
        HTCondorCluster(cores=1, memory="1GB", disk="1GB", log_directory="logs") as cluster,
        Client(cluster) as client,
    ):
        cluster.scale(jobs=slots)
        executor = client.get_executor(pure=False)
        futures = [executor.submit(function, x) for x in range(calls)]
        for future in concurrent.futures.as_completed(futures):
            yield [future.result()]
