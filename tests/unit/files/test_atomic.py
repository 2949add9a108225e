"""What several processes use at the same time: the lock, and the atomic write."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from htmap_core import locked, put_in_place, write_atomically
from htmap_core.testing import eventually

COUNT_UP = """
import sys
from pathlib import Path
from htmap_core import locked, write_atomically
path = Path(sys.argv[1])
for _ in range(200):
    with locked(path) as file:
        write_atomically(path, str(int(file.read() or 0) + 1))
"""


def test_a_file_that_is_replaced_while_it_is_locked_loses_no_change(tmp_path: Path) -> None:
    path = tmp_path / "count"
    counting = [subprocess.Popen([sys.executable, "-c", COUNT_UP, path]) for _ in range(2)]
    assert [each.wait(60) for each in counting] == [0, 0]
    assert path.read_text() == "400"


def test_a_process_that_waits_is_told_and_then_gets_the_lock(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with locked(tmp_path / "lock", on_wait=lambda: order.append("waits")):
            order.append("second")

    thread = threading.Thread(target=second)
    with locked(tmp_path / "lock"):
        thread.start()
        eventually(lambda: "waits" in order, says="the second one waits")
        order.append("first")
    thread.join()
    assert order == ["waits", "first", "second"]


def test_a_lock_that_another_has_is_not_waited_for_where_that_is_asked(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"), pytest.raises(BlockingIOError), locked(tmp_path / "lock", wait=False):
        pass


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "lock"):
        raise ZeroDivisionError
    with locked(tmp_path / "lock", wait=False) as file:
        assert file.read() == ""


def test_no_file_is_made_where_that_is_asked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), locked(tmp_path / "lock", create=False):
        pass
    assert list(tmp_path.iterdir()) == []


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
