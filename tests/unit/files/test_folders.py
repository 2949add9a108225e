"""Folders that jobs have filled are measured and removed whatever permissions they came with."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from htmap_core.files.folders import files_below, remove_tree, size_below

NOBODY = 65534


def as_another(action: Callable[[], object]) -> int:
    """Do something in a process of a user whom permissions bind, as they do not bind root; return its exit code."""
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setuid(NOBODY)
            action()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def closed() -> Path:
    """A folder in which some folders may not be read, entered or changed, as a job left it."""
    import tempfile

    root = Path(tempfile.mkdtemp())
    for mode in (0o000, 0o300, 0o444, 0o500):
        inner = root / f"{mode:o}" / "inner"
        inner.mkdir(parents=True)
        (inner / "file").write_text("four")
    for path in [root, *root.rglob("*")]:
        if os.getuid() == 0:
            os.chown(path, NOBODY, -1)
    for path in root.iterdir():
        path.chmod(int(path.name, 8))
    return root


def test_they_are_removed(closed: Path) -> None:
    assert as_another(lambda: remove_tree(closed)) == 0
    assert not closed.exists()


def test_what_may_not_be_read_does_not_count(closed: Path) -> None:
    def measure() -> None:
        assert size_below(os.fspath(closed)) == 4

    assert as_another(measure) == 0
    remove_tree(closed)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "mine")

    assert size_below(os.fspath(tmp_path / "folder")) < 200
    remove_tree(tmp_path / "folder")

    assert (tmp_path / "mine" / "file").read_text() == "mine"
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    remove_tree(tmp_path / "link")
    assert (tmp_path / "mine" / "file").read_text() == "mine"


def test_what_may_not_be_looked_at_is_told(closed: Path) -> None:
    (closed / "444" / "file").write_text("four")

    def look() -> None:
        files = {each.path: each for each in files_below(os.fspath(closed))}
        assert sorted(files) == ["0", "300", "444/file", "444/inner", "500/inner/file"]
        assert [path for path, each in files.items() if not each.problem] == ["500/inner/file"]

    assert as_another(look) == 0
    remove_tree(closed)
