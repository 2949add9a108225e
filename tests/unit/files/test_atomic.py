"""The atomic write."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmap_core import put_in_place, write_atomically


@pytest.mark.parametrize("content", ["größer", "größer".encode()])
def test_what_is_written_is_all_that_is_there(tmp_path: Path, content: str | bytes) -> None:
    (tmp_path / "file").write_text("what was there before, and longer")
    write_atomically(tmp_path / "file", content)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "größer"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "file").touch(mode=0o600)
    write_atomically(tmp_path / "file", "secret")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_who_reads_while_it_is_written_sees_what_was_there_before(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with put_in_place(tmp_path / "file") as temporary:
        temporary.write_text("n")
        assert (tmp_path / "file").read_text() == "old"
        temporary.write_text("new")
    assert (tmp_path / "file").read_text() == "new"


def test_what_cannot_be_written_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(IsADirectoryError):
        _write_half_of(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "old"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def _write_half_of(path: Path) -> None:
    with put_in_place(path) as temporary:
        temporary.write_text("n")
        path.parent.write_text("a folder cannot be written")


def test_a_link_can_be_put_in_place(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("one")
    with put_in_place(tmp_path / "link") as temporary:
        temporary.symlink_to("two")
    assert (tmp_path / "link").readlink() == Path("two")
