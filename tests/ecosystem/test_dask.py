"""dask gives the tasks of its collections to an executor, as many at a time as it says that it has workers."""

from __future__ import annotations

import operator
import os
from pathlib import Path

import pytest

import htmap

dask = pytest.importorskip("dask", reason="`make test-ecosystem` has it")
array = pytest.importorskip("dask.array", reason="`make test-ecosystem` has it")

pytestmark = pytest.mark.pool


def test_a_graph_of_calls_is_computed(executor: htmap.Executor) -> None:
    total = dask.delayed(sum)([dask.delayed(operator.mul)(x, x) for x in range(5)])
    assert total.compute(scheduler=executor) == 30


def test_an_array_in_pieces_is_computed(executor: htmap.Executor) -> None:
    pieces = array.arange(100, chunks=25)
    assert (2 * pieces).sum().compute(scheduler=executor) == 9900


def test_what_a_task_raises_is_raised(executor: htmap.Executor) -> None:
    with pytest.raises(ZeroDivisionError):
        dask.delayed(divmod)(1, 0).compute(scheduler=executor)


def test_tasks_are_not_limited_to_the_processors_of_this_machine(executor: htmap.Executor, tmp_path: Path) -> None:
    count = 2 + max(4, os.cpu_count() or 0)

    def meet(number: int) -> int:
        import time

        (tmp_path / str(number)).touch()
        while len(list(tmp_path.iterdir())) < count:
            time.sleep(0.02)
        return number

    alone = executor.with_options(chunksize=1)
    assert dask.compute(*map(dask.delayed(meet), range(count)), scheduler=alone) == tuple(range(count))
