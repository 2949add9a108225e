"""Executors with a tag: a program that died and is run again finds its calls, and runs none twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.exceptions import ExecutorInUse
from htmap_core.maps.map import engine_of
from htmap_core.storage.submissions import Submission
from htmap_core.testing import eventually, using_htmap_dir

pytestmark = pytest.mark.pool

CALLS = 200
TIMEOUT = 180
STUDY = """
import concurrent.futures
import os
import random
import sys
import htmap

folder, calls = sys.argv[1], int(sys.argv[2])

def noted(name, folder):
    import os, pathlib
    with open(pathlib.Path(folder, name), "ab", buffering=0) as file:
        file.write(b"ran\\n")

def square(x, folder):
    noted(str(x), folder)
    return x * x

def chance(folder):
    import random
    noted("chance", folder)
    return random.random()

def fragile(folder):
    import pathlib
    noted("fragile", folder)
    if not pathlib.Path(folder, "mended").exists():
        raise ValueError("broken")
    return "whole"

if __name__ == "__main__":
    with htmap.Executor(tag="study", chunksize=5) as executor:
        futures = [executor.submit(square, x, folder) for x in range(calls)]
        chances = [executor.submit(chance, folder) for _ in range(5)]
        broken = executor.submit(fragile, folder)
        executor.flush()
        print("submitted", flush=True)
        for future in concurrent.futures.as_completed(futures):
            future.result()
            print("one", flush=True)
        print(sum(each.result() for each in futures), *(each.result() for each in chances), broken.exception() or broken.result())
"""


def begun(root: Path, script: Path, folder: Path, calls: int = CALLS) -> subprocess.Popen[str]:
    command = [sys.executable, str(script), str(folder), str(calls)]
    environment = {**os.environ, "HTMAP_DIR": str(root)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> list[str]:
    """Return the words of the last line that a program prints."""
    output, errors = process.communicate(timeout=2 * TIMEOUT)
    assert process.returncode == 0, errors
    return output.splitlines()[-1].split()


def ran(folder: Path) -> Counter[str]:
    """Return how often each call has run."""
    return Counter(
        {path.name: len(path.read_text().splitlines()) for path in folder.iterdir() if path.name != "mended"}
    )


@pytest.fixture(scope="class")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("script") / "study.py"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="class")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ran")
    made.chmod(0o777)
    return made


@pytest.fixture(scope="class")
def killed(class_pool: Path, script: Path, folder: Path) -> None:
    process = begun(class_pool, script, folder)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2)]
    with using_htmap_dir(class_pool), pytest.raises(ExecutorInUse) as caught:
        htmap.Executor("study")
    assert caught.value.pid == process.pid
    process.kill()
    errors = process.communicate()[1]
    assert lines == ["submitted\n", "one\n"], errors


@pytest.fixture(scope="class")
def again(class_pool: Path, killed: None, script: Path, folder: Path) -> list[str]:
    return said(begun(class_pool, script, folder))


class TestAProgramThatWasKilledWithManyOpenFutures:
    def test_run_again_nothing_is_lost_and_nothing_runs_twice(self, again: list[str], folder: Path) -> None:
        assert int(again[0]) == sum(x * x for x in range(CALLS))
        assert ran(folder) == {**{str(x): 1 for x in range(CALLS)}, "chance": 5, "fragile": ran(folder)["fragile"]}

    def test_equal_calls_have_a_result_each(self, again: list[str]) -> None:
        assert len({*again[1:6]}) == 5

    def test_once_more_all_is_there_but_what_failed_runs_again(
        self, in_class_pool: Path, again: list[str], script: Path, folder: Path
    ) -> None:
        before = ran(folder)
        (folder / "mended").touch()
        third = said(begun(in_class_pool, script, folder))
        assert third == [*again[:6], "whole"]
        assert ran(folder) - before == {"fragile": 1}
        mapped = htmap.load("study")
        assert len(mapped) == CALLS + 6
        assert not mapped.is_transient
        assert said(begun(in_class_pool, script, folder)) == third
        assert ran(folder) - before == {"fragile": 1}


class TestWhatDidNotEndWell:
    """Failed and held calls of a program that runs again, in one map."""

    def test_failed_ones_run_again_by_one_submission(self, in_class_pool: Path, class_pool: Path) -> None:
        place = str(class_pool / "there")
        for seen in (RuntimeError, type(None)):
            with htmap.Executor("study", chunksize=1) as executor:
                futures = [executor.submit(needing(), number, place) for number in range(3)]
                assert [type(each.exception(TIMEOUT)) for each in futures] == [seen] * 3
            Path(place).touch()
        assert [each.result() for each in futures] == [each.component for each in futures] == [0, 1, 2]
        assert len(submissions()) == 2

    def test_a_failed_one_with_other_options_runs_with_these_in_its_place(
        self, in_class_pool: Path, class_pool: Path
    ) -> None:
        place, components = str(class_pool / "larger"), []
        for memory, seen in (("128MB", RuntimeError), ("140MB", type(None)), ("128MB", type(None))):
            with htmap.Executor("study", chunksize=1) as executor:
                future = executor.with_options(request_memory=memory).submit(needing(), 7, place)
                assert type(future.exception(TIMEOUT)) is seen
            components.append(future.component)
            Path(place).touch()
        assert components == [3, 4, 4]
        assert engine_of(htmap.load("study")).map_dir.placement.portion_of(4).options["request_memory"] == "140MB"

    def test_held_ones_are_released_or_have_other_options_in_their_place(self, in_class_pool: Path) -> None:
        holding: dict[str, Any] = {"on_exit_hold": "(NumHolds ?: 0) == 0", "on_exit_hold_subcode": "17"}
        first = htmap.Executor("study", chunksize=1, map_options=htmap.MapOptions(**holding))
        futures = [first.submit(pow, 2, power) for power in range(2)]
        first.shutdown(wait=False)
        eventually(lambda: len(htmap.load("study").holds) == 2, says="they are held", within=TIMEOUT)
        with htmap.Executor("study", chunksize=1) as second:
            other = second.submit(pow, 2, 0)
            same = second.with_options(**holding).submit(pow, 2, 1)
            assert (other.result(TIMEOUT), same.result(TIMEOUT)) == (1, 2)
        assert (other.component, same.component) == (7, 6)
        assert [each.component for each in futures] == [5, 6]
        eventually(
            lambda: statuses()[5] == "REMOVED", says="the job is gone in whose place there is one", within=TIMEOUT
        )

    def test_what_was_cancelled_runs_when_it_is_asked_for_again(self, in_class_pool: Path) -> None:
        with htmap.Executor("study", chunksize=1) as executor:
            future = executor.with_options(requirements="false").submit(pow, 3, 3)
            executor.flush()
            eventually(lambda: future.component is not None, says="it is submitted", within=TIMEOUT)
            assert future.cancel()
        eventually(lambda: statuses()[8] == "REMOVED", says="it has left the queue", within=TIMEOUT)
        with htmap.Executor("study", chunksize=1) as executor:
            assert executor.submit(pow, 3, 3).result(TIMEOUT) == 27

    def test_after_a_removal_all_is_new(self, in_class_pool: Path, class_pool: Path) -> None:
        with htmap.Executor("study", chunksize=1) as executor:
            assert executor.submit(pow, 3, 3).result(TIMEOUT) == 27
            htmap.load("study").remove()
            future = executor.submit(pow, 2, 1)
            assert (future.result(TIMEOUT), future.component) == (2, 0)
        assert len(htmap.load("study")) == 1

    def test_executors_of_one_process_share_the_map_that_the_first_of_them_makes(self, personal_pool: Path) -> None:
        with htmap.Executor("study") as one, htmap.Executor("study") as other:
            futures = [executor.submit(abs, -number) for number, executor in enumerate((one, other))]
            assert [future.result(TIMEOUT) for future in futures] == [0, 1]
        assert len(htmap.load("study")) == 2


def needing() -> Callable[[int, str], int]:
    def needs(number: int, place: str) -> int:
        import pathlib

        if not pathlib.Path(place).exists():
            raise RuntimeError(place)
        return number

    return needs


def statuses() -> list[str]:
    return [str(status) for status in htmap.load("study").component_statuses]


def submissions() -> Sequence[Submission]:
    return engine_of(htmap.load("study")).map_dir.submissions.all()


def test_executors_of_one_process_share_a_tag_that_is_new(personal_pool: Path) -> None:
    with htmap.Executor("study") as first, htmap.Executor("study") as second:
        futures = [each.submit(abs, -number) for number, each in enumerate((first, second, first))]
        assert [future.result(TIMEOUT) for future in futures] == [0, 1, 2]
        assert {future.tag for future in futures} == {"study"}
    assert len(htmap.load("study")) == 3
