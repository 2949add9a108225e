"""What goes wrong on disk."""

from __future__ import annotations

from htmap_core.exceptions import HTMapException


class CannotStore(HTMapException):
    """Something could not be written below HTMAP_DIR."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(path, reason)

    def __str__(self) -> str:
        return f"cannot write {self.path}: {self.reason}. Nothing was created; HTMAP_DIR is a setting"


class CannotRemoveMap(HTMapException):
    """The files of a map cannot be deleted."""

    def __init__(self, tag: str, path: str, reason: str) -> None:
        self.tag = tag
        self.path = path
        self.reason = reason
        super().__init__(tag, path, reason)

    def __str__(self) -> str:
        return f"map {self.tag!r} cannot be removed: {self.path}: {self.reason}"
