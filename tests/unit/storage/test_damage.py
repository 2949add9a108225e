"""A flipped bit in a small file of a map gives the right answer or an exception of HTMap; never another answer."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CorruptMap, HTMapException, TagAlreadyExists, TagNotFound
from htmap_core.files.sealed import seal
from htmap_core.maps.map import engine_of
from htmap_core.storage import deletion, operations
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.tags import all_tags, claim_tag, find_map, maps_without_tag, tag_of
from tests.pool.old_maps.unpacking import unpack
from tests.unit.damage import FLIPS, PROGRAMS, create, flips

SMALL = ["map.json", "submit.json", "submissions.jsonl", "items-0", "items-1"]


@pytest.fixture
def made(htmap_dir: Path) -> MapDir:
    return create("tide")


QUESTIONS: dict[str, Callable[[str], Any]] = {
    "length": lambda tag: len(htmap.load(tag)),
    "record": lambda tag: find_map(tag).record,
    "statuses": lambda tag: htmap.load(tag).component_statuses,
    "memory": lambda tag: htmap.load(tag).memory_usage,
    "transient": lambda tag: htmap.load(tag).is_transient,
    "input": lambda tag: find_map(tag).input_block(3),
    "rows": lambda tag: list(find_map(tag).rows()),
    "submit": lambda tag: htmap.load(tag).submit_file(2),
    "submissions": lambda tag: find_map(tag).submissions.all(),
    "ended": lambda tag: engine_of(htmap.load(tag)).states.has_ended,
}


def answers(tag: str) -> dict[str, Any]:
    """Return the answer to each question; a HTMapException for one that has none."""
    found: dict[str, Any] = {}
    for name, ask in QUESTIONS.items():
        try:
            found[name] = ask(tag)
        except HTMapException as error:
            found[name] = error
    return found


def wrong(found: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in found.items() if not isinstance(each, HTMapException) and each != right[name]}


# --- any bit


@pytest.mark.parametrize("name", SMALL)
def test_a_flipped_bit_of_a_small_file_is_noticed(made: MapDir, name: str) -> None:
    right = answers("tide")
    assert wrong(right, right) == {}
    assert not [each for each in right.values() if isinstance(each, HTMapException)]
    noticed, count = 0, min(FLIPS, 8 * (made.path / name).stat().st_size)
    for what in flips(made.path / name):
        found = answers("tide")
        assert wrong(found, right) == {}, what
        noticed += found != right
    assert noticed >= count - 8, "only the last line end of the ledger does not matter"
    assert answers("tide") == right


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_damaged_program_is_sent_again(made: MapDir, name: str) -> None:
    for _ in flips(made.path / name):
        with pytest.raises(CorruptMap, match=name):
            made.read_submit()
    (made.path / name).unlink()
    with pytest.raises(CorruptMap, match=name):
        made.read_submit()


def test_every_flipped_bit_of_a_tag_is_noticed_and_no_map_is_lost_by_it(made: MapDir, htmap_dir: Path) -> None:
    other, right = create("wave"), answers("tide")
    for what in flips(htmap_dir / "tags" / "tide"):
        assert wrong(answers("tide"), right) == {}, what
        assert tag_of(other) == "wave"
        with pytest.raises(TagAlreadyExists):
            claim_tag(htmap_dir, "another", "tide")
        assert (htmap_dir / "tags" / "tide").exists()


@pytest.mark.parametrize("case", ["finished", "chunked", "rerun"])
@pytest.mark.parametrize("name", ["map.json", "submit.json", "submissions.jsonl", "items-0", "items-1", "tag"])
def test_a_flipped_bit_of_an_old_map_which_has_no_checksums_is_no_internal_error(
    htmap_dir: Path, case: str, name: str
) -> None:
    path = unpack(case, htmap_dir)
    (tag,) = all_tags()
    file = htmap_dir / "tags" / tag if name == "tag" else path / name
    for _ in flips(file) if file.exists() else ():
        answers(tag)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("submissions.jsonl", b'"jobs": 4', b'"jobs": 5'),
        ("items-1", b"1\x1f1\x1f", b"1\x1f9\x1f"),
        ("map.json", b'"components": 4', b'"components": 0'),
        ("map.json", b'"chunksize": 1', b'"chunksize": 0'),
    ],
)
def test_what_cannot_be_of_an_old_map_is_damage(htmap_dir: Path, name: str, before: bytes, after: bytes) -> None:
    file = unpack("rerun", htmap_dir) / name
    assert before in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(before, after, 1))
    with pytest.raises(CorruptMap):
        htmap.load("again").status()


def test_a_row_that_an_old_item_file_has_lost_is_noticed(htmap_dir: Path) -> None:
    path = unpack("rerun", htmap_dir)
    rows = (path / "items-0").read_bytes().splitlines(keepends=True)
    for damaged in (rows[:-1], [*rows[:-1], b"3\x1f3\n"]):
        (path / "items-0").write_bytes(b"".join(damaged))
        with pytest.raises(CorruptMap, match="items-0"):
            list(MapDir(path).rows())


# --- tags


def test_a_damaged_tag_says_which_map_it_belongs_to_and_is_mended_with_that(made: MapDir, htmap_dir: Path) -> None:
    tag = htmap_dir / "tags" / "tide"
    tag.write_bytes(tag.read_bytes().replace(b" ", b"0"))
    with pytest.raises(CorruptMap) as caught:
        find_map("tide")
    assert caught.value.path == tag
    (map_id,) = re.findall("[0-9a-f]{32}", caught.value.reason)
    tag.write_text(map_id)
    assert find_map("tide").id == made.id


def test_a_damaged_tag_never_leads_to_another_map(made: MapDir, htmap_dir: Path) -> None:
    other, tag = create("wave"), htmap_dir / "tags" / "tide"
    tag.write_bytes(tag.read_bytes().replace(made.id.encode(), other.id.encode()))
    with pytest.raises(CorruptMap):
        find_map("tide")


def test_a_tag_that_leads_elsewhere_is_not_deleted_while_its_map_may_be_there(made: MapDir, htmap_dir: Path) -> None:
    tag = htmap_dir / "tags" / "tide"
    tag.write_text(made.id[:-1])  # as 0.7.0 wrote tags, which have no checksum
    with pytest.raises(TagAlreadyExists):
        create("tide")
    assert [each.id for each in maps_without_tag(htmap_dir)] == [made.id]
    shutil.rmtree(made.path)
    with pytest.raises(TagNotFound):
        find_map("tide")
    assert create("tide").exists


# --- transient maps


def test_a_file_makes_no_map_transient_that_has_a_tag_of_its_own(made: MapDir) -> None:
    (made.path / "transient").touch()
    assert not MapDir(made.path).is_transient
    assert create(None).is_transient


# --- the ledger


def test_a_line_of_the_ledger_whose_line_end_is_damaged_counts_and_is_kept(made: MapDir) -> None:
    ledger, right = made.path / "submissions.jsonl", made.submissions.all()
    ledger.write_bytes(ledger.read_bytes()[:-1] + b"\x0b")
    assert made.submissions.all() == right
    made.submissions.not_taken(right[1])
    assert made.submissions.all() == right[:1]
    assert ledger.read_bytes().count(b"\n") == 5


def test_a_line_of_the_ledger_that_a_crash_has_cut_is_passed_over(made: MapDir) -> None:
    ledger, right = made.path / "submissions.jsonl", made.submissions.all()
    whole = ledger.read_bytes()
    begin = whole[:-1].rfind(b"\n") + 1
    for end in range(begin, len(whole) - 1):
        ledger.write_bytes(whole[:end])
        assert [each.cluster for each in made.submissions.all()] == [18, None], whole[begin:end]
    ledger.write_bytes(whole[:-1])
    assert made.submissions.all() == right


def test_what_a_later_version_adds_to_a_sealed_file_is_passed_over(made: MapDir) -> None:
    (made.path / "map.json").write_text(seal({**record_of(made), "colour": "blue"}))
    assert MapDir(made.path).record == made.record


@pytest.mark.parametrize(("format_", "write"), [(1, seal), (2, json.dumps), (3, json.dumps)])
def test_a_map_of_another_format_is_not_read(made: MapDir, format_: int, write: Callable[[Any], str]) -> None:
    (made.path / "map.json").write_text(write({**record_of(made), "format": format_}))
    with pytest.raises(CorruptMap):
        _ = MapDir(made.path).record


def record_of(made: MapDir) -> dict[str, Any]:
    record = dict(json.loads((made.path / "map.json").read_text()))
    del record["checksum"]
    return record


# --- markers


@pytest.mark.parametrize("is_old", [False, True])
def test_a_damaged_marker_is_not_believed(made: MapDir, is_old: bool) -> None:
    with deletion.announced(made, "tide", PoolAddress("personal"), "ClusterId == 18") as right:
        pass
    for what in flips(right.marker):
        if is_old:
            os.utime(right.marker, times=(time.time() - 25 * 3600,) * 2)
        found = list(operations.unfinished(made.root, names.REMOVED))
        damaged = operations.Operation(right.marker, made, "", is_damaged=True)
        assert [as_facts(each) for each in found] == ([as_facts(damaged)] if is_old else []), what
        assert list(operations.damaged(made.root)) == [right.marker]
    assert [as_facts(each) for each in operations.unfinished(made.root, names.REMOVED)] == [as_facts(right)]


def as_facts(operation: operations.Operation) -> tuple[Any, ...]:
    return (operation.marker, operation.map_dir.id, operation.tag, operation.pool, operation.constraint)


def test_a_marker_of_0_7_0_cannot_name_the_jobs_of_another_map(made: MapDir, htmap_dir: Path) -> None:
    told = {"tag": "tide", "pool": {"pool": "personal"}, "constraint": "ClusterId == 17"}
    (htmap_dir / "removed" / made.id).write_text(json.dumps(told))
    (removal,) = operations.unfinished(htmap_dir, names.REMOVED)
    assert removal.constraint == f'(ClusterId == 17) && HTMapID == "{made.id}"'


def test_a_map_cannot_name_the_jobs_of_another_map(made: MapDir) -> None:
    assert made.own_jobs == f'HTMapID == "{made.id}"'
    assert made.own_job(18, 3) == f'ClusterId == 18 && ProcId == 3 && HTMapID == "{made.id}"'
