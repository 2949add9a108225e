"""What the tests of a class of promises look at together. Each class says how it is made, for its own executor."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="class")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("executors")


@pytest.fixture(scope="class")
def calls(request: pytest.FixtureRequest, executor: Executor) -> Any:
    return request.cls.submitted(executor)


@pytest.fixture(scope="class")
def answers(request: pytest.FixtureRequest, executor: Executor, folder: Path) -> Any:
    return request.cls.mapped(executor, folder)


@pytest.fixture(scope="class")
def scene(request: pytest.FixtureRequest, executor: Executor, folder: Path) -> Iterator[Any]:
    with request.cls.arranged(executor, folder) as scene:
        yield scene


@pytest.fixture(scope="class")
def found(request: pytest.FixtureRequest, executor: Executor, folder: Path) -> Any:
    return request.cls.looped(executor, folder)


@pytest.fixture(scope="class")
def ended(request: pytest.FixtureRequest, folder: Path, environment: dict[str, str]) -> Any:
    return request.cls.run(folder, environment)
