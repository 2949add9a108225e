"""Exceptions of whole maps."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

import attrs

from htmap_core.exceptions.components import ComponentNotFound
from htmap_core.exceptions.roots import HTMapException
from htmap_core.wording import followed, in_shell

# What the system says where a folder, a file or a link stands in the place of something else.
_OCCUPIED = {os.strerror(code) for code in (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ELOOP)}
_SHOWN = 10  # components that a text lists: enough to recognise them


@attrs.define(slots=False)
class MapWasRemoved(HTMapException):
    """The map was removed; nothing of it is left."""

    tag: str

    def __str__(self) -> str:
        return f"map {self.tag!r} was removed, and its results with it; htmap.map makes it anew"


@attrs.define(slots=False)
class BusyMap(HTMapException):
    """Another thread or process is changing the map now.

    :param tag: the map.
    :param kind: what it is doing with the map, such as ``rerunning``.
    """

    tag: str
    kind: str

    def __str__(self) -> str:
        return f"another thread or process is {self.kind} map {self.tag!r} now; try again when it has finished"


@attrs.define(slots=False)
class ExecutorClosed(HTMapException, RuntimeError):
    """An executor takes no more calls.

    :param reason: why.
    """

    reason: str

    def __str__(self) -> str:
        return f"this executor takes no more calls: {self.reason}. htmap.Executor() makes another one"


@attrs.define(slots=False)
class LeftInParent(HTMapException):
    """A future is the parent's of this process, which was forked: nobody here has it done. The parent's goes on.

    :param tag: its map; None if it has none yet.
    """

    tag: str | None

    def __str__(self) -> str:
        if self.tag is None:
            return "this future is that of the process from which this one was forked: its call was not submitted yet"
        return (
            f"this future of map {self.tag!r} is that of the process from which this one was forked, and goes on there; "
            f"htmap.load({self.tag!r}).futures() returns futures of this process"
        )


@attrs.define(slots=False)
class CorruptMap(HTMapException):
    """A file of a map is missing or damaged."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@attrs.define(slots=False)
class MadeByNewerHTMap(HTMapException):
    """A newer HTMap has made a map, or changed it, in a way that this one does not understand. It is left as it is.

    :param path: the file that says so.
    :param needs: the format that its reader must know.
    :param reads: the newest format that this HTMap knows.
    :param version: the version of HTMap that made the map; empty where the file does not tell.
    """

    path: Path
    needs: object
    reads: int
    version: str = ""

    def __str__(self) -> str:
        by = f"HTMap {self.version}, which is newer than this one" if self.version else "a newer HTMap than this one"
        wanted = f"'htmap-core>={self.version}'" if self.version else "htmap-core"
        return (
            f"{self.path} was written by {by}: it needs a reader of format {self.needs}, and this one knows {self.reads}. "
            f"It is left as it is. Use the environment that made it, or `pip install --upgrade {wanted}`"
        )


@attrs.define(slots=False)
class CorruptEventLog(HTMapException):
    """The event log is damaged: it has an entry that HTMap cannot read, or that the map's jobs cannot have.

    Results that have come back can be read all the same, and the map can be removed.

    :param path: the log.
    :param event: the event's number and job, or the text where an event should begin.
    :param reason: why the event is invalid; empty for text that is not an event.
    """

    path: Path
    event: str
    reason: str = ""

    def __str__(self) -> str:
        what = (
            f"an invalid event {self.event}: {self.reason}"
            if self.reason
            else f"{self.event!r} where an event should begin"
        )
        return (
            f"{self.path} has {what}. Results that have come back can still be read. Move the log away, and the states come from "
            f"the result files and the queue a minute after something waits for the map: "
            f"`mv {in_shell(self.path)} {in_shell(self.path)}.damaged`"
        )


def _components(components: Iterable[int]) -> tuple[int, ...]:
    return tuple(components)


@attrs.define(slots=False)
class CannotRerunComponents(HTMapException):
    """Some components cannot be run again, because they are still active."""

    tag: str
    components: tuple[int, ...] = attrs.field(converter=_components)

    def __str__(self) -> str:
        return (
            f"components {self._listed()} of map {self.tag!r} have not ended; "
            f"wait for them, or remove the map and create another one"
        )

    def _listed(self) -> str:
        more = ", ..." if len(self.components) > _SHOWN else ""
        return f"{', '.join(map(str, self.components[:_SHOWN]))}{more}"


@attrs.define(slots=False)
class ComponentsNotFound(ComponentNotFound, CannotRerunComponents):
    """Some components cannot be run again, because the map does not have them; no others were run again either.

    :param component: the first of them.
    """

    def __str__(self) -> str:
        return f"{self._those_there()}, but none with the index {self._listed()}; nothing was run again"


@attrs.define(slots=False)
class CannotStore(HTMapException):
    """A file below HTMAP_DIR cannot be written, such as on a full disk. What was there is there still.

    :param path: the file.
    :param outcome: what has become of the operation, as a sentence without a full stop.
    """

    path: str
    reason: str
    outcome: str = "Nothing was created"

    def __str__(self) -> str:
        advice = (
            "On a full disk, `htmap status` shows the size of each map and `htmap remove TAG` makes room; the setting HTMAP_DIR "
            "can name another folder for new maps"
        )
        if self.reason in _OCCUPIED:
            advice = f"Something else has the name: `ls -ld {in_shell(self.path)}` shows what, and `mv` moves it out of the way"
        return f"cannot write {self.path}: {self.reason}. {self.outcome}. {advice}"


@attrs.define(slots=False)
class UnusableHTMapDir(HTMapException):
    """HTMAP_DIR, or a folder in it, is something else than a folder, or cannot be reached.

    :param path: what cannot be used.
    :param root: HTMAP_DIR.
    """

    path: Path
    root: Path
    reason: str

    def __str__(self) -> str:
        what = "HTMAP_DIR" if self.path == self.root else f"a folder of HTMAP_DIR, {str(self.root)!r},"
        return (
            f"{str(self.path)!r} cannot be used as {what}: {self.reason}. Move it away, or `export HTMAP_DIR=PATH` to use "
            f"another folder, which HTMap makes if it does not exist"
        )


@attrs.define(slots=False)
class CannotMove(HTMapException):
    """HTMAP_DIR cannot be moved; nothing was changed.

    :param root: where it is.
    :param path: where it should go.
    """

    root: Path
    path: Path
    reason: str
    advice: str = ""

    def __str__(self) -> str:
        text = f"HTMAP_DIR cannot be moved from {self.root} to {self.path}: {self.reason}"
        return followed(text, self.advice) if self.advice else text


@attrs.define(slots=False)
class CannotDebug(HTMapException):
    """A component cannot be run here in a debugger."""

    tag: str
    component: int
    reason: str

    def __str__(self) -> str:
        return (
            f"component {self.component} of map {self.tag!r} cannot be debugged here: {self.reason}. "
            f"`htmap errors {in_shell(self.tag)}` shows what is known of its error"
        )


@attrs.define(slots=False)
class CannotRemoveMap(HTMapException):
    """The files of a map cannot be deleted."""

    tag: str
    path: str
    reason: str

    def __str__(self) -> str:
        return f"map {self.tag!r} cannot be removed: {self.path}: {self.reason}"
