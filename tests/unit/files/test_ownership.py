"""Whose files are used, and who can read those that are made."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from htmap_core.files import ownership
from htmap_core.files.ownership import find_danger, is_private, is_within, make_folder, private_opener

STRANGER = 4711  # nobody has this id

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files to others")


@pytest.fixture
def top(public: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that all may enter and this user alone may write to, in one that all may write to; the home is elsewhere."""
    monkeypatch.setenv("HOME", "/nonexistent")
    return public


@pytest.fixture
def file(top: Path) -> Path:
    """A file two folders below, all with the permissions that a umask of 022 gives."""
    for folder in (top / "a", top / "a" / "b"):
        folder.mkdir()
        folder.chmod(0o755)
    (top / "a" / "b" / "file").write_text("")
    (top / "a" / "b" / "file").chmod(0o644)
    return top / "a" / "b" / "file"


@pytest.fixture(params=[0o000, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """A umask that takes nothing from others, or all."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def place(path: Path) -> Path | None:
    found = find_danger(path)
    return None if found is None else Path(found.place)


def test_what_belongs_to_the_user_alone_is_fine(file: Path) -> None:
    assert find_danger(file) is None
    assert find_danger(file.parent / "missing" / "more") is None
    assert is_private(str(file))
    assert is_private(str(file.parent / "missing"))


@pytest.mark.parametrize("mode", [0o757, 0o775, 0o777, 0o733])
@pytest.mark.parametrize("part", ["a", "a/b", "a/b/file"])
def test_a_folder_or_file_to_which_others_may_write_is_a_danger(top: Path, file: Path, part: str, mode: int) -> None:
    os.chown(top / part, -1, grp.getgrnam("games").gr_gid) if os.getuid() == 0 else None
    (top / part).chmod(mode)
    danger = find_danger(file)
    is_by_group_alone = mode == 0o775 and os.getuid() != 0  # its group may be the user's own
    assert is_by_group_alone or danger == (str(top / part), os.getuid(), mode, False)
    assert not is_private(str(top / part))


@as_root
@pytest.mark.parametrize("part", ["a", "a/b", "a/b/file"])
def test_a_folder_or_file_of_another_user_is_a_danger_also_for_root(top: Path, file: Path, part: str) -> None:
    mode = (top / part).stat().st_mode & 0o7777
    os.chown(top / part, STRANGER, -1)
    assert find_danger(file) == (str(top / part), STRANGER, mode, True)
    assert not is_private(str(top / part))


def test_others_may_write_to_a_folder_above_where_they_can_replace_nothing(top: Path, file: Path) -> None:
    (top / "a").chmod(0o1777)
    assert place(file) is None
    assert place(top / "a" / "missing") is None
    assert place(top / "a") == top / "a"


def test_permissions_do_not_matter_below_a_folder_that_others_cannot_enter(top: Path, file: Path) -> None:
    (top / "a" / "b").chmod(0o777)
    file.chmod(0o666)
    (top / "a").chmod(0o700)
    assert place(file) is None
    (top / "a").chmod(0o711)
    assert place(file) == top / "a" / "b"


def test_folders_that_contain_the_home_are_not_looked_at(
    top: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (top / "a").chmod(0o777)
    (top / "a" / "b").chmod(0o757)
    assert place(file) == top / "a"
    monkeypatch.setenv("HOME", f"{top / 'a' / 'b'}/")
    assert place(file) == top / "a" / "b"
    monkeypatch.setenv("HOME", str(file))
    assert place(file) is None
    (top / "homes").mkdir()
    (top / "homes").chmod(0o777)
    (top / "homes" / "ada").symlink_to(file.parent)
    assert place(top / "homes" / "ada") == top / "homes"
    monkeypatch.setenv("HOME", str(top / "homes" / "ada"))
    assert place(top / "homes" / "ada" / "file") == file.parent


def test_links_are_followed_and_the_folders_that_they_lead_through_are_looked_at(top: Path, file: Path) -> None:
    (top / "links").mkdir(mode=0o700)
    absolute, relative = top / "links" / "absolute", top / "links" / "relative"
    absolute.symlink_to(file.parent)
    relative.symlink_to("../a/b/../b")
    assert place(absolute / "file") is None
    assert place(relative / "file") is None
    (top / "a").chmod(0o777)
    assert place(absolute / "file") == top / "a"
    assert place(relative / "file") == top / "a"
    assert not is_private(str(absolute))


def test_the_folder_in_which_a_link_lies_is_looked_at(top: Path, file: Path) -> None:
    (top / "links").mkdir()
    (top / "links").chmod(0o777)
    (top / "links" / "link").symlink_to(file)
    assert place(top / "links" / "link") == top / "links"


@as_root
def test_a_link_of_another_user_is_a_danger(top: Path, file: Path) -> None:
    (top / "link").symlink_to(file)
    assert place(top / "link") is None
    os.lchown(top / "link", STRANGER, -1)
    assert place(top / "link") == top / "link"


def test_links_in_a_circle_end(top: Path) -> None:
    (top / "circle").symlink_to("circle")
    assert place(top / "circle" / "file") is None


def test_the_private_group_of_the_user_may_write(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = pwd.getpwuid(os.getuid())
    group = grp.struct_group((user.pw_name, "x", user.pw_gid, []))
    file.chmod(0o664)
    os.chown(file, -1, user.pw_gid)
    monkeypatch.setattr(grp, "getgrgid", lambda _: group)
    assert place(file) is None
    monkeypatch.setattr(grp, "getgrgid", lambda _: grp.struct_group((user.pw_name, "x", user.pw_gid, ["eve"])))
    assert place(file) == file


MOUNTS = """\
21 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
40 21 0:35 / /afs rw,relatime - afs AFS rw
41 40 0:36 / /afs/local rw,relatime shared:7 - ext4 /dev/sdb1 rw
"""


def test_afs_ignores_what_modes_say_of_others(tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS)
    on_afs = [
        path
        for path in ("/afs", "/afs/cern.ch/user/a/ada", "/afs/local/ada", "/afsish", "/home")
        if ownership._is_on_afs(path, tmp_path / "mountinfo")
    ]
    assert on_afs == ["/afs", "/afs/cern.ch/user/a/ada"]
    assert not ownership._is_on_afs("/afs", tmp_path / "missing")


def test_what_is_below_a_folder_is_within_it(top: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(top))
    monkeypatch.chdir(top)
    (top / "link").symlink_to(top / "a")
    assert is_within(file, [str(top / "a")])
    assert is_within(file, ["", "/nowhere", f" {file} "])
    assert is_within(file, ["~/a"])
    assert is_within(top / "link" / "b", [str(top / "a")])
    assert is_within(file, [str(top / "link")])
    assert is_within(file, ["."])
    assert not is_within(file, [str(top / "a" / "b" / "fil"), ""])
    assert not is_within(file, [])


@pytest.mark.usefixtures("umask")
def test_folders_and_files_are_for_the_user_alone_whatever_the_umask(top: Path) -> None:
    make_folder(top / "a" / "b")
    make_folder(top / "a" / "b")
    with open(top / "a" / "file", "w", encoding="utf-8", opener=private_opener) as file:
        file.write("text")
    modes = {path.name: path.stat().st_mode & 0o777 for path in top.rglob("*")}
    assert modes == {"a": 0o700, "b": 0o700, "file": 0o600}
