"""What goes wrong on disk."""

from __future__ import annotations

import attrs

from htmap_core.exceptions import HTMapException


@attrs.define(slots=False)
class CannotStore(HTMapException):
    """Something could not be written below HTMAP_DIR."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"cannot write {self.path}: {self.reason}. Nothing was created; HTMAP_DIR is a setting"


@attrs.define(slots=False)
class CannotRemoveMap(HTMapException):
    """The files of a map cannot be deleted."""

    tag: str
    path: str
    reason: str

    def __str__(self) -> str:
        return f"map {self.tag!r} cannot be removed: {self.path}: {self.reason}"
