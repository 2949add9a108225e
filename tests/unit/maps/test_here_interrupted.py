"""A run on this machine that comes to no end: what has ended stays, the rest is removed, and can be gone on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import pytest

import htmap
from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.storage import operations
from htmap_core.storage.tags import find_map
from htmap_core.testing import eventually, run_htmap

COMPLETED, REMOVED, RUNNING, IDLE = (ComponentStatus(name) for name in ("COMPLETED", "REMOVED", "RUNNING", "IDLE"))

SCRIPT = """
import pathlib, sys, time
import htmap

here = sys.argv[0]

def mapped(component, here=here):
    if component == 1:
        pathlib.Path(here).with_name("begun").touch()
        while not pathlib.Path(here).with_name("end").exists():
            time.sleep(0.01)
    return component

htmap.settings["PROCESSES"] = 1
htmap.map(mapped, range(3), tag="tide", where={where!r})
"""


@pytest.fixture
def process(
    request: pytest.FixtureRequest, htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> subprocess.Popen[bytes]:
    """Return a program that runs component 1 of three, where the parameter says."""
    script, temporary = tmp_path / "script.py", tmp_path / "temporary"
    script.write_text(SCRIPT.replace("{where!r}", repr(request.param)))
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    process = subprocess.Popen([sys.executable, script], stderr=subprocess.DEVNULL)
    eventually((tmp_path / "begun").exists, says="component 1 has begun")
    return process


def end(process: subprocess.Popen[bytes], number: int) -> int:
    process.send_signal(number)
    return process.wait(60)


def go_on(tmp_path: Path) -> htmap.Map:
    (tmp_path / "end").touch()
    tide = htmap.load("tide")
    tide.rerun(tide.components_by_status()[REMOVED])
    return tide


def processes_of(tide: Path) -> list[bytes]:
    """Return the command lines of processes that run the archive of a map."""
    known = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    return [each for each in known if os.fsencode(tide) in each]


@pytest.mark.parametrize("process", ["here", "processes"], indirect=True)
def test_after_ctrl_c_what_has_ended_stays_and_the_rest_is_gone_on_with(
    process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert end(process, signal.SIGINT) != 0
    assert (list((tmp_path / "temporary").iterdir()), processes_of(find_map("tide").runtime)) == ([], [])
    assert run_htmap("components", "tide").stdout.split()[1::2] == ["COMPLETED", "REMOVED", "REMOVED"]
    assert list(go_on(tmp_path)) == [0, 1, 2]


@pytest.mark.parametrize("process", ["here"], indirect=True)
def test_who_waits_is_told_that_the_process_was_killed_and_can_go_on(
    process: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    tide = htmap.load("tide")
    assert tide.component_statuses == [COMPLETED, RUNNING, IDLE]
    assert end(process, signal.SIGKILL) != 0
    with pytest.raises(htmap.exceptions.MapComponentRemoved):
        tide.wait(60)
    assert list((tmp_path / "temporary").iterdir()) == [], "its scratch directory is gone, too"
    assert list(go_on(tmp_path)) == [0, 1, 2]


@pytest.mark.parametrize("process", ["processes"], indirect=True)
def test_the_next_command_sees_that_the_process_was_killed(process: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert end(process, signal.SIGKILL) != 0
    assert run_htmap("components", "tide").stdout.split()[1::2] == ["COMPLETED", "REMOVED", "REMOVED"]
    runtime = find_map("tide").runtime
    assert eventually(lambda: not processes_of(runtime), says="its children have ended with it")
    assert list(go_on(tmp_path)) == [0, 1, 2]


@pytest.mark.parametrize("process", ["here"], indirect=True)
def test_a_map_that_runs_is_not_removed_under_its_process(process: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert operations.is_under_way(names.RUNNING, find_map("tide"))
    with pytest.raises(htmap.exceptions.BusyMap):
        htmap.load("tide").remove()
    (tmp_path / "end").touch()
    assert process.wait(60) == 0
    assert list(htmap.load("tide")) == [0, 1, 2]


def test_ctrl_c_in_the_function_ends_all_and_leaves_this_process_as_it_was(htmap_dir: Path) -> None:
    def interrupted(component: int) -> int:
        if component == 1:
            raise KeyboardInterrupt
        return component

    folder, variables, streams = os.getcwd(), dict(os.environ), (sys.stdout, sys.stderr)
    with pytest.raises(KeyboardInterrupt):
        htmap.map(interrupted, range(3), tag="tide", where="here")
    assert (os.getcwd(), dict(os.environ), (sys.stdout, sys.stderr)) == (folder, variables, streams)
    assert htmap.load("tide").component_statuses == [COMPLETED, REMOVED, REMOVED]


@pytest.mark.parametrize("again", [False, True])
def test_after_ctrl_c_the_function_that_it_met_is_shown_and_hardly_a_line_of_ours(htmap_dir: Path, again: bool) -> None:
    def deeper() -> None:
        raise KeyboardInterrupt

    def interrupted(component: int) -> None:
        deeper()

    with pytest.raises(KeyboardInterrupt) as caught:
        htmap.map(interrupted, range(3), tag="tide", where="here")
    if again:
        tide = htmap.load("tide")
        with pytest.raises(KeyboardInterrupt) as caught:
            tide.rerun()
    frames = [frame.f_code for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert [code.co_name for code in frames if code.co_filename == __file__][-2:] == ["interrupted", "deeper"]
    assert sum("/htmap_core/" in code.co_filename or "/htmap_run/" in code.co_filename for code in frames) <= 2
