"""What `Executor.map` promises. All that can be asked at once is, and each test looks at its own."""

from __future__ import annotations

import inspect
import itertools
import operator
from collections.abc import Iterator
from concurrent.futures import Executor
from concurrent.futures import TimeoutError as LibraryTimeoutError
from pathlib import Path
from typing import Any

import pytest

from tests.executors.gate import TIMEOUT, Gate

Answers = dict[str, Iterator[Any]]


class Mapping:
    """Promises of `map`; a subclass has the fixture `executor`."""

    @classmethod
    def mapped(cls, executor: Executor, folder: Path) -> Answers:
        """Return the iterators of many maps."""
        last = folder / "last"

        def after_the_last(path: Path, number: int) -> int:
            import time

            if number == 1:
                path.touch()
            while not path.exists():
                time.sleep(0.02)
            return number

        return {
            "two": executor.map(pow, range(10), range(10)),
            "chunks": executor.map(pow, range(10), range(10), chunksize=3),
            "uneven": executor.map(operator.add, [1, 2, 3], itertools.count(10)),
            "generator": executor.map(abs, (-x for x in range(4))),
            "failing": executor.map(divmod, [1, 1, 1, 1], [2, 3, 0, 5]),
            "failing chunks": executor.map(divmod, [1, 1, 1, 1], [2, 3, 0, 5], chunksize=4),
            "late": executor.map(after_the_last, itertools.repeat(last), [0, 1], chunksize=1),
            "patient": executor.map(abs, [-1, -2], timeout=TIMEOUT),
        }

    def test_results_are_those_of_the_map_of_python(self, answers: Answers) -> None:
        assert list(answers["two"]) == list(map(pow, range(10), range(10)))

    def test_chunks_change_no_result(self, answers: Answers) -> None:
        assert list(answers["chunks"]) == list(map(pow, range(10), range(10)))

    def test_the_shortest_iterable_ends_it(self, answers: Answers) -> None:
        assert list(answers["uneven"]) == [11, 13, 15]

    def test_a_generator_is_an_iterable(self, answers: Answers) -> None:
        assert list(answers["generator"]) == [0, 1, 2, 3]

    def test_the_answer_is_an_iterator(self, answers: Answers) -> None:
        assert {iter(each) is each for each in answers.values()} == {True}

    def test_results_have_the_order_of_the_arguments_whoever_is_done_first(self, answers: Answers) -> None:
        assert list(answers["late"]) == [0, 1]

    def test_a_timeout_that_is_not_reached_changes_nothing(self, answers: Answers) -> None:
        assert list(answers["patient"]) == [1, 2]

    @pytest.mark.parametrize("name", ["failing", "failing chunks"])
    def test_an_exception_is_raised_in_its_place_and_ends_the_iterator(self, answers: Answers, name: str) -> None:
        coming = answers[name]
        with pytest.raises(ZeroDivisionError):
            list(coming)
        assert list(coming) == []

    def test_results_before_an_exception_are_given(self, executor: Executor) -> None:
        coming = executor.map(divmod, [1, 1, 1], [2, 3, 0])
        assert [next(coming), next(coming)] == [(0, 1), (0, 1)]
        with pytest.raises(ZeroDivisionError):
            next(coming)

    def test_nothing_to_map_over_gives_nothing(self, executor: Executor) -> None:
        assert list(executor.map(abs, [])) == []
        assert list(executor.map(abs)) == []

    def test_the_iterables_are_used_up_by_the_call_itself(self, executor: Executor) -> None:
        taken: list[int] = []
        coming = executor.map(abs, (taken.append(x) or x for x in range(3)))  # type: ignore[func-returns-value]
        assert taken == [0, 1, 2]
        assert list(coming) == [0, 1, 2]

    def test_what_an_iterable_raises_is_raised_by_the_call_itself(self, executor: Executor) -> None:
        def broken() -> Iterator[int]:
            yield 1
            raise BufferError

        with pytest.raises(BufferError):
            executor.map(abs, broken())

    def test_the_time_is_up_though_a_call_still_runs(self, executor: Executor, tmp_path: Path) -> None:
        gate = Gate(tmp_path / "gate")
        coming = executor.map(gate.passing(), [1], timeout=0.05)
        try:
            with pytest.raises(LibraryTimeoutError):
                next(coming)
        finally:
            gate.open()

    def test_a_buffer_lets_an_iterable_be_without_end(self, executor: Executor) -> None:
        knows_buffers(executor)
        taken: list[int] = []
        endless = (taken.append(x) or x for x in itertools.count())  # type: ignore[func-returns-value]
        coming = executor.map(abs, endless, buffersize=4)  # type: ignore[call-arg]
        assert taken == [0, 1, 2, 3]
        assert list(itertools.islice(coming, 2)) == [0, 1]
        assert taken == [0, 1, 2, 3, 4, 5]
        coming.close()  # type: ignore[attr-defined]

    def test_a_buffer_changes_no_result(self, executor: Executor) -> None:
        knows_buffers(executor)
        assert list(executor.map(pow, [1, 2, 3], [2, 2, 2, 2], buffersize=2)) == [1, 4, 9]  # type: ignore[call-arg]
        assert list(executor.map(abs, [], buffersize=1)) == []  # type: ignore[call-arg]

    @pytest.mark.parametrize(("size", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), ("2", TypeError)])
    def test_a_buffer_has_a_size(self, executor: Executor, size: Any, error: type[Exception]) -> None:
        knows_buffers(executor)
        with pytest.raises(error):
            executor.map(abs, [1], buffersize=size)  # type: ignore[call-arg]


def knows_buffers(executor: Executor) -> None:
    """Leave a test out for executors of a library that is older than the parameter."""
    if "buffersize" not in inspect.signature(executor.map).parameters:
        pytest.skip("buffersize came with Python 3.14")
