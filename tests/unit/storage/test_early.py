"""What a job has left before its end: copied from the schedd's spool if it is the job's, and read as what it returns."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from htmap_core import names
from htmap_core.storage.content.early import Saved
from htmap_core.storage.jobs import Job
from htmap_core.storage.outputs import Outputs
from htmap_run import frames
from tests.returned import HOST, RUNTIME, Error, write_results

JOB = Job(2, 7)
TOKEN = "token"


def save(
    folder: Path, *components: int, token: str = TOKEN, row: str = str(JOB.row), attempt: str | None = "0"
) -> None:
    """Write what HTCondor has fetched of a job, as it replaces what it had before."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.parent.chmod(0o700)
    (folder / "result").unlink(missing_ok=True)
    with frames.Writer(folder / "result") as writer:
        job = {"submission": token, "row": row, "attempt": attempt}
        writer.add(frames.RUN, record={"job": job, "host": HOST, "runtime": RUNTIME})
        for component in components:
            record = {"start": 1.0, "end": 2.5, "memory_mb": 7, "by_value": False}
            writer.add(frames.RESULT, component, record, f"result {component}".encode())


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """The folder in the spool that has what the job returns; it has the results of components 3 and 4."""
    folder = tmp_path / "spool" / "job" / names.RETURN
    save(folder, 3, 4)
    return folder


@pytest.fixture
def outputs(tmp_path: Path) -> Outputs:
    (tmp_path / "outputs").mkdir()
    return Outputs(tmp_path / "outputs")


def copied(spool: Path, outputs: Outputs) -> list[Job]:
    Saved(str(spool), TOKEN, JOB.row).copy_to(outputs.early(JOB))
    return outputs.jobs_with_early()


def test_what_was_copied_is_read_although_the_spool_is_gone(spool: Path, outputs: Outputs) -> None:
    assert copied(spool, outputs) == [JOB]
    (spool / "result").unlink()

    assert outputs.open_early(JOB).statuses == {3: "OK", 4: "OK"}
    assert outputs.open_for(JOB, 4).result(4) == b"result 4"
    with pytest.raises(FileNotFoundError):
        outputs.open_for(JOB, 5)
    with pytest.raises(FileNotFoundError):
        outputs.open(JOB)


def test_what_the_job_returns_in_the_end_counts_more(spool: Path, outputs: Outputs, tmp_path: Path) -> None:
    copied(spool, outputs)
    write_results(tmp_path / "outputs" / f"{JOB.output}.result", {3: "three", 4: "four", 5: "five"})
    assert outputs.open_for(JOB, 3).result(3) != b"result 3"


def test_what_has_come_since_a_failed_job_runs_again_counts_more_than_what_it_returned(
    spool: Path, outputs: Outputs, tmp_path: Path
) -> None:
    write_results(tmp_path / "outputs" / f"{JOB.output}.result", {3: Error(ValueError()), 5: "five"})
    save(spool, 3, 4, attempt="1")
    copied(spool, outputs)
    assert [outputs.open_for(JOB, component).statuses.get(component) for component in (3, 4, 5)] == ["OK"] * 3


@pytest.mark.parametrize("attempt", [None, "many", "9" * 5000])
def test_a_job_that_does_not_tell_its_attempt_is_in_its_first(
    spool: Path, outputs: Outputs, tmp_path: Path, attempt: str | None
) -> None:
    write_results(tmp_path / "outputs" / f"{JOB.output}.result", {3: "three"})
    save(spool, 3, attempt=attempt)
    copied(spool, outputs)
    assert outputs.open_for(JOB, 3).result(3) != b"result 3"


def test_the_copy_is_found_quickly(spool: Path, outputs: Outputs) -> None:
    copied(spool, outputs)
    reader = frames.Reader(outputs.early(JOB))
    assert reader.end < os.stat(outputs.early(JOB)).st_size  # it has an index


def test_components_with_files_have_not_ended(spool: Path, outputs: Outputs) -> None:
    (spool / "files" / "3").mkdir(parents=True)
    copied(spool, outputs)
    assert outputs.open_early(JOB).statuses == {4: "OK"}
    (spool / "remapped").mkdir()
    (spool / "remapped" / "4-0").touch()
    save(spool, 3, 4, 5)
    copied(spool, outputs)
    assert outputs.open_early(JOB).statuses == {5: "OK"}


def test_what_has_not_changed_is_not_copied_again(spool: Path, outputs: Outputs) -> None:
    copied(spool, outputs)
    before = os.stat(outputs.early(JOB)).st_ino
    copied(spool, outputs)
    assert os.stat(outputs.early(JOB)).st_ino == before
    save(spool, 3, 4, 5)
    copied(spool, outputs)
    assert outputs.open_early(JOB).statuses.keys() == {3, 4, 5}


def test_nothing_is_copied_again_where_the_file_system_keeps_whole_seconds(spool: Path, outputs: Outputs) -> None:
    os.utime(spool / "result", ns=(5, 1_700_000_000_123_456_789))
    copied(spool, outputs)
    os.utime(outputs.early(JOB), (5, 1_700_000_000))
    before = os.stat(outputs.early(JOB)).st_ino
    copied(spool, outputs)
    assert os.stat(outputs.early(JOB)).st_ino == before


def test_the_copy_is_deleted_with_what_the_job_returned(spool: Path, outputs: Outputs) -> None:
    copied(spool, outputs)
    outputs.delete(JOB)
    assert outputs.jobs_with_early() == []


def of_another_map(spool: Path) -> None:
    save(spool, 3, token="another")


def of_another_job(spool: Path) -> None:
    save(spool, 3, row="8")


def a_link(spool: Path) -> None:
    (spool / "result").rename(spool / "elsewhere")
    (spool / "result").symlink_to("elsewhere")


def a_pipe(spool: Path) -> None:
    (spool / "result").unlink()
    os.mkfifo(spool / "result")


def open_to_all(spool: Path) -> None:
    spool.parent.chmod(0o777)


def without_a_run(spool: Path) -> None:
    (spool / "result").unlink()
    with frames.Writer(spool / "result") as writer:
        writer.add(frames.RESULT, 3)


@pytest.mark.parametrize("change", [of_another_map, of_another_job, a_link, a_pipe, open_to_all, without_a_run])
def test_what_may_not_be_the_jobs_is_left_alone(spool: Path, outputs: Outputs, change: Callable[[Path], None]) -> None:
    change(spool)
    assert copied(spool, outputs) == []


def test_where_nothing_was_saved_there_is_nothing(spool: Path, outputs: Outputs) -> None:
    with pytest.raises(FileNotFoundError):
        copied(spool.parent / "none", outputs)


def test_what_is_damaged_is_not_copied(spool: Path, outputs: Outputs) -> None:
    (spool / "result").write_bytes(b"no frame at all" * 100)
    with pytest.raises(frames.CorruptFile):
        copied(spool, outputs)
