"""What can go wrong with a transplant, under HTMapException."""

from __future__ import annotations

from pathlib import Path

from htmap_core import HTMapException
from htmap_core.exceptions import CannotTransplantPython


class NotTransplantable(CannotTransplantPython):
    """This Python cannot run anywhere else."""

    def __init__(self, prefix: Path, reason: str) -> None:
        self.prefix = prefix
        self.reason = reason
        super().__init__(prefix, reason)

    def __str__(self) -> str:
        return (
            f"the Python in {self.prefix} cannot be sent to execute nodes: {self.reason}.\n"
            f"`htmap plugins list` shows which other delivery methods there are"
        )


class CannotPack(CannotTransplantPython):
    """Packing the Python installation failed."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)

    def __str__(self) -> str:
        return f"this Python installation could not be packed: {self.reason}"


class NoSuchTransplant(HTMapException, LookupError):
    """There is no packed Python installation where one was expected."""

    def __init__(self, path: Path, advice: str) -> None:
        self.path = path
        self.advice = advice
        super().__init__(path, advice)

    def __str__(self) -> str:
        return f"there is no packed Python in {self.path}. {self.advice}"


class TransplantInUse(HTMapException):
    """Maps that still exist need the packed Python installation."""

    def __init__(self, hash: str, tags: tuple[str, ...]) -> None:  # noqa: A002 -- the name that users know
        self.hash = hash
        self.tags = tags
        super().__init__(hash, tags)

    def __str__(self) -> str:
        return (
            f"transplant {self.hash} is used by {', '.join(map(repr, self.tags))}: jobs that have not begun, or are run again, "
            f"would be held without it. Remove the maps first (`htmap remove`), or use --force"
        )
