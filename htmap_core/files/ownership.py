"""Who owns files: those that HTMap makes are for the user alone, and those that it uses are nobody else's.

The check is that of ssh's ``StrictModes``: whoever can change a folder on the way to a file can put another file in its place.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_OPEN_TO_OTHERS = stat.S_IXGRP | stat.S_IXOTH
_MOST_LINKS = 40  # the kernel follows no more
_MOUNTS = Path("/proc/self/mountinfo")


def private_opener(path: str, flags: int) -> int:
    """Open a file; a new one is for the user alone, whatever the umask.

    Since 0.7::

    with open(path, "w", encoding="utf-8", opener=private_opener) as file:
        file.write(text)
    """
    return os.open(path, flags, 0o600)


def make_folder(path: Path) -> None:
    """Make a folder, and the folders above it that are missing, for the user alone, whatever the umask.

    A folder that exists stays as it is. Since 0.7::

        make_folder(htmap_dir() / "images")

    :raises OSError: the folder cannot be made.
    """
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def close_folder(path: str) -> None:
    """Take all permissions from others that they have for a folder of the user's. What is in it needs no look of its own then."""
    found = os.stat(path)
    if found.st_uid == os.geteuid() and found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        with contextlib.suppress(OSError):  # a file system that is read alone: nobody can change it then
            os.chmod(path, 0o700)


class Danger(NamedTuple):
    """Why a file or folder is not the user's alone.

    :param place: itself, or a folder or link on the way to it.
    :param owner: the user id of the place's owner.
    :param mode: the permissions of the place.
    :param is_foreign: whether the place belongs to somebody else; otherwise somebody else may write to it.
    """

    place: str
    owner: int
    mode: int
    is_foreign: bool


def is_private(path: str) -> bool:
    """Return at one look whether a file or folder is the user's alone, or does not exist; False if this takes a closer look.

    :param path: something in a folder that was found to be the user's alone.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return _is_trusted(found.st_uid) and not found.st_mode & _WRITABLE_BY_OTHERS  # of a link, all may


def find_danger(path: str | os.PathLike[str]) -> Danger | None:
    """Return the first place on the way to a file or folder, or itself, that somebody else owns or may write to.

    Root counts as the user. Other users may write to a folder with the sticky bit above the file, such as ``/tmp``: there they
    cannot replace what is not theirs. They may write to anything below a folder that they cannot enter. The folders that
    contain the user's home are not looked at: whoever can change them has the home, too.

    :param path: it may not exist (yet); then the existing folders above it count.
    """
    home = os.path.expanduser("~")  # stays as it is for a user without HOME and without an entry in /etc/passwd
    homes = {os.path.abspath(home), os.path.realpath(home)} if os.path.isabs(home) else set()
    closed = None
    for place, found, leads_on in _way(os.path.abspath(path)):
        is_closed = closed is not None and place.startswith(closed)
        is_above_home = any(each.startswith(_within(place)) for each in homes)
        if not is_above_home and (danger := _danger(place, found, leads_on, is_closed)):
            return danger
        is_folder = stat.S_ISDIR(found.st_mode) and _is_trusted(found.st_uid)
        if is_folder and not is_closed and not found.st_mode & _OPEN_TO_OTHERS:
            closed = _within(place)
    return None


def _danger(place: str, found: os.stat_result, leads_on: bool, is_closed: bool) -> Danger | None:
    mode = stat.S_IMODE(found.st_mode)
    if not _is_trusted(found.st_uid):
        return Danger(place, found.st_uid, mode, is_foreign=True)
    if stat.S_ISLNK(found.st_mode) or is_closed:
        return None
    if _is_writable_by_others(found, leads_on) and not _is_on_afs(place):
        return Danger(place, found.st_uid, mode, is_foreign=False)
    return None


def is_within(path: str | os.PathLike[str], folders: Iterable[str]) -> bool:
    """Return whether a path is one of some folders, or below one; links are followed."""
    names = {os.path.abspath(path), os.path.realpath(path)}
    given = [os.path.expanduser(folder.strip()) for folder in folders if folder.strip()]
    tops = [*map(os.path.abspath, given), *map(os.path.realpath, given)]
    return any(_within(name).startswith(_within(top)) for name in names for top in tops)


def _way(path: str) -> Iterator[tuple[str, os.stat_result, bool]]:
    """Yield each folder and link that the kernel passes on the way to a path, then what is there; whether it leads on."""
    place, links = "/", 0
    rest = _parts(path)
    yield place, os.lstat(place), bool(rest)
    while rest:
        name = rest.pop(0)
        step = os.path.dirname(place) if name == ".." else os.path.join(place, name)
        try:
            found = os.lstat(step)
            target = os.readlink(step) if stat.S_ISLNK(found.st_mode) else None
        except OSError:
            return  # it does not exist, or cannot be reached: whoever opens it gets this error
        if target is None:
            place = step
            yield place, found, bool(rest)
        elif links == _MOST_LINKS:
            return
        else:
            yield step, found, True
            links += 1
            rest = _parts(target) + rest
            place = "/" if os.path.isabs(target) else place


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _within(folder: str) -> str:
    """Return what the paths of all that is in a folder begin with."""
    return folder.rstrip("/") + "/"


def _is_trusted(uid: int) -> bool:
    return uid in {0, os.geteuid()}


def _is_writable_by_others(found: os.stat_result, leads_on: bool) -> bool:
    is_shared = leads_on and found.st_mode & stat.S_ISVTX  # others can replace nothing of the user's
    if is_shared or not found.st_mode & _WRITABLE_BY_OTHERS:
        return False
    return bool(found.st_mode & stat.S_IWOTH) or not _is_of_owner_alone(found.st_gid, found.st_uid)


def _is_of_owner_alone(gid: int, uid: int) -> bool:
    """Return whether a group is the user private group of a user, which many distributions let write (umask 002)."""
    import grp
    import pwd

    try:
        group, owner = grp.getgrgid(gid), pwd.getpwuid(uid)
    except KeyError:
        return False
    return owner.pw_gid == gid and group.gr_name == owner.pw_name and set(group.gr_mem) <= {owner.pw_name}


def _is_on_afs(place: str, mounts: Path = _MOUNTS) -> bool:
    """Return whether a place is on AFS, which ignores what the mode says of group and others: an access list guards it."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False  # without /proc nobody knows, and the mode counts
    kind = ""
    for line in lines:
        before, _, after = line.partition(" - ")
        point = before.split(" ")[4]
        if _within(place).startswith(_within(point)):
            kind = after.split(" ")[0]  # the last one hides the others
    return kind == "afs"
