"""The promises hold for the executor of threads of the standard library: the tests are right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest

from tests.executors.promises.ends import Ending
from tests.executors.promises.loops import Loops
from tests.executors.promises.mapping import Mapping
from tests.executors.promises.programs import Programs
from tests.executors.promises.submitting import Submitting
from tests.executors.promises.waiting import Waiting

_WORKERS = 3


@pytest.fixture(scope="class")
def new_executor() -> Callable[[], Executor]:
    return lambda: ThreadPoolExecutor(_WORKERS)


@pytest.fixture(scope="class")
def executor(new_executor: Callable[[], Executor]) -> Iterator[Executor]:
    with new_executor() as executor:
        yield executor


@pytest.fixture(scope="class")
def environment() -> dict[str, str]:
    return {}


class TestSubmitting(Submitting):
    pass


class TestMapping(Mapping):
    pass


class TestWaiting(Waiting):
    workers = _WORKERS


class TestEnding(Ending):
    workers = _WORKERS


class TestLoops(Loops):
    workers = _WORKERS


class TestPrograms(Programs):
    begin = f"""
from concurrent.futures import ThreadPoolExecutor
def new_executor():
    return ThreadPoolExecutor({_WORKERS})
"""
