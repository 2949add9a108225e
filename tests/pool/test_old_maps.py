"""Maps that htmap-core 0.7.0 left on disk, finished, half-way or with jobs in the queue, go on in a pool as its own did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.testing import eventually, run_htmap
from tests.pool.old_maps.unpacking import needs_their_python, unpack

pytestmark = pytest.mark.pool

TIMEOUT = 180
COMPLETED, ERRORED, HELD = (htmap.ComponentStatus[name] for name in ("COMPLETED", "ERRORED", "HELD"))

SUBMIT = "print(htcondor2.Schedd().submit(htcondor2.Submit(sys.stdin.read())).cluster())"
QUERY = "print(len(htcondor2.Schedd().query(sys.stdin.read(), ['ClusterId'])))"


@pytest.fixture
def gate(personal_pool: Path) -> Iterator[Path]:
    """The file that the jobs of some old maps wait for; without it they do not end."""
    gate = personal_pool / "gate"
    yield gate
    gate.unlink(missing_ok=True)


def condor(pool: Path, code: str, text: str) -> int:
    """Ask the schedd in a process of its own, apart from all that HTMap knows of it."""
    environment = {**os.environ, "CONDOR_CONFIG": str(pool / "pool" / "condor_config")}
    command = [sys.executable, "-c", f"import htcondor2, sys; {code}"]
    done = subprocess.run(command, input=text, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return int(done.stdout.split()[-1])


def lines_of(map_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (map_dir / "submissions.jsonl").read_text().splitlines()]


def write_line(map_dir: Path, entry: dict[str, Any]) -> None:
    with (map_dir / "submissions.jsonl").open("a") as file:
        file.write(json.dumps(entry) + "\n")


def submit_as_intended(map_dir: Path) -> int:
    """Have the schedd take the last submission that the old version intended, as that version did; return the cluster."""
    intent = lines_of(map_dir)[-1]
    content = json.loads((map_dir / "submit.json").read_text())
    commands = {**content["commands"], "MY.HTMapSubmission": f'"{intent["token"]}"'}
    lines = [f"{name} = {value}" for name, value in commands.items()]
    queue = f"queue {','.join(content['columns'])} from {map_dir / 'items-{number}'.format_map(intent)}"
    return condor(map_dir.parents[1], SUBMIT, "\n".join([*lines, queue, ""]))


def submit_first(map_dir: Path) -> int:
    """Submit all jobs of a map as the old version did, from the intent to the cluster."""
    jobs = len((map_dir / "items-0").read_text().splitlines())
    write_line(map_dir, {"number": 0, "token": map_dir.name, "jobs": jobs, "late": False, "held": False})
    cluster = submit_as_intended(map_dir)
    write_line(map_dir, {"number": 0, "cluster": cluster})
    return cluster


def traces(htmap_dir: Path, map_dir: Path) -> list[Path]:
    """Return what is left of a map, and of what was begun with it."""
    folders = ("tags", "maps", "creating", "rerunning", "retagging", "removed")
    found = [path for folder in folders for path in (htmap_dir / folder).glob("*")]
    return [
        path for path in found if map_dir.name in path.name or (path.is_file() and map_dir.name in path.read_text())
    ]


# --- finished maps run again


@needs_their_python
def test_components_of_an_old_map_run_again(personal_pool: Path) -> None:
    unpack("finished", personal_pool)
    made = htmap.load("kinds")
    made.rerun([1, 2])
    made.wait(TIMEOUT, errors_ok=True)
    assert made.component_statuses == [COMPLETED, COMPLETED, ERRORED, COMPLETED, COMPLETED, COMPLETED]
    assert [made[component] for component in (0, 1, 5)] == [1.5, "tide\u00e4", True]
    assert repr(made.get_err(2).exception) == repr(ValueError("there is no 2"))


@needs_their_python
def test_all_of_an_old_map_with_shared_jobs_runs_again(personal_pool: Path) -> None:
    unpack("chunked", personal_pool)
    made = htmap.load("my-chunks")
    made.rerun()
    made.wait(TIMEOUT, errors_ok=True)
    assert list(made.errors) == [4]
    assert [made[each] for each in (0, 3, 5, 6)] == [f"result of {each}" for each in (0, 3, 5, 6)]
    assert "out of 5\n" in made.stdout[5]
    assert (made.output_files[6] / "result.txt").read_text() == "file of 6"


@needs_their_python
@pytest.mark.filterwarnings("ignore::htmap.exceptions.ForeignClass")  # this program did not make the map
def test_an_old_map_with_input_files_takes_them_along_once_more(personal_pool: Path) -> None:
    unpack("transferred", personal_pool)
    (personal_pool / "sources/b/words.txt").write_text("other words")
    made = htmap.load("files")
    made.rerun()
    made.wait(TIMEOUT, errors_ok=True)
    assert made[0].texts == ["words of a", "other words"]
    assert type(made.get_err(1).exception).__name__ == "UnreadableError"


@needs_their_python
def test_an_old_map_that_had_run_again_does_so_once_more(personal_pool: Path) -> None:
    unpack("rerun", personal_pool)
    made = htmap.load("again")
    before = [made.get(component) for component in range(4)]
    made.rerun([2, 3])
    made.wait(TIMEOUT)
    after = [made.get(component) for component in range(4)]
    assert after[:2] == before[:2]
    assert after[2][1] == after[3][1] not in {cluster for _, cluster in before}


@needs_their_python
def test_an_old_map_goes_on_from_its_checkpoints(personal_pool: Path) -> None:
    map_dir = unpack("checkpointed", personal_pool)
    (map_dir / "events").unlink()
    (map_dir / "submissions.jsonl").unlink()
    submit_first(map_dir)
    made = htmap.load("counting")
    made.wait(TIMEOUT)
    assert list(made) == [(0, 3), (1, 3)]


# --- half-way


def test_an_old_map_that_was_about_to_be_submitted_and_was_not_is_gone(personal_pool: Path) -> None:
    map_dir = unpack("submitting", personal_pool)
    assert run_htmap("settle").exit_code == 0
    assert "maybe" not in htmap.get_tags()
    assert traces(personal_pool, map_dir) == []


@needs_their_python
def test_an_old_map_that_was_just_being_submitted_is_there(personal_pool: Path) -> None:
    map_dir = unpack("submitting", personal_pool)
    submit_as_intended(map_dir)
    made = htmap.load("maybe")
    made.wait(TIMEOUT)
    assert list(made) == [0, 2, 4]
    assert not (personal_pool / "creating" / map_dir.name).exists()


def test_an_old_map_that_was_about_to_run_again_and_did_not_has_its_results(personal_pool: Path) -> None:
    map_dir = unpack("rerunning", personal_pool)
    made = htmap.load("half-again")
    assert [made.get(component)[0] for component in range(4)] == [0, 1, 2, 3]
    assert run_htmap("settle").exit_code == 0
    assert [made.get(component)[0] for component in range(4)] == [0, 1, 2, 3]
    assert not (personal_pool / "rerunning" / map_dir.name).exists()


@needs_their_python
def test_an_old_map_that_was_just_being_run_again_has_the_new_results(personal_pool: Path) -> None:
    map_dir = unpack("rerunning", personal_pool)
    cluster = submit_as_intended(map_dir)
    made = htmap.load("half-again")
    made.wait(TIMEOUT)
    clusters = [made.get(component)[1] for component in range(4)]
    assert [each == cluster for each in clusters] == [True, False, True, False]
    assert not (personal_pool / "rerunning" / map_dir.name).exists()


def test_an_old_map_that_was_getting_another_tag_has_it(personal_pool: Path) -> None:
    map_dir = unpack("retagging", personal_pool)
    tags = htmap.get_tags()
    assert ("new-tag" in tags, "old-tag" in tags) == (True, False)
    assert htmap.load("new-tag").get(0) == 1.5
    assert run_htmap("settle").exit_code == 0
    assert not (personal_pool / "retagging" / map_dir.name).exists()


@pytest.mark.parametrize("case", ["removing", "deleting"])
def test_the_removal_of_an_old_map_is_finished(personal_pool: Path, case: str) -> None:
    map_dir = unpack(case, personal_pool)
    assert not {"doomed", "buried"} & set(htmap.get_tags())
    assert run_htmap("settle").exit_code == 0
    assert traces(personal_pool, map_dir) == []


def test_an_old_map_whose_jobs_the_schedd_does_not_know_is_removed(personal_pool: Path) -> None:
    map_dir = unpack("checkpointed", personal_pool)
    made = htmap.load("counting")
    assert made.component_statuses == [HELD, HELD]
    made.remove()
    assert traces(personal_pool, map_dir) == []


# --- with jobs in the queue


@needs_their_python
def test_the_jobs_of_an_old_map_are_held_released_and_run_again(personal_pool: Path, gate: Path) -> None:
    submit_first(unpack("queued", personal_pool))
    made = htmap.load("queued")
    assert made.is_active
    made.hold()
    assert made.component_statuses == [HELD] * 3
    made.release()
    gate.touch()
    made.wait(TIMEOUT)
    assert list(made) == [0, 2, 4]
    made.rerun([1])
    made.wait(TIMEOUT)
    assert list(made) == [0, 2, 4]


def test_the_jobs_of_an_old_map_get_its_new_tag(personal_pool: Path) -> None:
    cluster = submit_first(unpack("queued", personal_pool))
    htmap.load("queued").retag("renamed")
    assert condor(personal_pool, QUERY, f'ClusterId == {cluster} && JobBatchName == "renamed"') == 3


def test_the_jobs_of_an_old_map_leave_the_queue_with_it(personal_pool: Path) -> None:
    map_dir = unpack("queued", personal_pool)
    cluster = submit_first(map_dir)
    htmap.load("queued").remove()
    assert condor(personal_pool, QUERY, f"ClusterId == {cluster}") == 0
    assert traces(personal_pool, map_dir) == []


def test_the_interrupted_removal_of_an_old_map_takes_its_jobs_out_of_the_queue(personal_pool: Path) -> None:
    map_dir = unpack("queued", personal_pool)
    cluster = submit_first(map_dir)
    pool = json.loads((map_dir / "map.json").read_text())["pool"]
    marker = {"tag": "queued", "pool": pool, "constraint": f"ClusterId == {cluster}"}
    (personal_pool / "removed" / map_dir.name).write_text(json.dumps(marker))
    assert "queued" not in htmap.get_tags()
    eventually(lambda: run_htmap("settle").exit_code == 0, says="its jobs leave the queue")
    assert condor(personal_pool, QUERY, f"ClusterId == {cluster}") == 0
    assert not map_dir.exists()
