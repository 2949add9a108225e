"""Results before the end of their job, which leave the execute node while other components of it still run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import htmap
from htmap_core.exceptions import MapComponentError, OutputNotFound
from htmap_core.plugins.pools import find_pool
from htmap_core.testing import eventually
from htmap_core.testing.own_settings import using_htmap_dir

pytestmark = pytest.mark.pool

TIMEOUT = 180
AT_ONCE = htmap.MapOptions(results_interval=0)
COMPLETED, ERRORED, RUNNING, HELD, REMOVED = (
    getattr(htmap.ComponentStatus, name) for name in ("COMPLETED", "ERRORED", "RUNNING", "HELD", "REMOVED")
)
COUNT = 8
LAST = COUNT - 1


def stopping(folder: Path) -> Callable[[int], int]:
    """Return a function whose last component waits for the file ``go``."""

    def function(component: int) -> int:
        with (folder / "runs").open("a") as file:
            file.write(f"{component} ")
        print("output of", component)
        if component == 1:
            raise ValueError("one")
        if component == 2:
            Path("file").write_text("two")
            htmap.transfer_output_files("file")
        time.sleep(0.5)
        if component == LAST and not (folder / "go").exists():
            (folder / "tmp").write_text(Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1])
            (folder / "tmp").rename(folder / "stopped")
            while not (folder / "go").exists():
                time.sleep(0.1)
        return component * 10

    return function


def first_come(mapped: htmap.Map) -> None:
    """Wait until the first results are there."""
    eventually(lambda: mapped.component_statuses[3] is COMPLETED, says="the first results have come")


@pytest.fixture(scope="class")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marks")


@pytest.fixture(scope="class")
def mapped(class_pool: Path, folder: Path) -> htmap.Map:
    """A map with one job, whose last component does not end by itself."""
    with using_htmap_dir(class_pool):
        mapped = htmap.map(stopping(folder), range(COUNT), AT_ONCE, chunksize=COUNT)
        first_come(mapped)
        return mapped


@pytest.mark.usefixtures("in_class_pool")
class TestWhileTheLastComponentRuns:
    """What can be had of a job that has not ended; the tests run in order."""

    def test_components_have_the_statuses_of_their_own(self, mapped: htmap.Map) -> None:
        statuses = mapped.component_statuses
        assert (statuses[0], statuses[1], statuses[LAST]) == (COMPLETED, ERRORED, RUNNING)

    def test_results_errors_and_output_can_be_read(self, mapped: htmap.Map) -> None:
        assert (mapped[0], mapped[3]) == (0, 30)
        assert isinstance(mapped.get_err(1).exception, ValueError)
        assert "output of 0" in mapped.stdout[0]
        assert list(mapped.output_files[0].iterdir()) == []
        with pytest.raises(MapComponentError):
            _ = mapped[1]
        with pytest.raises(OutputNotFound):
            _ = mapped[LAST]

    def test_a_component_with_files_has_not_ended_before_they_are_there(
        self, mapped: htmap.Map, tmp_path: Path
    ) -> None:
        assert mapped.component_statuses[2] is RUNNING
        with pytest.raises(FileNotFoundError):
            _ = mapped.output_files[2]
        collected = mapped.collect(tmp_path / "out", components=[0, 2])
        assert (collected.files, collected.unfinished) == ((), (2,))

    def test_results_come_as_they_are_there(self, mapped: htmap.Map) -> None:
        outcomes = mapped.outcomes(timeout=TIMEOUT)
        assert {next(outcomes).component for _ in range(3)} < set(range(COUNT))

    def test_another_process_reads_them(self, mapped: htmap.Map) -> None:
        code = f"import htmap; m = htmap.load({mapped.tag!r}); print(m.get(3, timeout=60), m.component_statuses[1])"
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert ran.stdout.split() == ["30", "ERRORED"]

    def test_one_of_them_can_be_run_again_meanwhile(self, mapped: htmap.Map, folder: Path) -> None:
        eventually((folder / "stopped").exists, says="the last component runs")
        mapped.rerun([0])
        with pytest.raises(OutputNotFound):
            _ = mapped[0]
        assert mapped.get(0, timeout=TIMEOUT) == 0
        assert mapped.component_statuses[LAST] is RUNNING

    def test_the_others_can_be_held_and_what_has_come_stays(self, mapped: htmap.Map, folder: Path) -> None:
        (folder / "stopped").unlink()  # the next run makes it again
        mapped.hold()
        eventually(lambda: mapped.component_statuses[LAST] is HELD, says="it is held")
        assert (mapped[0], mapped.component_statuses[0]) == (0, COMPLETED)
        assert LAST in mapped.holds
        assert 0 not in mapped.holds
        mapped.release()

    def test_an_error_is_none_yet_when_the_job_has_failed_and_runs_it_again(
        self, mapped: htmap.Map, folder: Path
    ) -> None:
        supervisor = int(eventually(lambda: exists_with(folder / "stopped"), says="the last component runs again"))
        assert mapped.component_statuses[1] is ERRORED
        os.kill(supervisor, signal.SIGKILL)
        eventually(lambda: mapped.component_statuses[1] is RUNNING, says="it runs again")
        assert mapped.component_statuses[3] is COMPLETED
        with pytest.raises(OutputNotFound):
            _ = mapped[1]

    def test_nothing_runs_again_that_had_ended(self, mapped: htmap.Map, folder: Path, tmp_path: Path) -> None:
        (folder / "go").touch()
        mapped.wait(timeout=TIMEOUT, errors_ok=True)
        assert [mapped[component] for component in (0, 2, LAST)] == [0, 20, LAST * 10]
        assert [path.name for path in mapped.output_files[2].iterdir()] == ["file"]
        assert [each.path.read_text() for each in mapped.collect(tmp_path / "out").files] == ["two"]
        runs = (folder / "runs").read_text().split()
        again = [
            str(LAST),
            "1",
            str(LAST),
        ]  # the last one was interrupted by the hold, and with the error by the failure
        assert runs == [*map(str, range(COUNT)), "0", *again]

    def test_in_the_end_nothing_is_there_twice(self, mapped: htmap.Map) -> None:
        eventually(lambda: mapped.component_statuses and not early_files(mapped), says="the copy is gone")


def exists_with(path: Path) -> str:
    """Return the content of a file; an empty text if it is not there."""
    return path.read_text() if path.exists() else ""


def early_files(mapped: htmap.Map) -> list[str]:
    folder = mapped._map_dir.path / "outputs" / "_htmap_early"
    return [path.name for path in folder.iterdir()] if folder.exists() else []


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[tuple[htmap.Map, Path]]:
    """A map whose first results have come, and whose last component has stopped half-way; and its folder."""
    mapped = htmap.map(stopping(tmp_path), range(COUNT), AT_ONCE, chunksize=COUNT)
    first_come(mapped)
    yield mapped, tmp_path
    (tmp_path / "go").touch()


@pytest.mark.usefixtures("personal_pool")
def test_what_was_saved_does_not_run_again_when_the_host_is_lost(stopped: tuple[htmap.Map, Path]) -> None:
    mapped, folder = stopped
    supervisor = int(eventually((folder / "stopped").read_text, says="the last component runs"))
    starter = int(Path(f"/proc/{supervisor}/stat").read_text().rpartition(")")[2].split()[1])
    ended = [component for component, status in enumerate(mapped.component_statuses) if status is COMPLETED]
    (folder / "go").touch()
    for process in (starter, supervisor):
        os.kill(process, signal.SIGKILL)

    mapped.wait(timeout=TIMEOUT, errors_ok=True)

    runs = (folder / "runs").read_text().split()
    assert [runs.count(str(component)) for component in ended] == [1] * len(ended)
    assert [mapped[component] for component in (0, 2, LAST)] == [0, 20, LAST * 10]


@pytest.mark.usefixtures("personal_pool")
def test_what_has_come_stays_when_the_job_is_removed(stopped: tuple[htmap.Map, Path]) -> None:
    mapped, _ = stopped
    find_pool()[1].remove(mapped._map_dir.own_jobs, "a test")
    eventually(lambda: mapped.component_statuses[LAST] is REMOVED, says="it is removed")
    assert (mapped[0], mapped.component_statuses[1]) == (0, ERRORED)
    again = htmap.load(mapped.tag)
    assert again.component_statuses[3] is COMPLETED
