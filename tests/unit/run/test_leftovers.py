"""Components of a job that HTMap has filled find no files of others, as if each had a job of its own."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from htmap_run.files.leftovers import TEMPORARY, Leftovers

if TYPE_CHECKING:
    from tests.unit.run.conftest import Jobs, Ran

LEAVING = """
import os, tempfile
kept = []
def function(x):
    seen = sorted(name for name in os.listdir(".") if not name.startswith(("_", ".")))
    with open("result.txt", "a") as file:
        file.write(x)
    os.mkdir("work")
    os.symlink("work", "link")
    if not kept:
        kept.append(tempfile.mkdtemp())
    if x == "dies":
        os._exit(1)
    return seen, open("result.txt").read(), os.path.isdir(kept[0]), open("brought").read()
"""


def run(jobs: Jobs, inputs: list[str], *, chosen: bool, in_slot: bool = True) -> Ran:
    scratch = jobs.scratch(LEAVING, inputs, None, {"runs_again_alone": True} if chosen else {})
    (scratch / "brought").write_text("by HTCondor")
    if in_slot:
        (scratch / ".job.ad").touch()
    return jobs.run_in(scratch, f"0-{len(inputs) - 1}", None)


def test_none_finds_what_another_has_left(jobs: Jobs) -> None:
    ran = run(jobs, ["a", "dies", "b", "c"], chosen=True)
    assert ran.statuses == ["OK", "ERR", "OK", "OK"]
    for component, own in ((0, "a"), (2, "b"), (3, "c")):
        seen, content, has_temporary, brought = ran.value(component)
        assert (content, has_temporary, brought) == (own, True, "by HTCondor")
        assert "result.txt" not in seen
        assert "brought" in seen


def test_in_a_job_that_the_user_has_filled_they_share_the_folder(jobs: Jobs) -> None:
    assert run(jobs, ["a", "b"], chosen=False).statuses == ["OK", "ERR"]  # there is a folder "work" already


def test_in_a_folder_of_the_user_nothing_is_deleted(jobs: Jobs) -> None:
    ran = run(jobs, ["a", "b"], chosen=True, in_slot=False)
    assert ran.statuses == ["OK", "ERR"]
    assert (ran.scratch / "result.txt").exists()


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scratch directory as HTCondor makes it, with a file that came along."""
    (tmp_path / "input").touch()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_what_was_there_and_what_is_hidden_stays(scratch: Path) -> None:
    leftovers = Leftovers(str(scratch))
    for name in ("new", ".hidden", "_htmap_own", "_condor_stdout"):
        (scratch / name).touch()
    leftovers.clear()
    assert {"input", ".hidden", "_htmap_own", "_condor_stdout"} < set(os.listdir(scratch))
    assert not (scratch / "new").exists()
    assert os.environ["TMPDIR"] == str(scratch / TEMPORARY)


def test_no_component_ends_because_there_is_no_folder_for_temporary_files(scratch: Path) -> None:
    leftovers = Leftovers(str(scratch))
    (scratch / TEMPORARY).touch()
    leftovers.clear()
    assert os.environ["TMPDIR"] == str(scratch)


def test_a_job_that_goes_on_in_its_place_knows_what_it_has_brought(scratch: Path) -> None:
    Leftovers(str(scratch)).clear()
    (scratch / "new").touch()
    Leftovers(str(scratch)).clear()
    assert not (scratch / "new").exists()


def test_what_comes_at_the_very_moment_of_a_look_is_seen_by_the_next(scratch: Path) -> None:
    leftovers = Leftovers(str(scratch))
    leftovers.clear()
    for _ in range(50):
        (scratch / "new").touch()
        leftovers.clear()
        assert not (scratch / "new").exists()
    time.sleep(0.2)
    leftovers.clear()
    (scratch / "new").touch()
    leftovers.clear()
    assert not (scratch / "new").exists()
