"""Evictions: a job that several components share goes on with what it had not finished."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.plugins.pools import find_pool
from htmap_core.testing import eventually, using_htmap_dir

pytestmark = pytest.mark.pool

TIMEOUT = 180
COMPONENTS = 6
FAILS = 1
STOP = 3


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A file to which each run of a component appends its number."""
    (tmp_path / "runs").touch()
    return tmp_path / "runs"


def stopping(runs: Path) -> Callable[[int], int]:
    """Return a function that waits for ever in the first run of component :data:`STOP`, and raises for :data:`FAILS`."""

    def function(component: int) -> int:
        first = str(component) not in runs.read_text()
        print("printed by", component)
        for name in ("file", "sent"):
            Path(name).write_text(str(component))
        htmap.transfer_output_files("file", "sent")
        with runs.open("a") as file:
            file.write(str(component))
        if component == FAILS:
            raise ValueError("on purpose")
        if first and component == STOP:
            time.sleep(600)
        return component * 10

    return function


def submitted(runs: Path, **options: Any) -> htmap.Map:
    """Submit a chunk, and return its map when it has stopped."""
    sent = {"sent": f"{runs.parent}/sent/$(component)"}
    options = {"output_remaps": sent, **options}
    mapped = htmap.map(stopping(runs), range(COMPONENTS), htmap.MapOptions(**options), chunksize=COMPONENTS)
    eventually(lambda: runs.read_text().endswith(str(STOP)), says=f"component {STOP} runs")
    return mapped


def spooled(mapped: htmap.Map) -> list[str]:
    """Return what the schedd's spool has of a map's jobs."""
    spool = Path(find_pool()[1].parameter("SPOOL") or "")
    (submission,) = mapped._map_dir.submissions.all()
    return [path.name for path in spool.glob(f"{submission.cluster}/*/*.subproc0/_htmap_return/*")]


def hold_until_spooled(mapped: htmap.Map) -> None:
    mapped.hold()
    eventually(lambda: "result" in spooled(mapped), says="what is finished is in the spool")


@pytest.mark.usefixtures("in_class_pool")
class TestAChunkThatIsVacated:
    @pytest.fixture(scope="class")
    @classmethod
    def folder(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return tmp_path_factory.mktemp("vacated")

    @pytest.fixture(scope="class")
    @classmethod
    def mapped(cls, class_pool: Path, folder: Path) -> htmap.Map:
        (folder / "runs").touch()
        with using_htmap_dir(class_pool):
            mapped = submitted(folder / "runs")
            mapped.vacate()
            mapped.wait(timeout=TIMEOUT, errors_ok=True)
        return mapped

    def test_runs_no_component_again_that_was_finished(self, mapped: htmap.Map, folder: Path) -> None:
        del mapped
        assert (folder / "runs").read_text() == "0123345"

    def test_has_the_results_of_all_components(self, mapped: htmap.Map) -> None:
        assert [mapped[component] for component in range(COMPONENTS) if component != FAILS] == [0, 20, 30, 40, 50]

    def test_has_the_error_of_the_one_that_failed(self, mapped: htmap.Map) -> None:
        assert "on purpose" in mapped.get_err(FAILS).report()
        completed = [status is htmap.ComponentStatus.COMPLETED for status in mapped.component_statuses]
        assert completed == [component != FAILS for component in range(COMPONENTS)]

    def test_has_the_output_of_each_once(self, mapped: htmap.Map) -> None:
        outputs = [mapped.stdout[component] for component in range(COMPONENTS)]
        assert [text.count("printed by") for text in outputs] == [1] * COMPONENTS
        assert all(f"printed by {component}\n" in text for component, text in enumerate(outputs))

    def test_brings_back_the_files_of_each(self, mapped: htmap.Map) -> None:
        files = [mapped.output_files[component] / "file" for component in range(COMPONENTS)]
        assert [file.read_text() for file in files] == [str(component) for component in range(COMPONENTS)]

    def test_sends_the_files_of_each_where_they_should_go(self, mapped: htmap.Map, folder: Path) -> None:
        del mapped
        sent = {file.name: file.read_text() for file in (folder / "sent").iterdir()}
        assert sent == {str(component): str(component) for component in range(COMPONENTS)}

    def test_leaves_nothing_behind(self, mapped: htmap.Map) -> None:
        # The job leaves the queue a moment after its last event.
        eventually(lambda: not spooled(mapped), says="nothing of the job is in the spool")
        returned = (mapped._map_dir.path / "outputs" / "0").rglob("*")
        assert {path.name for path in returned if path.is_file()} == {
            f"{mapped._map_dir.placement.job_of(0).row}.result",
            "file",
        }


@pytest.mark.usefixtures("personal_pool")
def test_what_is_finished_waits_in_the_spool_and_nothing_is_sent_before_the_end(runs: Path) -> None:
    mapped = submitted(runs)
    hold_until_spooled(mapped)
    assert list((runs.parent / "sent").iterdir()) == []
    assert not list(mapped._map_dir.path.glob("outputs/*/*/*"))

    mapped.release()
    mapped.wait(timeout=TIMEOUT, errors_ok=True)
    assert runs.read_text() == "0123345"


@pytest.mark.usefixtures("personal_pool")
def test_a_chunk_that_is_removed_leaves_nothing_in_the_spool(runs: Path) -> None:
    mapped = submitted(runs)
    hold_until_spooled(mapped)
    spool = Path(find_pool()[1].parameter("SPOOL") or "")
    (submission,) = mapped._map_dir.submissions.all()
    mapped.remove()
    eventually(lambda: not (spool / str(submission.cluster)).exists(), says="nothing of the job is in the spool")


@pytest.mark.usefixtures("personal_pool")
def test_components_that_are_run_again_run_all_anew(runs: Path) -> None:
    mapped = submitted(runs)
    mapped.vacate()
    mapped.wait(timeout=TIMEOUT, errors_ok=True)
    mapped.rerun()
    mapped.wait(timeout=TIMEOUT, errors_ok=True)
    assert runs.read_text() == "0123345" + "012345"


@pytest.mark.usefixtures("personal_pool")
def test_a_component_that_failed_is_tried_again_also_where_its_job_was_evicted(runs: Path) -> None:
    mapped = submitted(runs, retry_exceptions=True, max_retries=1)
    mapped.vacate()
    mapped.wait(timeout=TIMEOUT, errors_ok=True)
    assert runs.read_text() == "0123345" + "1345"  # the spool has what was finished before the eviction


@pytest.mark.usefixtures("personal_pool")
def test_only_jobs_of_several_components_use_the_spool() -> None:
    for chunksize, expected in ((1, "ON_EXIT"), (2, "ON_EXIT_OR_EVICT")):
        mapped = htmap.map(str, range(2), htmap.MapOptions(requirements="false"), chunksize=chunksize)
        ads = find_pool()[1].query_jobs(mapped._map_dir.own_jobs, ["WhenToTransferOutput"])
        assert {ad["WhenToTransferOutput"] for ad in ads} == {expected}
        mapped.remove()
