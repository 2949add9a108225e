"""Exceptions of executors."""

from __future__ import annotations

from typing import Optional

import attrs

from htmap_core.exceptions.roots import HTMapException
from htmap_core.exceptions.tags import TagAlreadyExists
from htmap_core.wording import in_shell


@attrs.define(slots=False)
class ExecutorInUse(HTMapException):
    """Another process has an executor with this tag open. Two at once would submit the same calls twice.

    :param tag: the tag.
    :param host: the host of that process; empty where that is not known.
    :param pid: its id; None where that is not known.
    """

    tag: str
    host: str = ""
    pid: Optional[int] = None

    def __str__(self) -> str:
        which = "another process" if self.pid is None else f"process {self.pid} on {self.host}"
        return f"{which} has an executor with the tag {self.tag!r} open. Wait until it has ended, end it, or take another tag"


@attrs.define(slots=False)
class NotOfExecutor(TagAlreadyExists):
    """The map with this tag was made by :func:`htmap.map` or its like, so an executor adds no calls to it."""

    def __str__(self) -> str:
        tag = in_shell(self.tag)
        return (
            f"the map {self.tag!r} was not made by an executor, so an executor adds no calls to it. Take another tag for the "
            f"executor; or `htmap retag {tag} NEW` keeps the map and frees the tag, and `htmap remove {tag}` deletes the map"
        )
