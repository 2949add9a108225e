"""What joblib promises of every backend, on this machine: no test here needs a pool."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Any

import htmap_joblib
import joblib
import pytest
from joblib import Parallel, delayed

import htmap

pytestmark = pytest.mark.usefixtures("htmap_dir")


@pytest.fixture(autouse=True)
def here() -> Iterator[None]:
    with joblib.parallel_config("htmap", where="here", n_jobs=2):
        yield


def roots_of(*numbers: float, **options: Any) -> Any:
    return Parallel(**options)(delayed(math.sqrt)(number) for number in numbers)


def test_it_is_there_after_the_import() -> None:
    assert isinstance(Parallel()._backend, htmap_joblib.HTMapBackend)


def test_results_come_in_the_order_of_the_tasks() -> None:
    assert roots_of(*(number**2 for number in range(10))) == list(range(10))
    assert roots_of() == []


@pytest.mark.parametrize("return_as", ["generator", "generator_unordered"])
def test_results_come_as_a_generator(return_as: str) -> None:
    assert sorted(roots_of(0, 1, 4, return_as=return_as)) == [0, 1, 2]


def test_a_task_raises_its_own_exception_with_where_it_was_raised() -> None:
    with pytest.raises(ValueError, match="math domain error") as caught:
        roots_of(1, -1, 4)
    assert "joblib/parallel.py" in str(caught.value.__cause__)


def test_a_parallel_goes_on_after_an_error() -> None:
    with Parallel() as parallel:
        with pytest.raises(ValueError, match="math domain error"):
            parallel(delayed(math.sqrt)(number) for number in (1, -1))
        assert parallel(delayed(math.sqrt)(number) for number in (1, 4)) == [1, 2]


def test_what_cannot_be_pickled_is_an_error_and_not_a_hang() -> None:
    with pytest.raises(htmap.exceptions.CannotPickle):
        Parallel()(delayed(id)(each) for each in [threading.Lock()])


def test_a_batch_has_as_many_tasks_as_are_asked_for() -> None:
    assert roots_of(*range(7), batch_size=3) == [math.sqrt(number) for number in range(7)]


def test_keywords_and_options_are_passed_on() -> None:
    assert Parallel()(delayed(int)("11", base=base) for base in (2, 3)) == [3, 4]


@pytest.mark.parametrize(("asked", "expected"), [(3, 3), (-1, 1), (-5, 1), (None, 1)])
def test_so_many_batches_run_at_a_time(asked: int | None, expected: int) -> None:
    assert htmap_joblib.HTMapBackend(where="here").effective_n_jobs(asked) == expected


def test_none_at_a_time_is_refused() -> None:
    with pytest.raises(ValueError, match="n_jobs"):
        Parallel(n_jobs=0)(delayed(abs)(number) for number in range(2))


def test_without_a_number_all_slots_are_used() -> None:
    with joblib.parallel_config("htmap", n_jobs=None):
        assert Parallel().n_jobs == -1


def test_an_unknown_option_is_refused() -> None:
    with (
        joblib.parallel_config("htmap", where="here", request_memory="much"),
        pytest.raises(htmap.exceptions.InvalidOption),
    ):
        roots_of(1, 4)


def within() -> tuple[str, int, list[float]]:
    parallel = Parallel()
    return type(parallel._backend).__name__, parallel.n_jobs, parallel(delayed(math.sqrt)(each) for each in (1, 4))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ("SequentialBackend", 1)),
        ({"request_cpus": 3}, ("ThreadingBackend", 3)),
        ({"map_options": htmap.MapOptions(request_cpus="2")}, ("ThreadingBackend", 2)),
    ],
)
def test_a_parallel_within_a_task_runs_in_its_job(options: dict[str, Any], expected: tuple[str, int]) -> None:
    with joblib.parallel_config("htmap", where="here", n_jobs=2, **options):
        assert Parallel()(delayed(within)() for _ in range(2)) == [(*expected, [1, 2])] * 2


def test_batches_grow_by_the_time_that_their_tasks_take() -> None:
    backend = htmap_joblib.HTMapBackend(where="here")
    backend.parallel = Parallel()
    backend._measured.seconds = 0.01
    backend.batch_completed(1, 300)  # of which it has waited nearly all in the queue
    assert backend.compute_batch_size() == 2
    backend._measured.seconds = 600.0
    for _ in range(3):
        backend.batch_completed(2, 600)
        size = backend.compute_batch_size()
    assert size == 1


def test_tasks_that_share_memory_do_not_go_to_a_pool() -> None:
    with joblib.parallel_config("htmap", tag="never", n_jobs=2):
        assert type(Parallel(require="sharedmem")._backend).__name__ == "ThreadingBackend"


def test_nothing_is_left_of_calls_that_ended_well(htmap_dir: Any) -> None:
    del htmap_dir
    roots_of(1, 4)
    assert htmap.get_tags() == ()
