"""Where HTMAP_DIR may be moved, and what an interrupted move leaves, without a pool."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import htmap
from htmap_core import names
from htmap_core.exceptions import CannotMove, MadeByNewerHTMap
from htmap_core.files.locks import locked
from htmap_core.files.sealed import seal, unseal
from htmap_core.maps import moving, recovery
from htmap_core.storage.content.formats import FORMAT
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.tags import find_map
from htmap_core.testing import run_htmap
from tests.refused_calls import without
from tests.unit.damage import create

SHARED_MEMORY = Path("/dev/shm")


def finished() -> MapDir:
    """Create a map without a job in the queue."""
    made = create("tide")
    made.submissions.not_taken(made.submissions.all()[-1])
    return made


def files_in(root: Path) -> dict[str, bytes]:
    """Return all files below a folder but the log's, by their paths there."""
    found = (path for path in root.rglob("*") if path.is_file() and path.parent.name != names.LOGS)
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def test_everything_is_moved_and_the_setting_with_it(
    htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished()
    before = files_in(htmap_dir)
    monkeypatch.delenv("HTMAP_DIR", raising=False)
    htmap.settings["HTMAP_DIR"] = htmap_dir
    moved = run_htmap("move", str(tmp_path / "new"))
    assert moved.exit_code == 0, moved.output
    assert str(tmp_path / "new") in (Path.home() / ".htmaprc").read_text()
    assert (files_in(tmp_path / "new"), htmap_dir.exists()) == (before, False)
    htmap.settings["HTMAP_DIR"] = tmp_path / "new"
    assert htmap.load("tide").status()


def test_the_environment_is_told_where_it_sets_the_place(
    htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished()
    monkeypatch.setenv("HTMAP_DIR", str(htmap_dir))
    moved = run_htmap("move", str(tmp_path / "new place"))
    assert f"export HTMAP_DIR='{tmp_path / 'new place'}'" in moved.stdout.splitlines()
    assert not (Path.home() / ".htmaprc").exists()


@pytest.fixture
def elsewhere(htmap_dir: Path) -> Iterator[Path]:
    """Give a place on another file system."""
    if not os.access(SHARED_MEMORY, os.W_OK) or SHARED_MEMORY.stat().st_dev == htmap_dir.parent.stat().st_dev:
        pytest.skip("there is no second file system")
    folder = Path(tempfile.mkdtemp(prefix="htmap-tests-", dir=SHARED_MEMORY))
    yield folder / "htmap"
    shutil.rmtree(folder)


def test_it_is_copied_to_another_file_system(htmap_dir: Path, elsewhere: Path) -> None:
    made, other = finished(), create("wave")
    other.submissions.not_taken(other.submissions.all()[-1])
    (made.path / "link").symlink_to("map.json")
    before, are_shared = files_in(htmap_dir), os.path.samefile(made.runtime, other.runtime)
    moving.move(htmap_dir, elsewhere)
    assert files_in(elsewhere) == before
    assert (elsewhere / "maps" / made.id / "link").is_symlink()
    copies = [elsewhere / "maps" / each.id / names.RUNTIME for each in (made, other)]
    assert (are_shared, os.path.samefile(*copies)) == (True, True)
    assert {path.stat().st_nlink for path in (elsewhere / names.PROGRAMS).iterdir()} == {3}
    assert (elsewhere.stat().st_mode & 0o777) == 0o700
    assert [*htmap_dir.parent.glob("*htmap*")] == []
    assert [path.name for path in elsewhere.parent.iterdir()] == ["htmap"]


def test_it_is_copied_to_a_file_system_without_hard_links(htmap_dir: Path, elsewhere: Path) -> None:
    finished()
    before = files_in(htmap_dir)
    without(("link",), lambda: moving.move(htmap_dir, elsewhere))
    assert files_in(elsewhere) == before


def interrupted_copy(root: Path, to: Path) -> None:
    """Leave what a move leaves that was killed when all was copied and the original was still there."""
    (root / names.MOVING).write_text(seal({"from": [str(root)], "to": str(to)}))
    shutil.copytree(root, to, symlinks=True)


@pytest.mark.parametrize("is_at_new_place", [True, False])
def test_a_whole_copy_replaces_the_original(htmap_dir: Path, tmp_path: Path, is_at_new_place: bool) -> None:
    finished()
    before, to = files_in(htmap_dir), tmp_path / "new"
    interrupted_copy(htmap_dir, to)
    htmap.settings["HTMAP_DIR"] = to if is_at_new_place else htmap_dir
    recovery.settle()
    htmap.settings["HTMAP_DIR"] = to
    recovery.settle()
    assert (files_in(to), htmap_dir.exists()) == (before, False)


def test_another_move_from_the_old_place_or_to_the_new_one_is_not_taken_for_this_one(
    htmap_dir: Path, tmp_path: Path
) -> None:
    finished()
    to = tmp_path / "new"
    interrupted_copy(htmap_dir, to)
    (htmap_dir / names.MOVING).write_text(seal({"from": [str(htmap_dir)], "to": str(tmp_path / "third")}))
    both = files_in(htmap_dir)
    del both[names.MOVING]
    for root in (to, htmap_dir):
        htmap.settings["HTMAP_DIR"] = root
        recovery.settle()
    assert files_in(htmap_dir) == files_in(to) == both


def test_half_a_copy_is_deleted(htmap_dir: Path, tmp_path: Path) -> None:
    finished()
    before, to = files_in(htmap_dir), tmp_path / "new"
    (htmap_dir / names.MOVING).write_text(seal({"from": [str(htmap_dir)], "to": str(to)}))
    shutil.copytree(htmap_dir / "tags", tmp_path / ".new.moving" / "tags")
    recovery.settle()
    assert files_in(htmap_dir) == before
    assert sorted(path.name for path in tmp_path.iterdir() if "new" in path.name) == []


def test_a_move_that_was_killed_before_it_wrote_its_journal_is_nothing(htmap_dir: Path) -> None:
    finished()
    (htmap_dir / names.MOVING).touch()
    recovery.settle()
    assert not (htmap_dir / names.MOVING).exists()


def test_it_is_moved_where_nothing_is(htmap_dir: Path, tmp_path: Path) -> None:
    finished()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    before = files_in(htmap_dir)
    for to in (htmap_dir, htmap_dir / "in", tmp_path / "full", tmp_path / "link", tmp_path / "no" / "such"):
        with pytest.raises(CannotMove) as caught:
            moving.move(htmap_dir, to)
        assert (caught.value.root, caught.value.path) == (htmap_dir, to)
    with pytest.raises(CannotMove):
        moving.move(tmp_path / "nowhere", tmp_path / "new")
    assert files_in(htmap_dir) == before


def test_it_is_not_moved_with_something_unfinished_or_a_newer_map_in_it(htmap_dir: Path, tmp_path: Path) -> None:
    made = finished()
    marker = htmap_dir / names.RERUNNING / made.id
    marker.touch()
    with pytest.raises(CannotMove):
        moving.move(htmap_dir, tmp_path / "new")
    marker.unlink()
    record = made.path / "map.json"
    record.write_text(seal({**unseal(record.read_bytes()), "needs": FORMAT + 1}))
    with pytest.raises(MadeByNewerHTMap):
        moving.move(htmap_dir, tmp_path / "new")
    assert find_map("tide").path == made.path


def test_two_processes_do_not_move_it_at_once(htmap_dir: Path, tmp_path: Path) -> None:
    finished()
    journal = htmap_dir / names.MOVING
    with locked(journal), pytest.raises(CannotMove):
        moving.move(htmap_dir, tmp_path / "new")
    assert htmap_dir.exists()
