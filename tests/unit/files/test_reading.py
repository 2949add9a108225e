"""Files that may be damaged are opened so that nothing in their place keeps the reader waiting, or leads elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from htmap_core.files.reading import is_file, open_file, read_file


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "tide").write_bytes(b"high")
    assert read_file(tmp_path / "tide") == b"high"


def test_a_missing_one_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_file(tmp_path / "tide")


@pytest.mark.parametrize(
    "put", [os.mkfifo, os.mkdir, lambda path: os.symlink("elsewhere", path), lambda path: os.symlink("tide", path)]
)
def test_nothing_else_is_opened(tmp_path: Path, put: Callable[[Path], None]) -> None:
    (tmp_path / "elsewhere").write_text("secret")
    put(tmp_path / "tide")
    with pytest.raises(OSError, match="tide"):
        read_file(tmp_path / "tide")


def test_what_is_in_a_place_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "folder").mkdir()
    assert [is_file(tmp_path / name) for name in ("file", "link", "folder", "gone")] == [True, False, False, None]
