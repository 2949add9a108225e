"""pipefunc runs functions that need each other's results, each over all of its inputs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import htmap

pipefunc = pytest.importorskip("pipefunc", reason="`make test-ecosystem` has it")

pytestmark = pytest.mark.pool


def pipeline() -> Any:
    """Return a pipeline of a function over many inputs, and one over all results of these."""

    def double(x: int) -> int:
        return 2 * x

    def add(doubled: Any) -> int:
        return int(sum(doubled))

    mapped = pipefunc.PipeFunc(double, "doubled", mapspec="x[i] -> doubled[i]")
    return pipefunc.Pipeline([mapped, pipefunc.PipeFunc(add, "total")])


def test_a_pipeline_runs_on_the_pool(executor: htmap.Executor) -> None:
    results = pipeline().map({"x": range(6)}, executor=executor, storage="dict", chunksizes=1)
    assert results["doubled"].output.tolist() == [0, 2, 4, 6, 8, 10]
    assert results["total"].output == 30


def test_a_pipeline_runs_in_an_event_loop(executor: htmap.Executor) -> None:
    async def run() -> Any:
        runner = pipeline().map_async(
            {"x": range(4)}, executor=executor, storage="dict", chunksizes=1, show_progress=False
        )
        return await runner.task

    assert asyncio.run(run())["total"].output == 12
