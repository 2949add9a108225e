"""Exceptions of files that somebody else owns or may change."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core.exceptions.roots import HTMapException
from htmap_core.files.ownership import Danger
from htmap_core.wording import in_shell


class UnsafePath(HTMapException):
    """Somebody else could have put something into a file or folder that HTMap reads or runs; the base of these exceptions."""


@attrs.define(slots=False)
class BelongsToOther(UnsafePath):
    """A file or folder, or one on the way to it, belongs to another user.

    :param path: the file or folder.
    :param use: what HTMap needs it for.
    :param place: what belongs to the other user: *path* itself, or a folder or link on the way to it.
    :param owner: the other user: a name, or a number without one.
    :param mode: the permissions of *place*.
    :param advice: what to do instead, as a sentence without a full stop.
    """

    path: Path
    use: str
    place: Path
    owner: str
    mode: int
    advice: str

    def __str__(self) -> str:
        nobody = ". A container shows all users that it does not know as nobody" if self.owner == "nobody" else ""
        return (
            f"HTMap does not use {self.path} ({self.use}): {_named(self.place, self.path)} belongs to user {self.owner} "
            f"(mode {self.mode:04o}), who could run programs as you{nobody}.\n"
            f"{self.advice}. {_trusting(self.path)}"
        )


@attrs.define(slots=False)
class WritableByOthers(UnsafePath):
    """Other users may write to a file or folder, or to a folder on the way to it.

    :param path: the file or folder.
    :param use: what HTMap needs it for.
    :param place: what others may write to: *path* itself, or a folder on the way to it.
    :param owner: its owner: a name, or a number without one.
    :param mode: the permissions of *place*.
    :param advice: what to do instead, as a sentence without a full stop.
    """

    path: Path
    use: str
    place: Path
    owner: str
    mode: int
    advice: str

    def __str__(self) -> str:
        return (
            f"HTMap does not use {self.path} ({self.use}): others may write to {_named(self.place, self.path)} "
            f"(mode {self.mode:04o}, owner {self.owner}), and could run programs as you.\n"
            f"{self._mending()}. {self.advice}. {_trusting(self.path)}"
        )

    def _mending(self) -> str:
        place = in_shell(self.place)
        if self.place != self.path:
            return f"`chmod go-w {place}` mends that"
        return f"`find {place} ! -user {self.owner}` shows what others have put there; delete that, then `chmod -R go-w {place}`"


def refusal(path: Path, use: str, danger: Danger, advice: str) -> UnsafePath:
    """Return the exception for a file or folder that is not the user's alone."""
    cls = BelongsToOther if danger.is_foreign else WritableByOthers
    return cls(path, use, Path(danger.place), _name_of(danger.owner), danger.mode, advice)


def _name_of(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _named(place: Path, path: Path) -> str:
    return "it" if place == path else str(place)


def _trusting(path: Path) -> str:
    return f"If you trust whoever may write there, `export HTMAP_TRUSTED_FOLDERS={in_shell(path)}`"
