"""Checkpoints: a component that loses its slot, or its whole host, goes on from its last one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.plugins.pools import find_pool
from htmap_core.testing import eventually
from tests.pool.conftest import Servers

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 180
STEPS = 6
STOP = 3
MAY_REACH = {"WantIOProxy": "true"}
# Its jobs copy each checkpoint at once.
REACHING_BACK = htmap.MapOptions(custom_options=MAY_REACH, checkpoint_interval=0)
BY_EXIT = htmap.MapOptions(checkpoint="exit", checkpoint_interval=0)


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """A folder in which functions leave marks."""
    (tmp_path / "marks").mkdir()
    return tmp_path / "marks"


def counter(marks: Path) -> Callable[[int], tuple[int, int]]:
    """Return a function that counts steps and stops half-way, unless it went on from a checkpoint; it returns where it began."""

    def function(component: int) -> tuple[int, int]:
        state = Path("state")
        try:
            first = int(state.read_text())
        except FileNotFoundError:
            first = 0
        for step in range(first, STEPS):
            state.write_text(str(step + 1))
            htmap.checkpoint(state)
            if step == STOP and not first:
                (marks / f"{component}.tmp").write_text(
                    Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1]
                )
                (marks / f"{component}.tmp").rename(marks / str(component))
                time.sleep(600)
        return component, first

    return function


def reached(marks: Path, component: int = 0) -> int:
    """Wait until a component has stopped half-way; return the process that HTCondor started for it."""
    return int(eventually((marks / str(component)).read_text, says=f"component {component} has stopped half-way"))


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def checkpoints_of(mapped: htmap.Map) -> set[str]:
    return {path.name for path in (mapped._map_dir.path / "checkpoints").rglob("*") if path.is_file()}


def test_a_component_that_is_vacated_goes_on_from_its_checkpoint(marks: Path) -> None:
    mapped = htmap.map(counter(marks), [0])
    reached(marks)
    mapped.vacate()
    assert mapped.get(0, timeout=TIMEOUT) == (0, STOP + 1)


def test_a_component_whose_host_is_lost_goes_on_from_its_checkpoint_if_it_may_reach_back(marks: Path) -> None:
    mapped = htmap.map(counter(marks), [0], REACHING_BACK)
    supervisor = reached(marks)
    starter = parent_of(supervisor)
    for process in (starter, supervisor):
        os.kill(process, signal.SIGKILL)
    assert mapped.get(0, timeout=TIMEOUT) == (0, STOP + 1)


def lose_the_host(_: htmap.Map, supervisor: int) -> None:
    for process in (parent_of(supervisor), supervisor):
        os.kill(process, signal.SIGKILL)


def vacate(mapped: htmap.Map, _: int) -> None:
    mapped.vacate()


@pytest.mark.parametrize(
    ("interrupt", "is_sent"),
    [(lose_the_host, False), (lose_the_host, True), (vacate, False)],
    ids=["host lost", "host lost, sent elsewhere", "vacated"],
)
def test_a_component_that_checkpoints_by_exit_goes_on_without_reaching_back(
    marks: Path, servers: Servers, interrupt: Callable[[htmap.Map, int], None], is_sent: bool
) -> None:
    options = BY_EXIT.copy()
    if is_sent:
        options["checkpoint_destination"] = f"http://{servers.http}/{marks.parent.name}"

    def function(component: int) -> int:
        state = Path("state")
        first = int(state.read_text()) if state.exists() else 0
        with (marks / "runs").open("a") as file:
            file.write(f"{component}{first} ")
        for step in range(first, STEPS):
            if (component, step) == (1, STOP) and not (marks / "1").exists():
                (marks / "1.tmp").write_text(
                    Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1]
                )
                (marks / "1.tmp").rename(marks / "1")
                time.sleep(600)
            state.write_text(str(step + 1))
            htmap.checkpoint(state)
        return component

    mapped = htmap.map(function, [0, 1], options, chunksize=2)
    interrupt(mapped, reached(marks, 1))
    assert list(mapped.iter(timeout=TIMEOUT)) == [0, 1]
    runs = (marks / "runs").read_text().split()
    assert runs == ["00", "01", "02", "03", "04", "05", "06", "10", "11", "12", "13", "13", "14", "15", "16"]
    assert mapped.component_statuses == [htmap.ComponentStatus.COMPLETED] * 2
    assert (servers.folder / marks.parent.name).exists() == is_sent


def test_components_of_one_job_have_checkpoints_of_their_own(marks: Path) -> None:
    mapped = htmap.map(counter(marks), [0, 1], chunksize=2)
    for component in (0, 1):
        reached(marks, component)
        mapped.vacate()
    assert list(mapped.iter(timeout=TIMEOUT)) == [(0, STOP + 1), (1, STOP + 1)]


def test_checkpoints_are_there_until_all_components_have_ended(marks: Path) -> None:
    mapped = htmap.map(counter(marks), [0], REACHING_BACK)
    reached(marks)
    assert checkpoints_of(mapped) == {"0"}
    mapped.vacate()
    mapped.wait(timeout=TIMEOUT)
    assert checkpoints_of(mapped) == set()


def test_components_that_are_run_again_start_from_the_beginning() -> None:
    def function(_: int) -> bool:
        was_there = Path("state").exists()
        Path("state").touch()
        htmap.checkpoint("state")
        return was_there

    mapped = htmap.map(function, [0, 1], REACHING_BACK)
    mapped.wait(timeout=TIMEOUT)
    mapped.rerun([1])
    assert list(mapped.iter(timeout=TIMEOUT)) == [False, False]


def test_a_copy_that_was_cut_off_is_removed_by_the_next_one() -> None:
    def function(_: int) -> list[str]:
        from htmap_run.files.chirp import Chirp

        Path("state").write_text("half")
        htmap.checkpoint("state")
        with Chirp(str(Path.cwd())) as chirp:
            chirp.put("state", "../checkpoints/0/0.0123456789abcdef.part")
            before = chirp.names("../checkpoints/0")
        htmap.checkpoint("state")
        with Chirp(str(Path.cwd())) as chirp:
            return [*sorted(before), *chirp.names("../checkpoints/0")]

    mapped = htmap.map(function, [0], REACHING_BACK)
    assert mapped.get(0, timeout=TIMEOUT) == ["0", "0.0123456789abcdef.part", "0"]


REACHING: dict[str, tuple[dict[str, Any], bool]] = {
    "nobody said so": ({}, False),
    "it keeps checkpoints": ({"checkpoint": True}, False),
    "the user said so": ({"custom_options": MAY_REACH}, True),
}


@pytest.mark.parametrize("which", REACHING)
def test_only_jobs_whose_user_said_so_can_reach_the_submit_side_while_they_run(which: str) -> None:
    options, expected = REACHING[which]
    waiting = htmap.map(lambda _: htmap.checkpoint("x"), [0], htmap.MapOptions(requirements="false", **options))
    (ad,) = find_pool()[1].query_jobs(waiting._map_dir.own_jobs, ["WantIOProxy"])
    waiting.remove()
    assert bool(ad.get("WantIOProxy")) == expected


def test_files_for_each_component_reach_a_map_that_checkpoints(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name)

    def function(path: Path) -> str:
        htmap.checkpoint(path)
        return path.read_text()

    mapped = htmap.map(function, [htmap.TransferPath(tmp_path / name) for name in "ab"])
    assert list(mapped.iter(timeout=TIMEOUT)) == ["a", "b"]


def test_output_that_is_sent_elsewhere_gets_there_from_a_map_that_checkpoints(tmp_path: Path) -> None:
    def function(_: int) -> None:
        Path("out").write_text("out")
        htmap.checkpoint("out")
        htmap.transfer_output_files("out")

    htmap.map(function, [0], htmap.MapOptions(output_remaps={"out": str(tmp_path / "there")})).wait(timeout=TIMEOUT)
    assert (tmp_path / "there").read_text() == "out"
