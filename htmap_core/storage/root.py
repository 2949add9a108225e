"""HTMAP_DIR: its path, its folders, and the journal of its own move.

The journal is a file in HTMAP_DIR, which goes along. Its lock is held by whoever is at work.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CannotStore, MadeByNewerHTMap, UnusableHTMapDir
from htmap_core.files.answers import Answers
from htmap_core.files.atomic import write_atomically
from htmap_core.files.locks import locked, rewrite
from htmap_core.files.ownership import make_folder
from htmap_core.files.reading import UNREADABLE, read_file
from htmap_core.files.sealed import seal, unseal
from htmap_core.settings.tables import setting
from htmap_core.settings.trust import check_entry, check_owner, close_unless_trusted
from htmap_core.storage.content.formats import check_needs
from htmap_core.storage.faults.damage import check_shape
from htmap_core.storage.faults.damage import reason as told

_FOLDERS = (names.TAGS, names.MAPS, names.REMOVED, names.CREATING, names.RERUNNING, names.RETAGGING, names.RUNNING)
_ADVICE = "`export HTMAP_DIR=PATH` uses another folder, which HTMap makes if it does not exist"

_checked: set[Path] = set()


def htmap_dir() -> Path:
    """Return the present HTMAP_DIR of the settings; it may not exist.

    A plugin keeps its files for the user below it::

        folder = htmap_dir() / "images"

    :raises UnsafePath: somebody else could have put something into it.
    :raises UnusableHTMapDir: it is no folder.

    Since 0.7.
    """
    root = configured_htmap_dir()
    if root not in _checked:
        check_htmap_dir(root)
        if root.exists():
            close_unless_trusted(root)  # others could write to a file in it that was made with a wide mode
            _checked.add(root)
    return root


def configured_htmap_dir() -> Path:
    """Return the path that the settings name, whosever folder it is. It is for messages: :func:`htmap_dir` for all else."""
    return Path(os.path.abspath(setting("HTMAP_DIR")))  # resolve() would follow links


def check_htmap_dir(root: Path) -> None:
    """Check that an HTMAP_DIR and its folders are folders, and the user's alone.

    :raises UnsafePath: somebody else owns one of them, or may write to it.
    :raises UnusableHTMapDir: one of them is no folder.
    """
    _check_folder(root, root)
    check_owner(root, "HTMAP_DIR", _ADVICE)
    for name in _FOLDERS:
        _check_folder(root / name, root)
    for name in (*_FOLDERS, names.LOGS, names.SLOTS, names.DELIVERY, names.DURATIONS, names.PROGRAMS, names.EXECUTORS):
        check_entry(root / name, "a folder of HTMAP_DIR", _ADVICE)


def _check_folder(path: Path, root: Path) -> None:
    """Check that something is a folder, if it exists; a link to one is one.

    :raises UnusableHTMapDir: it is something else, or cannot be reached.
    """
    try:
        if stat.S_ISDIR(os.stat(path).st_mode):
            return
        reason = "it is no folder"
    except FileNotFoundError:
        if not os.path.islink(path):
            return
        reason = "it is a link to nothing"
    except (OSError, ValueError) as error:
        reason = told(error)
    raise UnusableHTMapDir(path, root, reason)


def make_htmap_dir(root: Path | None = None) -> Path:
    """Make HTMAP_DIR and its folders, for this user only, if they do not exist; return its path.

    :param root: another one than that of the settings.
    :raises UnsafePath: somebody else could have put something into it.
    """
    root = root or htmap_dir()
    for name in _FOLDERS:
        try:
            make_folder(root / name)
        except OSError as error:
            _check_folder(root, root)
            _check_folder(root / name, root)
            raise CannotStore(str(root / name), told(error)) from error
    return root


@contextlib.contextmanager
def scratch_htmap_dir() -> Iterator[Path]:
    """Give the block an HTMAP_DIR in the folder for temporary files, for this user only. It is deleted when the block ends."""
    with tempfile.TemporaryDirectory(prefix="htmap-") as folder:
        yield Path(folder)


def answers_about_slots(address: PoolAddress) -> Answers:
    """Return what the collector of a pool answered in the last minutes, whichever process asked."""
    return Answers.of(htmap_dir() / names.SLOTS, address.configuration, address.collector)


# --- its move


@attrs.frozen
class Move:
    """A move of HTMAP_DIR that has begun.

    :param formers: the paths of the place where it was.
    :param to: the place to which it goes.
    :param tried: when it could not be finished, in seconds since the epoch; 0 for never.
    :param problem: what was in the way then.
    """

    formers: tuple[Path, ...]
    to: Path
    tried: float = attrs.field(default=0.0, eq=False)
    problem: str = attrs.field(default="", eq=False)


@contextlib.contextmanager
def moving(root: Path, formers: Iterable[str], to: Path) -> Iterator[None]:
    """Write the journal of a move, and hold its lock during the block.

    :raises BlockingIOError: another process is moving it.
    :raises FileNotFoundError: another process has just moved it.
    """
    with locked(root / names.MOVING, wait=False) as file:
        rewrite(file, seal({"from": sorted(formers), "to": str(to)}))
        yield


@contextlib.contextmanager
def unfinished_move(root: Path) -> Iterator[bool]:
    """Tell the block whether a move was interrupted, whose lock it holds then. Without one this costs a look for a file."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(root / names.MOVING, wait=False, create=False))
        except (FileNotFoundError, NotADirectoryError, BlockingIOError):  # nobody moves it, or somebody is about it
            yield False
        else:
            yield True


def move_of(root: Path) -> Move | None:
    """Return what the journal in an HTMAP_DIR says; None if there is none, or its process was killed before it wrote.

    :raises ValueError: it is damaged.
    :raises OSError: it cannot be read.
    :raises MadeByNewerHTMap: a newer HTMap was moving it.
    """
    try:
        text = read_file(root / names.MOVING)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not text:
        return None
    content = unseal(text)
    check_needs(content, root / names.MOVING)
    check_shape(content, {"from": [str], "to": str, "tried?": (int, float), "problem?": str})
    tried, problem = content.get("tried", 0.0), content.get("problem", "")
    return Move(tuple(map(Path, content["from"])), Path(content["to"]), tried, problem)


def note_attempt_to_move(root: Path, problem: str) -> None:
    """Note in the journal of an interrupted move that it could not be finished now, and why."""
    path = root / names.MOVING
    with contextlib.suppress(OSError, ValueError), unfinished_move(root) as is_unfinished:  # else it is tried sooner
        if is_unfinished:
            write_atomically(path, seal({**unseal(read_file(path)), "tried": time.time(), "problem": problem}))


def why_still_moving(root: Path) -> str | None:
    """Return why the move of an HTMAP_DIR is not finished, as far as that is known; None if none was interrupted."""
    try:
        with unfinished_move(root) as is_unfinished:
            begun = move_of(root) if is_unfinished else None
    except (*UNREADABLE, MadeByNewerHTMap) as error:
        return f"its journal cannot be read: {error}"
    return None if begun is None else begun.problem or "its process was interrupted"


def end_move(root: Path) -> None:
    """Delete the journal: all is where it belongs."""
    (root / names.MOVING).unlink(missing_ok=True)
