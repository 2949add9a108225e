"""Components of a job that HTMap has filled find no files of others, as if each had a job of its own."""

from __future__ import annotations

import os
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from htmap_run.files.scratch.leftovers import TEMPORARY, Leftovers

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


EDITING = """
import os
def function(x):
    found = {name: open(name).read() for name in ("tide.txt", "sea/depth.txt") if os.path.exists(name)}
    does = {
        "edits": lambda: open("tide.txt", "a").write("!"),
        "edits a folder": lambda: open("sea/depth.txt", "w").write("7"),
        "replaces": lambda: (open("new", "w").write("EBB!"), os.replace("new", "tide.txt")),
        "deletes": lambda: os.unlink("tide.txt"),
        "makes a folder": lambda: (os.unlink("tide.txt"), os.mkdir("tide.txt")),
        "dies": lambda: (open("tide.txt", "a").write("!"), os._exit(1)),
        "fills": lambda: open("large", "r+").write("!"),
        "empties": lambda: os.unlink("large"),
        "looks": lambda: None,
    }
    does[x]()
    return found
"""
CAME = {"tide.txt": "high", "sea/depth.txt": "3"}


def edit(jobs: Jobs, inputs: list[str], *, chosen: bool = True) -> Ran:
    scratch = jobs.scratch(EDITING, inputs, None, {"runs_again_alone": True} if chosen else {})
    (scratch / "sea").mkdir()
    for name, text in CAME.items():
        (scratch / name).write_text(text)
    with (scratch / "large").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    (scratch / ".job.ad").touch()
    return jobs.run_in(scratch, f"0-{len(inputs) - 1}", None)


@pytest.mark.parametrize("does", ["edits", "edits a folder", "replaces", "deletes", "makes a folder", "dies"])
def test_what_a_component_changes_in_its_input_files_the_next_ones_do_not_see(jobs: Jobs, does: str) -> None:
    ran = edit(jobs, ["looks", does, "looks", does, "looks"])
    died = "ERR" if does == "dies" else "OK"
    assert ran.statuses == ["OK", died, "OK", died, "OK"]
    assert [ran.value(component) for component in (0, 2, 4)] == [CAME] * 3


def test_in_a_job_that_the_user_has_filled_they_share_the_input_files(jobs: Jobs) -> None:
    ran = edit(jobs, ["edits", "looks"], chosen=False)
    assert ran.value(1) == {**CAME, "tide.txt": "high!"}


def test_where_a_large_input_file_was_changed_the_next_ones_have_an_error(jobs: Jobs) -> None:
    ran = edit(jobs, ["looks", "fills", "looks", "looks"])
    assert ran.statuses == ["OK", "OK", "ERR", "ERR"]
    assert (ran.error(2)["type"], "'large'" in ran.error(2)["message"]) == ("htmap.InputChanged", True)


def test_who_needs_no_large_file_is_not_kept_from_running_where_it_is_gone(jobs: Jobs) -> None:
    assert edit(jobs, ["empties", "looks"]).statuses == ["OK", "OK"]


def test_an_input_file_that_has_another_name_on_the_way_is_not_taken_for_a_leftover(jobs: Jobs) -> None:
    placed = [["/home/a,b", "_htmap_file_0", "a,b"], ["/home/tide", "_htmap_file_1", "_htmap_files/1/tide"]]
    source = """
    def function(x):
        found = [open(name).read() for name in ("a,b", "_htmap_files/1/tide")]
        for name in ("a,b", "_htmap_files/1/tide"):
            open(name, "w").write("changed")
        return found
    """
    scratch = jobs.scratch(textwrap.dedent(source), [0, 1, 2], None, {"runs_again_alone": True, "files": placed})
    for number in range(2):
        (scratch / f"_htmap_file_{number}").write_text("by HTCondor")
    (scratch / ".job.ad").touch()
    ran = jobs.run_in(scratch, "0-2", None)
    assert ran.statuses == ["OK", "OK", "OK"]
    assert [ran.value(component) for component in range(3)] == [["by HTCondor"] * 2] * 3


def test_what_came_is_known_to_a_job_that_goes_on_in_its_place(scratch: Path) -> None:
    (scratch / "input").write_text("high")
    for _ in range(2):
        leftovers = Leftovers(str(scratch))
        leftovers.keep_inputs()
        (scratch / "input").write_text("ebb")
    assert leftovers.clear() is None
    assert (scratch / "input").read_text() == "high"


def test_what_is_new_in_a_folder_that_was_there_is_no_input_file_of_a_later_process(scratch: Path) -> None:
    (scratch / "input").unlink()
    (scratch / "tmp").mkdir()  # as HTCondor makes it for temporary files
    for content in ("one", "another"):
        leftovers = Leftovers(str(scratch))
        leftovers.keep_inputs()
        (scratch / "tmp/x").write_text(content)
        assert leftovers.clear() is None
    assert (scratch / "tmp/x").read_text() == "another"


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
