"""Operations that were left unfinished because their pool does not answer."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import htmap
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.diagnosis import doctor
from htmap_core.exceptions import CannotMove, PoolUnavailable
from htmap_core.files.sealed import seal, unseal
from htmap_core.maps import moving, recovery
from htmap_core.storage import deletion, operations
from htmap_core.storage.mapdir import MapDir
from htmap_core.testing import run_htmap
from tests.golden_files import Golden
from tests.unit.conftest import MakeMap
from tests.unit.silent_pool import SilentPool, silent_pool

DAY = 24 * 3600


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[SilentPool]:
    folder = tmp_path / "silent"
    folder.mkdir(mode=0o700)
    with silent_pool(folder) as pool:
        yield pool


@pytest.fixture
def gone(tmp_path: Path) -> PoolAddress:
    """The address of a schedd whose collector refuses connections, so that an attempt takes no time."""
    configuration = tmp_path / "condor_config"
    configuration.write_text(f"LOG = {tmp_path}\nCOLLECTOR_HOST = 127.0.0.1:9\n")
    return PoolAddress("site", configuration=configuration, schedd="gone@ap1.example")


def leave(map_dir: MapDir, pool: PoolAddress) -> Path:
    """Leave the removal of a map as a process does that is killed before it asks the pool; return the marker."""
    with deletion.announced(map_dir, "tide", pool, "ClusterId == 17") as removal:
        return removal.marker


def tried(marker: Path) -> float:
    return float(unseal(marker.read_bytes()).get("tried", 0))


def change(marker: Path, **values: float) -> None:
    marker.write_text(seal({**unseal(marker.read_bytes()), **values}))


def test_what_only_reads_does_not_ask_a_pool_that_never_answers(make_map: MakeMap, silent: SilentPool) -> None:
    make_map("kept", 1, {0: 7})
    marker = leave(make_map("tide"), silent.address)
    begun = make_map("begun")
    begun.write_record(attrs.evolve(begun.record, pool=silent.address))
    begun.submissions.intend(2, late=False)
    (begun.root / "rerunning").mkdir(exist_ok=True)
    (begun.root / "rerunning" / begun.id).write_text(seal({"tag": "begun"}))
    assert htmap.load("kept").components == (0,)
    assert set(htmap.get_tags()) == {"kept", "begun"}
    assert htmap.status_json()
    for command in (["status"], ["tags"], ["components", "kept"], ["path", "kept"]):
        assert run_htmap(*command).exit_code == 0
    assert silent.asked() == 0
    assert marker.exists()


def test_data_of_a_removed_map_are_gone_whether_its_pool_answers_or_not(make_map: MakeMap, silent: SilentPool) -> None:
    made = make_map("tide")
    marker = leave(made, silent.address)
    htmap.get_tags()
    assert (made.path.exists(), marker.exists()) == (False, True)


def test_a_pool_is_asked_once_however_many_operations_wait_for_it(gone: PoolAddress, make_map: MakeMap) -> None:
    asked: list[PoolAddress] = []

    def connect(address: PoolAddress, map_dir: MapDir) -> Connection:
        asked.append(address)
        raise PoolUnavailable(address.pool, "it is gone")

    known = recovery._Pools(connect)
    for tag in ("tide", "wave", "surf"):
        with pytest.raises(PoolUnavailable):
            known.of_map(make_map(tag))(gone)
    assert asked == [gone]


def test_what_acts_tries_it_again_after_ten_minutes(make_map: MakeMap, gone: PoolAddress) -> None:
    marker = leave(make_map("tide"), gone)
    assert recovery.settle()[0].problem
    first = tried(marker)
    assert first > 0
    assert recovery.settle() == []
    change(marker, tried=first - 601)
    htmap.remove("no-such-map")
    assert tried(marker) >= first
    assert unseal(marker.read_bytes())["constraint"] == "ClusterId == 17"


def test_after_a_week_it_is_given_up_and_the_doctor_tells(make_map: MakeMap, gone: PoolAddress) -> None:
    marker = leave(make_map("tide"), gone)
    change(marker, at=time.time() - 8 * DAY)
    for _ in range(2):
        assert len(recovery.settle()) == 1, "it was not tried for a week yet, however old it is"
        change(marker, tried=time.time() - 601)
    change(marker, first_tried=time.time() - 8 * DAY)
    assert recovery.settle() == []
    (note,) = [each for each in doctor._lost(make_map("kept").root) if str(marker) in each.text]
    assert ("gone@ap1.example" in note.text, "`htmap settle`" in note.advice) == (True, True)


def test_settle_tries_all_at_once_and_its_exit_code_says_whether_something_is_left(
    make_map: MakeMap, gone: PoolAddress, golden: Golden
) -> None:
    marker = leave(make_map("tide"), gone)
    before = time.time() - 1
    change(marker, tried=before, first_tried=time.time() - 8 * DAY)
    done = run_htmap("settle")
    assert done.exit_code == 1
    assert tried(marker) > before
    golden("cli/settle", done.stderr)
    marker.unlink()
    assert run_htmap("settle").exit_code == 0


def test_settle_finishes_what_needs_no_pool(make_map: MakeMap, htmap_dir: Path) -> None:
    made = make_map("tide")
    (htmap_dir / "creating").mkdir(exist_ok=True)
    (htmap_dir / "creating" / made.id).write_text(seal({"tag": "tide"}))
    done = run_htmap("settle")
    assert (done.exit_code, done.stdout.split()[0], "'tide'" in done.stdout) == (0, "undid", True)
    assert not made.path.exists()


def test_what_another_host_has_begun_is_left_to_its_schedd(make_map: MakeMap) -> None:
    """An earlier version wrote no schedd, and meant that of its own host."""
    made = make_map("tide")
    (made.root / "removed").mkdir(exist_ok=True)
    marker = {"tag": "tide", "host": "ap1.example", "since": 1.0, "pool": {"pool": "machine"}, "constraint": "true"}
    (made.root / "removed" / made.id).write_text(json.dumps(marker))
    (operation,) = operations.unfinished(made.root, "removed")
    assert operation.pool == PoolAddress("machine", schedd="ap1.example")


def test_a_move_that_a_pool_keeps_from_its_end_is_told_and_seldom_tried(
    make_map: MakeMap, gone: PoolAddress, tmp_path: Path
) -> None:
    begun = make_map("begun")
    begun.write_record(attrs.evolve(begun.record, pool=gone))
    begun.submissions.intend(2, late=False)
    root, journal = begun.root, begun.root / "moving.json"
    journal.write_text(seal({"from": [str(tmp_path / "former")], "to": str(root)}))
    recovery.settle()
    first = tried(journal)
    assert first > 0
    recovery.settle()
    assert tried(journal) == first
    (note,) = [each for each in doctor._lost(root) if str(journal) in each.text]
    assert "`htmap settle`" in note.advice
    with pytest.raises(CannotMove):
        moving.move(root, tmp_path / "third")
    assert run_htmap("settle").exit_code == 1
    assert tried(journal) > first
    journal.unlink()
    assert run_htmap("settle").exit_code == 0
