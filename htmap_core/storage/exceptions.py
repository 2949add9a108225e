"""Exceptions of the disk."""

from __future__ import annotations

import attrs

from htmap_core.exceptions import HTMapException


@attrs.define(slots=False)
class CannotStore(HTMapException):
    """A file below HTMAP_DIR cannot be written, so a map was not created."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"cannot write {self.path}: {self.reason}. Nothing was created; the setting HTMAP_DIR can name another folder"


@attrs.define(slots=False)
class CannotRemoveMap(HTMapException):
    """The files of a map cannot be deleted."""

    tag: str
    path: str
    reason: str

    def __str__(self) -> str:
        return f"map {self.tag!r} cannot be removed: {self.path}: {self.reason}"
