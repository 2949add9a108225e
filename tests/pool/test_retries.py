"""What is tried again, how often, and what limits say when they are reached."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.plugins.pools import find_pool
from htmap_core.testing import eventually

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 180


def runs_of(mapped: htmap.Map) -> int:
    return len(re.findall(r"^001 ", mapped._map_dir.events.read_text(), flags=re.MULTILINE))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder in which a function can leave a mark for each of its runs."""
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def fails_until(count: int, runs: Path, how: str) -> Any:
    """Return a function that fails in its first *count* runs."""

    def function(_: int) -> str:
        import uuid

        run = len(list(runs.iterdir()))
        (runs / uuid.uuid4().hex).touch()
        if run < count and how == "exception":
            raise ValueError("not yet")
        if run < count:
            first = Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1]
            os.kill(os.getpid() if how == "death" else int(first), 9)
        return f"run {run}"

    return function


def test_a_job_that_was_killed_is_run_again_until_it_ends_well(runs: Path) -> None:
    mapped = htmap.map(fails_until(2, runs, "signal"), [0])
    assert mapped.get(0, timeout=TIMEOUT) == "run 2"
    assert runs_of(mapped) == 3


@pytest.mark.parametrize(("how", "words"), [("exception", "ValueError: "), ("death", "ComponentDied: .* 9")])
def test_a_failure_is_a_result_and_not_tried_again(runs: Path, how: str, words: str) -> None:
    mapped = htmap.map(fails_until(1, runs, how), [0])
    with pytest.raises(htmap.exceptions.MapComponentError, match=words):
        mapped.get(0, timeout=TIMEOUT)
    assert runs_of(mapped) == 1


@pytest.mark.parametrize("how", ["exception", "death"])
def test_a_failure_is_tried_again_where_the_option_asks_for_it(runs: Path, how: str) -> None:
    options = htmap.MapOptions(retry_exceptions=True)
    mapped = htmap.map(fails_until(1, runs, how), [0], map_options=options)
    assert mapped.get(0, timeout=TIMEOUT) == "run 1"


def test_an_exception_that_never_ends_is_reported_when_the_retries_are_used_up(runs: Path) -> None:
    options = htmap.MapOptions(retry_exceptions=True, max_retries=1)
    mapped = htmap.map(fails_until(9, runs, "exception"), [0], map_options=options)
    with pytest.raises(htmap.exceptions.MapComponentError) as caught:
        mapped.get(0, timeout=TIMEOUT)
    assert str(caught.value.__cause__) == "not yet"
    assert runs_of(mapped) == 2


@pytest.mark.parametrize(("named", "runs_again"), [(ArithmeticError, False), ("LookupError, ValueError", True)])
def test_the_exceptions_that_are_named_are_tried_again(named: Any, runs_again: bool, runs: Path) -> None:
    options = htmap.MapOptions(retry_exceptions=named, max_retries=1)
    mapped = htmap.map(fails_until(9, runs, "exception"), [0], map_options=options)
    with pytest.raises(htmap.exceptions.MapComponentError):
        mapped.get(0, timeout=TIMEOUT)
    assert runs_of(mapped) == 1 + runs_again
    assert mapped.failed == (0,)


def test_a_component_that_takes_longer_than_it_may_is_held_with_that_reason() -> None:
    options = htmap.MapOptions(allowed_execute_duration=2)
    mapped = htmap.map(time.sleep, [600], map_options=options)
    with pytest.raises(htmap.exceptions.MapComponentHeld):
        mapped.get(0, timeout=TIMEOUT)
    assert mapped.holds[0].code == 47


def test_a_component_that_is_asked_to_leave_is_run_again_and_has_no_error(runs: Path) -> None:
    def function(_: int) -> int:
        (runs / str(time.time())).touch()
        while len(list(runs.iterdir())) < 2:
            time.sleep(0.1)
        return len(list(runs.iterdir()))

    mapped = htmap.map(function, [0], map_options=htmap.MapOptions(max_retries=0))
    eventually(lambda: list(runs.iterdir()), says="the component runs")
    mapped.vacate()
    assert mapped.get(0, timeout=TIMEOUT) == 2


def test_nothing_of_a_component_that_is_removed_runs_on(runs: Path) -> None:
    def function(_: int) -> None:
        (runs / str(os.getpid())).touch()
        time.sleep(600)

    mapped = htmap.map(function, [0])
    (found,) = eventually(lambda: list(runs.iterdir()), says="the component runs")
    mapped.remove()
    eventually(lambda: not Path("/proc", found.name).exists(), says="its process has ended")


def test_growing_memory_requests_are_htcondors_own() -> None:
    options = htmap.MapOptions(request_memory=["100, 200", "300"], requirements="false")
    mapped = htmap.map(str, range(2), map_options=options)
    ads = find_pool()[1].query_jobs(mapped._map_dir.own_jobs)
    grows = {ad["RequestMemory"]: str(ad["TransformBody_RequestMemory"]) for ad in ads}
    assert [
        after in grows[before] for before, after in ((100, "SET RequestMemory 200"), (300, "SET RequestMemory 300"))
    ]


@pytest.mark.parametrize("options", [{"max_retries": "many"}, {"retry_exceptions": "perhaps"}, {"max_retries": [1]}])
def test_retries_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(htmap.exceptions.InvalidOption, match=next(iter(options))):
        htmap.map(str, [1], map_options=htmap.MapOptions(**options))
