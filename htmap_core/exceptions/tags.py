"""Exceptions of tags."""

from __future__ import annotations

from typing import Optional

import attrs

from htmap_core.exceptions.roots import HTMapException, UnknownName
from htmap_core.wording import counted, followed


class TagNotFound(UnknownName):
    """No map has this tag."""

    @property
    def tag(self) -> str:
        """The tag, as other exceptions about one map have it."""
        return self.name

    def __str__(self) -> str:
        return followed(f"no map is tagged {self._quoted()}", "`htmap status` lists your maps")


MapIdNotFound = TagNotFound


@attrs.define(slots=False)
class TagAlreadyExists(HTMapException, ValueError):
    """The tag belongs to another map."""

    tag: str

    def __str__(self) -> str:
        return (
            f'the tag {self.tag!r} is already in use. A script that runs again gets its map back with if_exists="resume". '
            f'Or load that map with htmap.load("{self.tag}"), or remove it with htmap.remove("{self.tag}")'
        )


@attrs.define(slots=False)
class MapDiffers(TagAlreadyExists):
    """The map with this tag has another function or other inputs than the one that was to resume it. Nothing was changed.

    :param what: what differs: ``function`` or ``inputs``; ``executor`` for a map of an executor; ``order`` for the same inputs in
        another order; ``fewer`` for fewer; ``more`` for more that cannot be added.
    :param detail: in what; for a function the lines of source that have changed, if these are known.
    :param component: the first component whose input differs; None for ``function``, ``fewer`` and ``more``.
    :param count: how many inputs differ; for ``fewer``, how many there are now.
    :param components: how many components the map has.
    """

    what: str
    detail: str
    component: Optional[int] = None
    count: int = 0
    components: int = 0

    def __str__(self) -> str:
        differs = {
            "function": f"has another function:\n{self.detail}",
            "inputs": f"has other inputs: {self.count} of its {self.components} differ, the first is that of component "
            f"{self.component}: {self.detail}",
            "executor": "was made by an executor, of whatever calls came: htmap.Executor(tag=...) goes on with it",
            "order": f"has these inputs in another order, from component {self.component} on: {self.detail}",
            "more": f"has {counted(self.components, 'component')}, and now there are inputs for more: {self.detail}",
            "fewer": f"has {counted(self.components, 'component')}, and now there are inputs for {self.count} only",
        }[self.what]
        return (
            f"map {self.tag!r} cannot be resumed: it {differs}\n"
            f'Nothing was changed. With if_exists="load" you get the map as it is, with "replace" a new one in its place; '
            f"another tag keeps both"
        )


@attrs.define(slots=False)
class InvalidTag(HTMapException, ValueError):
    """This cannot be a tag: it is not a string, or breaks one of the rules for tags."""

    tag: object
    reason: str

    def __str__(self) -> str:
        return f"{self.tag!r} cannot be a tag: {self.reason}"


@attrs.define(slots=False)
class CannotRetagMap(HTMapException):
    """The map cannot get another tag now.

    :param tag: the tag that it cannot get.
    :param old: the tag that it keeps.
    """

    tag: str
    old: str

    def __str__(self) -> str:
        return f"map {self.old!r} cannot get the tag {self.tag!r}"


@attrs.define(slots=False)
class JobsKeepTag(CannotRetagMap):
    """The map cannot get another tag now, because the jobs in the queue keep the old one.

    :param reason: why they do.
    """

    reason: str

    def __str__(self) -> str:
        return f"{super().__str__()}: its jobs in the queue have the old one as batch name: {self.reason}"


@attrs.define(slots=False)
class ExecutorKeepsTag(CannotRetagMap):
    """The map cannot get another tag now, because an executor is open, which finds its calls by the tag.

    :param executor: the executor's tag, which is the old one or the new one.
    :param host: the host of the process that has it; empty where that is not known.
    :param pid: its id; None where that is not known.
    """

    executor: str
    host: str = ""
    pid: Optional[int] = None

    def __str__(self) -> str:
        which = "another process" if self.pid is None else f"process {self.pid} on {self.host}"
        advice = "Wait until it has ended, or end it"
        return f"{super().__str__()}: {which} has an executor with the tag {self.executor!r} open. {advice}"


@attrs.define(slots=False)
class TagInUse(CannotRetagMap, TagAlreadyExists):
    """The map cannot get another tag, because it belongs to another map."""

    def __str__(self) -> str:
        return f"{CannotRetagMap.__str__(self)}: {_in_use(self.tag)}"


def _in_use(tag: str) -> str:
    return f'the tag {tag!r} is already in use. Load that map with htmap.load("{tag}"), or remove it with htmap.remove("{tag}")'
