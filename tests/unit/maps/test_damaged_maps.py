"""What can be done with damaged maps, and beside them, without a pool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import htmap
from htmap.exceptions import CondorError, CorruptMap, DamagedMap
from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.contract.site.checks import Check
from htmap_core.diagnosis import doctor
from htmap_core.maps import recovery
from htmap_core.storage import deletion, operations
from htmap_core.storage.mapdir import MapDir
from tests.unit.conftest import MakeMap
from tests.unit.damage import create


def damage(path: Path) -> None:
    """Flip a bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def make_old(path: Path) -> None:
    os.utime(path, times=(time.time() - 25 * 3600,) * 2)


def wrapped_status() -> str:
    with pytest.warns(DamagedMap):
        return str(htmap.status())


def left_of(made: MapDir) -> list[Path]:
    """Return what is left of a map."""
    folders = (names.MAPS, names.REMOVED, names.CREATING, names.RERUNNING)
    return [path for folder in folders for path in (made.root / folder).glob(f"{made.id}*")]


# --- looking at all maps


@pytest.mark.parametrize("name", ["map.json", "submissions.jsonl", "items-1"])
def test_the_table_has_the_others_and_a_row_that_says_what_is_wrong_with_the_damaged_one(
    htmap_dir: Path, name: str
) -> None:
    made, _ = create("tide"), create("wave")
    damage(made.path / name)
    with pytest.warns(DamagedMap) as warned:
        facts = json.loads(htmap.status_json())
    assert list(facts) == ["tide", "wave"]
    assert (name in facts["tide"]["problem"], facts["wave"]["problem"]) == (True, None)
    assert "! tide" in wrapped_status()
    (warning,) = (each.message for each in warned)
    assert isinstance(warning, DamagedMap)
    assert (warning.tag, name in warning.reason) == ("tide", True)
    assert htmap.get_tags() == ("tide", "wave")


def test_the_table_of_named_maps_raises(htmap_dir: Path) -> None:
    made = create("tide")
    damage(made.path / "submissions.jsonl")
    with pytest.raises(CorruptMap):
        htmap.status([htmap.load("tide")])


@pytest.mark.parametrize("damaged", ["map.json", "submissions.jsonl", "items-1", "tag"])
def test_the_command_line_goes_on_past_a_damaged_map(htmap_dir: Path, damaged: str) -> None:
    made, _ = create("tide"), create("wave")
    damage(htmap_dir / "tags" / "tide" if damaged == "tag" else made.path / damaged)
    command = [sys.executable, "-m", "htmap"]
    shown = subprocess.run([*command, "status"], capture_output=True, text=True, timeout=300, check=True)
    assert ("wave" in shown.stdout, "! tide" in shown.stdout, "tide" in shown.stderr) == (True, True, True)
    tags = subprocess.run([*command, "tags"], capture_output=True, text=True, timeout=300, check=True)
    assert tags.stdout.split() == ["tide", "wave"]


# --- removing


def test_a_map_whose_submissions_are_damaged_is_removed_with_the_jobs_that_have_its_id(htmap_dir: Path) -> None:
    made = create("tide")
    damage(made.path / "submissions.jsonl")
    mapped = htmap.load("tide")
    with pytest.raises(CondorError):
        mapped.remove()  # its pool is not there, so the jobs are
    assert mapped.exists
    mapped.remove(force=True)
    (marker,) = left_of(made)
    assert json.loads(marker.read_text())["constraint"] == f'HTMapID == "{made.id}"'


def test_a_map_whose_record_is_damaged_can_be_removed(htmap_dir: Path) -> None:
    made = create("tide")
    damage(made.path / "map.json")
    htmap.remove("tide")
    assert left_of(made) == []
    assert htmap.get_tags() == ()


def test_a_map_that_nobody_can_find_by_its_damaged_tag_is_not_removed(htmap_dir: Path) -> None:
    made = create("tide")
    damage(htmap_dir / "tags" / "tide")
    with pytest.raises(CorruptMap):
        htmap.remove("tide")
    assert left_of(made) == [made.path]


# --- what was interrupted


def test_a_removal_whose_marker_is_damaged_goes_on_with_what_the_map_says(make_map: MakeMap, htmap_dir: Path) -> None:
    made = make_map("tide")  # without jobs
    with deletion.announced(made, "tide", made.record.pool, "ClusterId == 17") as removal:
        pass
    damage(removal.marker)
    recovery.settle()
    assert removal.marker in left_of(made), "its process may be alive on another host"
    make_old(removal.marker)
    recovery.settle()
    assert left_of(made) == []
    assert not (htmap_dir / "tags" / "tide").exists()


@pytest.mark.parametrize("is_empty", [False, True])
def test_a_removal_whose_marker_says_nothing_asks_the_pool_of_a_map_with_jobs(htmap_dir: Path, is_empty: bool) -> None:
    made = create("tide")
    with deletion.announced(made, "tide", None, "false") as removal:
        pass
    if is_empty:
        removal.marker.write_text("")
    else:
        damage(removal.marker)
        make_old(removal.marker)
    recovery.settle()  # its pool is not there
    assert left_of(made) == [made.path, removal.marker]


def test_a_removal_whose_marker_and_map_say_nothing_is_left_to_the_user(htmap_dir: Path) -> None:
    made = create("tide")
    with deletion.announced(made, "tide", PoolAddress("personal"), "ClusterId == 17") as removal:
        deletion.delete_map(removal)
    damage(removal.marker)
    make_old(removal.marker)
    recovery.settle()
    assert left_of(made) == [removal.marker]
    (note,) = notes()
    assert (str(removal.marker) in note.text, f'HTMapID == "{made.id}"' in note.advice) == (True, True)


def test_a_map_whose_making_was_interrupted_and_whose_submissions_are_damaged_is_kept(htmap_dir: Path) -> None:
    made = create("tide")
    (htmap_dir / "creating" / made.id).write_text('{"tag": "tide"}')
    damage(made.path / "submissions.jsonl")
    assert htmap.get_tags() == ("tide",)
    assert len(left_of(made)) == 2, "the schedd may have its jobs"
    htmap.load("tide").remove(force=True)
    assert not made.path.exists()


def test_an_interrupted_rerun_of_a_damaged_map_does_not_stop_other_commands(htmap_dir: Path) -> None:
    made = create("tide")
    (htmap_dir / "rerunning" / made.id).write_text('{"tag": "tide"}')
    damage(made.path / "submissions.jsonl")
    assert htmap.get_tags() == ("tide",)


# --- the doctor


def notes() -> list[Check]:
    return [each for each in doctor.checks() if (each.area, each.verdict) == ("files", "note")]


@pytest.mark.parametrize("name", ["submit.json", "items-0", "items-1", "submissions.jsonl", "_htmap_launcher"])
def test_the_doctor_finds_a_damaged_file(htmap_dir: Path, name: str) -> None:
    made = create("tide")
    assert notes() == []
    damage(made.path / name)
    (note,) = notes()
    assert str(made.path / name) in note.text


def test_the_doctor_finds_a_map_that_no_tag_leads_to_and_its_advice_gives_it_one(htmap_dir: Path) -> None:
    made = create("tide")
    (htmap_dir / "tags" / "tide").unlink()
    (note,) = notes()
    command = note.advice.split("`")[1].replace("NAME", "wave")
    subprocess.run(command, shell=True, check=True)  # noqa: S602 -- as the user types it
    assert htmap.load("wave")._map_dir.id == made.id
    assert notes() == []


def test_the_doctor_finds_a_damaged_marker(htmap_dir: Path) -> None:
    made = create("tide")
    marker = htmap_dir / "rerunning" / made.id
    with pytest.raises(KeyboardInterrupt), operations.perform(names.RERUNNING, made, "tide"):
        raise KeyboardInterrupt
    damage(marker)
    (note,) = notes()
    assert str(marker) in note.text
