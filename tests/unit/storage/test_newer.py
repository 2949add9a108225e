"""What a newer HTMap has written into the same HTMAP_DIR is understood, or left as it is; never deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import MadeByNewerHTMap, TagAlreadyExists, TagNotFound
from htmap_core.files.sealed import seal, unseal
from htmap_core.maps import recovery
from htmap_core.storage import deletion, operations
from htmap_core.storage.content import source_lines
from htmap_core.storage.content.formats import FORMAT
from htmap_core.storage.content.inputs import check_function, read_inputs
from htmap_core.storage.content.returned import ReturnedFrames
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.root import make_htmap_dir
from htmap_core.testing import run_htmap
from htmap_core.user_warnings import NewerMap
from htmap_run import frames
from htmap_run.frames import writing
from tests.unit.damage import create

NEWER = FORMAT + 1


@pytest.fixture
def made(htmap_dir: Path) -> MapDir:
    return create("tide")


def rewrite(path: Path, **more: Any) -> None:
    """Add keys to a sealed file, as a newer HTMap does."""
    path.write_text(seal({**unseal(path.read_bytes()), **more}, indent=1))


def record_is_newer(made: MapDir) -> Path:
    rewrite(made.path / "map.json", needs=NEWER, versions={"htmap-core": "0.9.0"})
    return made.path / "map.json"


def line_is_newer(made: MapDir) -> Path:
    with (made.path / "submissions.jsonl").open("a") as file:
        file.write(seal({"number": 2, "token": "t", "ways": 2, "needs": NEWER}) + "\n")
    return made.path / "submissions.jsonl"


each_newer = pytest.mark.parametrize("change", [record_is_newer, line_is_newer])
Change = Callable[[MapDir], Path]


def all_of(root: Path) -> dict[Path, bytes]:
    """Return all files but the log's."""
    found = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and path.parent.name != "logs"}
    assert found
    return found


# --- what is understood


def test_keys_that_are_not_known_are_passed_over_in_every_file(made: MapDir) -> None:
    record, submissions, submit = made.record, made.submissions.all(), made.read_submit()
    pool = {**json.loads((made.path / "map.json").read_text())["pool"], "colour": "blue"}
    rewrite(made.path / "map.json", pool=pool, colour="blue")
    rewrite(made.path / "submit.json", colour="blue")
    lines = (made.path / "submissions.jsonl").read_bytes().splitlines()
    (made.path / "submissions.jsonl").write_text("".join(f"{seal({**unseal(each), 'colour': 1})}\n" for each in lines))
    again = MapDir(made.path)
    assert (again.record, again.submissions.all(), again.read_submit()) == (record, submissions, submit)
    assert len(htmap.load("tide")) == 4


def test_keys_of_a_marker_that_are_not_known_are_passed_over(made: MapDir) -> None:
    with deletion.announced(made, "tide", PoolAddress("personal"), "false") as right:
        pass
    pool = {**json.loads(right.marker.read_text())["pool"], "colour": "blue"}
    rewrite(right.marker, pool=pool, colour="blue")
    (found,) = operations.unfinished(made.root, names.REMOVED)
    assert (found.tag, found.pool, found.is_damaged) == ("tide", PoolAddress("personal"), False)


def test_a_newer_format_that_needs_no_newer_reader_is_read(made: MapDir) -> None:
    rewrite(made.path / "map.json", format=NEWER, needs=FORMAT)
    assert MapDir(made.path).record.format == NEWER


# --- what is not


def test_a_newer_map_says_who_made_it_and_what_it_needs(made: MapDir) -> None:
    path = record_is_newer(made)
    with pytest.raises(MadeByNewerHTMap) as caught:
        htmap.load("tide")
    assert attrs_of(caught.value) == (path, NEWER, FORMAT, "0.9.0")


def attrs_of(error: MadeByNewerHTMap) -> tuple[Any, ...]:
    return error.path, error.needs, error.reads, error.version


@pytest.mark.parametrize("needs", [NEWER, "a reader with sails", None, 2.5])
def test_what_a_file_needs_is_a_format_that_is_known(made: MapDir, needs: object) -> None:
    rewrite(made.path / "map.json", needs=needs)
    with pytest.raises(MadeByNewerHTMap):
        _ = MapDir(made.path).record


def test_a_newer_format_needs_a_reader_of_it_unless_it_says_otherwise(made: MapDir) -> None:
    rewrite(made.path / "map.json", format=NEWER)
    with pytest.raises(MadeByNewerHTMap):
        _ = MapDir(made.path).record


def test_a_map_that_a_newer_htmap_has_run_again_is_a_newer_one(made: MapDir) -> None:
    path = line_is_newer(made)
    with pytest.raises(MadeByNewerHTMap) as caught:
        htmap.load("tide").status()
    assert caught.value.path == path


def test_newer_lines_of_source_only_lack_in_reports(made: MapDir) -> None:
    (made.path / names.SOURCE_LINES).write_text(seal({"files": {}, "needs": NEWER}))
    with pytest.raises(MadeByNewerHTMap):
        source_lines.read(made.path / names.SOURCE_LINES)
    assert len(htmap.load("tide")) == 4


def test_a_newer_submit_description_is_not_sent_again(made: MapDir) -> None:
    rewrite(made.path / "submit.json", needs=NEWER)
    with pytest.raises(MadeByNewerHTMap):
        made.read_submit()


@pytest.mark.parametrize("read", [lambda path: ReturnedFrames(str(path)), read_inputs, check_function])
def test_a_frame_of_a_newer_version_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], Any]
) -> None:
    with monkeypatch.context() as newer, frames.Writer(tmp_path / "frames") as writer:
        newer.setattr(writing, "VERSION", frames.VERSION + 1)
        writer.add(frames.FUNCTION)
    with pytest.raises(MadeByNewerHTMap):
        read(tmp_path / "frames")


# --- it stays


@each_newer
def test_a_newer_map_is_in_the_table_of_maps(made: MapDir, change: Change) -> None:
    create("wave")
    change(made)
    with pytest.warns(NewerMap) as told:
        facts = json.loads(htmap.status_json())
    assert [each.message.tag for each in told] == ["tide"]  # type: ignore[union-attr]
    assert [*facts] == ["tide", "wave"]
    assert (facts["tide"]["component_status_counts"], facts["tide"]["local_data"]) == ({}, None)
    with pytest.warns(NewerMap):
        assert "tide" in htmap.status()
    with pytest.warns(NewerMap):
        assert "tide" in htmap.status_csv()


@each_newer
@pytest.mark.filterwarnings("default::htmap.exceptions.NewerMap")
def test_the_command_status_shows_a_newer_map_and_says_why_nothing_is_known_of_it(made: MapDir, change: Change) -> None:
    change(made)
    shown = run_htmap("status")
    assert ("tide" in shown.stdout, made.id in shown.stderr) == (True, True)


@each_newer
def test_a_newer_map_is_not_removed_unless_by_force(made: MapDir, change: Change, htmap_dir: Path) -> None:
    change(made)
    before = all_of(htmap_dir)
    with pytest.raises(MadeByNewerHTMap):
        htmap.remove("tide")
    assert run_htmap("remove", "tide").exit_code == 1
    assert run_htmap("clean", "--all", "--yes").exit_code == 1
    assert all_of(htmap_dir) == before
    assert run_htmap("remove", "--force", "tide").exit_code == 0
    assert not made.exists


def test_a_newer_map_is_not_cleaned_up(htmap_dir: Path) -> None:
    made = create(None)
    record_is_newer(made)
    before = all_of(htmap_dir)
    with pytest.warns(NewerMap):
        assert htmap.clean(all=True) == []
    assert all_of(htmap_dir) == before


@each_newer
def test_the_tag_of_a_newer_map_is_taken(made: MapDir, change: Change) -> None:
    change(made)
    with pytest.raises(TagAlreadyExists):
        create("tide")


def test_a_tag_of_a_newer_map_that_says_more_is_not_cleared(made: MapDir, htmap_dir: Path) -> None:
    tag = htmap_dir / "tags" / "tide"
    tag.write_text(f"{tag.read_text().strip()} and more\n")
    with pytest.raises(TagAlreadyExists):
        create("tide")


def interrupted(made: MapDir) -> Iterator[Path]:
    """Yield a marker of each kind but the removal's, as of a process that is gone."""
    for kind in (names.CREATING, names.RERUNNING, names.RETAGGING):
        marker = made.root / kind / made.id
        marker.write_text(seal({"tag": "tide", "new_tag": "flow"}))
        yield marker
        marker.unlink()


@each_newer
def test_what_was_begun_with_a_newer_map_is_left_to_a_newer_htmap(
    made: MapDir, change: Change, htmap_dir: Path
) -> None:
    change(made)
    for _ in interrupted(made):
        before = all_of(htmap_dir)
        recovery.settle()
        assert all_of(htmap_dir) == before


@pytest.mark.parametrize("kind", operations.KINDS)
def test_a_marker_of_a_newer_htmap_is_left_alone(made: MapDir, htmap_dir: Path, kind: str) -> None:
    (htmap_dir / kind / made.id).write_text(seal({"tag": "tide", "needs": NEWER}))
    before = all_of(htmap_dir)
    recovery.settle()
    assert all_of(htmap_dir) == before
    assert list(operations.damaged(htmap_dir)) == []


def test_the_half_made_map_of_a_newer_htmap_is_left_alone(htmap_dir: Path) -> None:
    made = MapDir(make_htmap_dir() / names.MAPS / "half-made")
    made.path.mkdir()
    (made.path / "map.json").write_text(seal({"format": NEWER}))
    (htmap_dir / names.CREATING / made.id).write_text(seal({"tag": "tide"}))
    before = all_of(htmap_dir)
    recovery.settle()
    assert all_of(htmap_dir) == before


def test_a_folder_of_markers_that_is_not_known_is_left_alone(made: MapDir, htmap_dir: Path) -> None:
    (htmap_dir / "sailing").mkdir()
    (htmap_dir / "sailing" / made.id).write_text(seal({"tag": "tide"}))
    before = all_of(htmap_dir)
    recovery.settle()
    assert all_of(htmap_dir) == before


def test_the_removal_of_a_newer_map_by_force_is_finished(made: MapDir, htmap_dir: Path) -> None:
    record_is_newer(made)
    with deletion.announced(made, "tide", None, "false"):
        pass
    recovery.settle()
    assert not made.path.exists()
    with pytest.raises(TagNotFound):
        htmap.load("tide")


def test_doctor_does_not_call_a_newer_map_damaged(made: MapDir) -> None:
    record_is_newer(made)
    said = run_htmap("doctor").stdout
    assert "0.9.0" in said
