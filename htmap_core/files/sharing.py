"""Programs that several folders have in common: on disk once, with a hard link in each of the folders.

Nothing depends on the common one. Each folder has the program under a name of its own, so where links are refused, or where two
processes get in each other's way, a program is on disk twice, and that is all. So there is no lock.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from pathlib import Path

from htmap_core.files.atomic import put_in_place, write_atomically
from htmap_core.files.ownership import make_folder

MODE = 0o700
_DIGEST = 16  # bytes
_NAME = re.compile(rf"[0-9a-f]{{{2 * _DIGEST}}}")


def make_shared(program: Path, content: bytes, common: Path) -> None:
    """Make a program that does not exist yet: a link to the one with this content in a folder of common ones.

    The first of a content, and one that cannot be a link, is a file of its own, to which the next ones are linked.

    :param common: the folder, which is the user's alone. It may not exist.
    :raises OSError: the program cannot be made.
    """
    original = common / hashlib.blake2b(content, digest_size=_DIGEST).hexdigest()
    try:
        os.link(original, program)
    except OSError:  # it is the first one, or there are too many links, or the file system has none
        is_made = False
    else:
        is_made = mend(program, content)
    if is_made:
        return
    write_program(program, content)
    with contextlib.suppress(OSError):  # it is complete; the next one is a file of its own, too
        make_folder(common)
        with put_in_place(original) as link:
            os.link(program, link)


def link(path: Path, original: Path) -> bool:
    """Give a file another name, and return whether that was possible."""
    try:
        os.link(original, path)
    except OSError:  # too many links, or a file system without any
        return False
    return True


def write_program(program: Path, content: bytes) -> None:
    """Write a program that is not shared, or replace one.

    :raises OSError: it cannot be written.
    """
    write_atomically(program, content)
    program.chmod(MODE)


def mend(program: Path, content: bytes) -> bool:
    """Write a damaged program anew, in its place, so that whoever shares it has it whole; return whether it is now.

    Whoever reads it meanwhile finds right bytes in place of damaged ones.
    """
    try:
        found = program.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            return False  # what root has left here, the user's jobs cannot read
        if program.read_bytes() != content:
            with program.open("r+b") as file:
                file.write(content)
                file.truncate()
        if stat.S_IMODE(found.st_mode) != MODE:
            program.chmod(MODE)
    except OSError:
        return False
    return True


def clear_unshared(common: Path) -> None:
    """Delete the common programs that no folder has any more."""
    if common.is_symlink():
        return  # whoever has put the folder elsewhere may have other files there
    try:
        entries = list(os.scandir(common))
    except OSError:
        return  # nothing was ever shared here, or something else is in its place
    for entry in entries:
        if not _NAME.fullmatch(entry.name):
            continue  # nobody has shared it
        with contextlib.suppress(OSError):  # another process was quicker, or it is something else
            found = entry.stat(follow_symlinks=False)
            if found.st_nlink == 1 and stat.S_ISREG(found.st_mode):
                os.unlink(entry.path)
