"""Many components, and many who look at them at once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import htmap
from htmap_core.testing import pool_of_its_own

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool"), pytest.mark.timeout(3600)]

TIMEOUT = 3000


def test_ten_thousand_components_in_jobs_of_a_hundred(tmp_path: Path) -> None:
    gate = tmp_path / "gate"

    def square(x: int) -> int:
        while gate.exists():
            time.sleep(0.05)
        return x * x

    mapped = htmap.map(square, range(10_000), chunksize=100)
    mapped.wait(timeout=TIMEOUT)
    assert list(mapped) == [x * x for x in range(10_000)]
    again = [*range(100, 200), *range(5_000, 5_100)]
    gate.touch()  # none can end before somebody looks
    mapped.rerun(again)
    assert mapped.components_by_status()[htmap.ComponentStatus.COMPLETED] == tuple(
        component for component in range(10_000) if component not in set(again)
    )
    gate.unlink()
    mapped.wait(timeout=TIMEOUT)
    assert list(mapped) == [x * x for x in range(10_000)]
    mapped.remove()
    assert not mapped.exists


def test_two_thousand_components_each_in_a_job_of_its_own() -> None:
    mapped = htmap.map(lambda x: x * x, range(2_000))
    mapped.wait(timeout=TIMEOUT)
    assert list(mapped) == [x * x for x in range(2_000)]


WATCHER = """
import pathlib, sys, htmap
htmap.settings["WAIT_TIME"] = 0.01
mapped = htmap.load("watched")
while not pathlib.Path(sys.argv[1]).exists():
    statuses = mapped.component_statuses
    assert len(statuses) == 4 and "UNKNOWN" not in statuses, statuses
    mapped.holds, mapped.memory_usage, mapped.status()
mapped.wait(timeout=300)
print([str(status) for status in mapped.component_statuses], list(mapped))
"""


@pytest.fixture(scope="module")
def running_pool(installed_htcondor: Path) -> Iterator[Path]:
    """Run a pool of their own: jobs of other tests would wait until all of theirs have run."""
    with pool_of_its_own(installed_htcondor) as folder:
        yield folder


@pytest.fixture
def end(tmp_path: Path) -> Iterator[Path]:
    """A file that tells watchers to stop looking; it is there by the end of the test in any case."""
    yield tmp_path / "end"
    (tmp_path / "end").touch()


def test_two_processes_watch_while_a_third_holds_releases_and_reruns(end: Path) -> None:
    mapped = htmap.map(lambda x: x + 1, range(4), tag="watched")
    mapped.wait(timeout=TIMEOUT)
    command = [sys.executable, "-c", WATCHER, str(end)]
    watchers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for repetition in range(20):
        mapped.rerun([repetition % 4, (repetition + 1) % 4])
        mapped.hold()
        mapped.release()
        mapped.wait(timeout=TIMEOUT)
    end.touch()
    for watcher in watchers:
        output, errors = watcher.communicate(timeout=TIMEOUT)
        assert errors == ""
        assert output == f"{['COMPLETED'] * 4} [1, 2, 3, 4]\n"
