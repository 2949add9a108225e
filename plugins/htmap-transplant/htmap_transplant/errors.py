"""The exceptions of this plugin."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core import HTMapException
from htmap_core.exceptions import CannotTransplantPython


@attrs.define(slots=False)
class NotTransplantable(CannotTransplantPython):
    """This Python cannot run on another machine.

    :param prefix: its folder.
    :param reason: why it cannot.
    """

    prefix: Path
    reason: str

    def __str__(self) -> str:
        return (
            f"the Python in {self.prefix} cannot be sent to execute nodes: {self.reason}.\n"
            f"`htmap plugins list` shows the other delivery methods"
        )


@attrs.define(slots=False)
class CannotPack(CannotTransplantPython):
    """The Python installation could not be packed.

    :param reason: what went wrong.
    """

    reason: str

    def __str__(self) -> str:
        return f"this Python installation could not be packed: {self.reason}"


@attrs.define(slots=False)
class FileHasChanged(CannotTransplantPython):
    """A file of the Python installation was changed or removed while it was packed.

    :param path: the file.
    """

    path: Path

    def __str__(self) -> str:
        return (
            f"this Python installation changes while it is packed, as {self.path} did. Is something being installed or built? "
            f"Wait until that is over, and create the map again"
        )


@attrs.define(slots=False)
class NoSuchTransplant(HTMapException, LookupError):
    """There is no packed Python installation where one was expected.

    :param path: where it was expected.
    :param advice: what to do.
    """

    path: Path
    advice: str

    def __str__(self) -> str:
        return f"there is no packed Python in {self.path}. {self.advice}"


@attrs.define(slots=False)
class TransplantInUse(HTMapException):
    """Existing maps need the packed Python installation.

    :param hash: the installation.
    :param tags: the tags of the maps.
    """

    hash: str
    tags: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"transplant {self.hash} is used by {', '.join(map(repr, self.tags))}: without it, jobs that have not begun or are "
            f"run again would be held. Remove the maps first (`htmap remove`), or use --force"
        )
