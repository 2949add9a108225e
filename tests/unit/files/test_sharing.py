"""Programs that folders have in common: one file on disk, whole whoever comes and goes."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from htmap_core.files.sharing import clear_unshared, make_shared, mend
from tests.refused_calls import without

NOBODY = 65534
MOST_LINKS = 65_000  # of ext4, which has the lowest limit that is met
CONTENT = b"#!/bin/sh\n" + bytes(range(256))


@pytest.fixture
def common(tmp_path: Path) -> Path:
    return tmp_path / "common"


def make(folder: Path, name: str, content: bytes = CONTENT) -> Path:
    program = folder / name
    make_shared(program, content, folder / "common")
    return program


def is_one_file(*paths: Path) -> bool:
    return len({path.stat().st_ino for path in paths}) == 1


def is_program(path: Path, content: bytes = CONTENT) -> bool:
    mode = path.lstat().st_mode
    return (stat.S_ISREG(mode), stat.S_IMODE(mode), path.read_bytes()) == (True, 0o700, content)


def test_equal_programs_are_one_file_and_others_are_not(tmp_path: Path, common: Path) -> None:
    one, other, third = make(tmp_path, "one"), make(tmp_path, "other"), make(tmp_path, "third", b"another")
    assert is_one_file(one, other)
    assert not is_one_file(one, third)
    assert is_program(one)
    assert is_program(third, b"another")
    assert sorted(path.stat().st_nlink for path in common.iterdir()) == [2, 3]


def test_the_common_one_goes_with_the_last(tmp_path: Path, common: Path) -> None:
    programs = [make(tmp_path, name) for name in ("one", "other")]
    kept = make(tmp_path, "third", b"another")
    for program in programs:
        clear_unshared(common)
        assert len(list(common.iterdir())) == 2
        program.unlink()
    clear_unshared(common)
    (left,) = common.iterdir()
    assert is_one_file(left, kept)


def test_nothing_is_cleared_where_nothing_was_shared(common: Path) -> None:
    clear_unshared(common)
    assert not common.exists()


def test_without_hard_links_each_is_a_file_of_its_own(tmp_path: Path, common: Path) -> None:
    programs = without(("link",), lambda: [make(tmp_path, name) for name in ("one", "other")])
    assert not is_one_file(*programs)
    assert all(map(is_program, programs))
    assert [*common.iterdir()] == []


def test_another_one_is_shared_when_no_more_links_are_possible(tmp_path: Path, common: Path) -> None:
    first = make(tmp_path, "first")
    try:
        for number in range(MOST_LINKS):
            os.link(first, f"{tmp_path}/{number}")
    except OSError:
        pass
    else:
        pytest.skip("the file system does not limit the links of a file")
    second, third = make(tmp_path, "second"), make(tmp_path, "third")
    assert not is_one_file(first, second)
    assert is_one_file(second, third, *common.iterdir())
    assert is_program(third)


@pytest.mark.parametrize("damaged", [b"", CONTENT[:-1], CONTENT + b"more", CONTENT.replace(b"s", b"S")])
def test_a_damaged_one_is_mended_for_all_that_share_it(tmp_path: Path, damaged: bytes) -> None:
    one, other = make(tmp_path, "one"), make(tmp_path, "other")
    one.write_bytes(damaged)
    one.chmod(0o600)
    third = make(tmp_path, "third")
    assert is_one_file(one, other, third)
    assert is_program(one)


def test_mending_says_whether_the_program_is_whole(tmp_path: Path) -> None:
    one = make(tmp_path, "one")
    assert mend(one, CONTENT)
    assert not mend(tmp_path / "missing", CONTENT)
    (tmp_path / "link").symlink_to(one)
    assert not mend(tmp_path / "link", b"another")
    assert is_program(one)


def test_a_link_in_place_of_the_common_one_is_not_followed(tmp_path: Path, common: Path) -> None:
    make(tmp_path, "one")
    (original,) = common.iterdir()
    (tmp_path / "mine").write_bytes(b"mine")
    original.unlink()
    original.symlink_to(tmp_path / "mine")
    assert is_program(make(tmp_path, "other"))
    assert (tmp_path / "mine").read_bytes() == b"mine"
    assert is_program(original)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files to others")
def test_a_file_of_another_user_is_not_shared(tmp_path: Path, common: Path) -> None:
    make(tmp_path, "one")
    (original,) = common.iterdir()
    os.chown(original, NOBODY, -1)
    other = make(tmp_path, "other")
    assert other.stat().st_uid == os.getuid()
    assert is_one_file(other, original)


def test_every_program_is_whole_while_others_come_and_go(tmp_path: Path, common: Path) -> None:
    threads, rounds = 4, 150
    together = threading.Barrier(threads)
    wrong: list[object] = []

    def come_and_go(number: int) -> None:
        try:
            together.wait()
            for turn in range(rounds):
                program = make(tmp_path, f"{number}-{turn}")
                if not is_program(program):
                    wrong.append(program)
                program.unlink()
                clear_unshared(common)
        except Exception as error:
            wrong.append(error)

    running = [threading.Thread(target=come_and_go, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert wrong == []
    clear_unshared(common)
    assert [*common.iterdir()] == []
