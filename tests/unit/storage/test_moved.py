"""HTMAP_DIR can be moved: what is written into it does not say where it is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import htmap
from htmap_core import names
from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import PoolAddress
from htmap_core.language.submit_text import submit_path
from htmap_core.storage import deletion, operations
from htmap_core.storage.content.paths import with_root, without_root
from htmap_core.storage.creation import Creation
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import MapRecord
from htmap_core.storage.tags import find_map
from htmap_core.submission.files.map_files import MapFiles
from htmap_core.submission.submit import submit, submit_map


class Queue:
    """A queue that keeps the last description that it got."""

    sent = ""

    def submit(self, text: str) -> Any:
        self.sent = text
        return SimpleNamespace(cluster=18)

    def remove(self, constraint: str, reason: str) -> None:
        raise AssertionError(constraint, reason)


def create(root: Path, tag: str = "tide") -> tuple[MapDir, dict[str, str], Queue]:
    """Create a map with input files in HTMAP_DIR; return its commands, and the queue that has it."""
    (root / "pool").mkdir(parents=True, exist_ok=True)
    (root / "pool" / "condor_config").touch()
    (root / "a,b").write_text("sea")
    (root / "c").write_text("land")
    queue = Queue()
    (root / "d").write_text("air")
    files = MapFiles(MapOptions(input_files=[[root / "d", root / "a,b"]], fixed_input_files=root / "c"))
    with Creation(tag, joined=files.columns) as creation:
        creation.add_runtime(b"#!/bin/sh\n")
        path = creation.map_dir.path
        files.of_all(path, [])
        creation.add_input(b"0", joined=files.of_next(())[1])
        creation.finish()
        commands = {"log": submit_path(path / "events"), "environment": f'"A={root}/c {root}2/c $(HTMAP_DIR)"'}
        commands = {**commands, "initialdir": submit_path(path / "outputs"), "executable": submit_path(path / "x")}
        pool = PoolAddress("personal", root / "pool" / "condor_config")
        submit_map(creation, MapRecord(1, 1, "assume", pool, {}, {}, 1.5), commands, queue)
    return creation.map_dir, commands, queue


def moved(root: Path, to: Path) -> MapDir:
    root.rename(to)
    htmap.settings["HTMAP_DIR"] = to
    return find_map("tide")


def test_no_file_of_a_map_says_where_htmap_dir_is(htmap_dir: Path) -> None:
    made, _, _ = create(htmap_dir)
    told = [path for path in made.path.iterdir() if path.is_file() and os.fsencode(htmap_dir) in path.read_bytes()]
    assert [path.name for path in told] == ["submit.json"]  # in the environment, with text that looks like the variable
    links = [path for path in made.path.rglob("*") if path.is_symlink()]
    assert [os.path.isabs(os.readlink(link)) for link in links] == [False]


def test_a_moved_map_is_submitted_again_from_where_it_is(htmap_dir: Path, tmp_path: Path) -> None:
    made, commands, before = create(htmap_dir)
    columns = made.read_submit()[1]
    assert made.read_submit()[0] == commands
    again = moved(htmap_dir, tmp_path / "a $new")
    assert again.record.pool.configuration == tmp_path / "a $new" / "pool" / "condor_config"
    found, _ = again.read_submit()
    assert found["log"] == submit_path(again.path / "events")
    again.write_items(1, again.rows())
    after = Queue()
    submit(again, 1, {"log": found["log"]}, columns, after)
    assert f"HTMAP_DIR = {htmap_dir}\n" in before.sent
    assert f"HTMAP_DIR = {submit_path(tmp_path / 'a $new')}\n" in after.sent
    (link,) = again.path.glob("files/0/*")
    assert link.read_text() == "sea"


def test_files_of_rows_that_are_in_htmap_dir_are_named_by_a_variable(htmap_dir: Path) -> None:
    made, _, _ = create(htmap_dir)
    (row,) = made.rows()
    assert row[-1].split(",") == ["$(HTMAP_DIR)/d", "../files/0/_htmap_file_0"]


def test_a_marker_goes_on_after_the_move(htmap_dir: Path, tmp_path: Path) -> None:
    made, _, _ = create(htmap_dir)
    with deletion.announced(made, "tide", made.record.pool, "false"):
        pass
    htmap_dir.rename(tmp_path / "new")
    (found,) = operations.unfinished(tmp_path / "new", names.REMOVED)
    assert found.pool == PoolAddress("personal", tmp_path / "new" / "pool" / "condor_config")


def test_a_link_to_htmap_dir_is_the_same_place(htmap_dir: Path, tmp_path: Path) -> None:
    made, _, _ = create(htmap_dir)
    (tmp_path / "link").symlink_to(htmap_dir)
    htmap.settings["HTMAP_DIR"] = tmp_path / "link"
    through = find_map("tide")
    assert through.record.pool == made.record.pool
    assert through.read_submit()[0]["log"] == str(tmp_path / "link" / "maps" / made.id / "events")


def test_a_pool_behind_the_link_of_htmap_dir_moves_with_it(htmap_dir: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(real)
    htmap.settings["HTMAP_DIR"] = tmp_path / "link"
    made, _, _ = create(real)
    assert json.loads((made.path / "map.json").read_text())["pool"]["configuration"] == "pool/condor_config"


@pytest.mark.parametrize(
    ("value", "is_below"),
    [
        ("/h/.htmap/x", True),
        ("/h/.htmap", True),
        ('"A=/h/.htmap/x B=1"', True),
        ("a, /h/.htmap/x,b", True),
        ("file:///h/.htmap/x", True),
        ("/h/.htmap2/x", False),
        ("/srv/h/.htmap/x", False),
        ("../h/.htmap", False),
        ("$(HTMAP_DIR) /h/.htmap/x", False),
    ],
)
def test_only_paths_in_htmap_dir_are_relative_and_come_back_as_they_were(value: str, is_below: bool) -> None:
    root = Path("/h/.htmap")
    plain, relative_ones = without_root({"a": value, "b": "$(HTMAP_DIR)"}, root)
    assert relative_ones == (["a"] if is_below else [])
    assert with_root(plain, relative_ones, root) == {"a": value, "b": "$(HTMAP_DIR)"}
    assert (with_root(plain, relative_ones, Path("/new"))["a"] != value) is is_below
