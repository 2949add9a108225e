"""What can go wrong with a transplant, under HTMapException."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core import HTMapException
from htmap_core.exceptions import CannotTransplantPython


@attrs.define(slots=False)
class NotTransplantable(CannotTransplantPython):
    """This Python cannot run anywhere else."""

    prefix: Path
    reason: str

    def __str__(self) -> str:
        return (
            f"the Python in {self.prefix} cannot be sent to execute nodes: {self.reason}.\n"
            f"`htmap plugins list` shows which other delivery methods there are"
        )


@attrs.define(slots=False)
class CannotPack(CannotTransplantPython):
    """Packing the Python installation failed."""

    reason: str

    def __str__(self) -> str:
        return f"this Python installation could not be packed: {self.reason}"


@attrs.define(slots=False)
class NoSuchTransplant(HTMapException, LookupError):
    """There is no packed Python installation where one was expected."""

    path: Path
    advice: str

    def __str__(self) -> str:
        return f"there is no packed Python in {self.path}. {self.advice}"


@attrs.define(slots=False)
class TransplantInUse(HTMapException):
    """Maps that still exist need the packed Python installation."""

    hash: str
    tags: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"transplant {self.hash} is used by {', '.join(map(repr, self.tags))}: jobs that have not begun, or are run again, "
            f"would be held without it. Remove the maps first (`htmap remove`), or use --force"
        )
