"""Warnings about maps and options, old and new."""

from __future__ import annotations

from typing import Optional

import attrs

from htmap_core.user_warnings.roots import HTMapWarning, SuspiciousMap
from htmap_core.wording import perhaps


@attrs.define(slots=False)
class LaterJobsUnchanged(HTMapWarning):
    """A request was changed for the jobs of a map that exist, and not for those that the schedd makes later.

    :param tag: the map.
    :param cluster: the number of the cluster whose jobs are made later.
    :param attribute: what was changed, as HTCondor calls it.
    :param value: its new value.
    """

    tag: str
    cluster: int
    attribute: str
    value: int | str

    def __str__(self) -> str:
        return (
            f"map {self.tag!r} has components whose jobs the schedd makes later, with the {self.attribute} that they were "
            f"submitted with. `condor_qedit {self.cluster} {self.attribute} {self.value}` changes that, too"
        )


@attrs.define(slots=False)
class NotRemoved(HTMapWarning):
    """A map was not removed, because its pool, which may still have its jobs, does not answer."""

    tag: str
    reason: str

    def __str__(self) -> str:
        return (
            f"map {self.tag!r} was not removed: {self.reason}. "
            f'htmap.load("{self.tag}").remove(force=True) removes its data anyway'
        )


@attrs.define(slots=False)
class DamagedMap(HTMapWarning):
    """A map cannot be loaded, because its files are damaged."""

    tag: str
    reason: str

    def __str__(self) -> str:
        return f'map {self.tag!r} is damaged: {self.reason}. htmap.remove("{self.tag}") removes what is left of it'


@attrs.define(slots=False)
class NewerMap(HTMapWarning):
    """A map is passed over, because a newer HTMap has made it, or changed it, in a way that this one does not understand."""

    tag: str
    reason: str

    def __str__(self) -> str:
        return f"map {self.tag!r} is passed over: {self.reason}"


@attrs.define(slots=False)
class ForeignClass(HTMapWarning):
    """Objects that were read are of a class that the program does not have, so they are of one made of the pickle.

    Told once for each class. ``isinstance`` and ``==`` do not take such objects for those of a class of the program.

    :param name: the module and the name of the class.
    :param difference: what differs between it and the program's class of that name; None if there is none.
    """

    name: str
    difference: Optional[str] = None

    def __str__(self) -> str:
        if self.difference is None:
            found = "this program has no such class. Define or import it before you read them, and they are of it"
        else:
            found = f"this program's class of that name is another one, which does not fit them ({self.difference})"
        return f"objects that were read are of a class {self.name!r} that was made of the pickle, because {found}"


@attrs.define(slots=False)
class UnprovenOption(SuspiciousMap):
    """HTMap knows no such map option, and cannot tell whether HTCondor or the pool does; else it would refuse it.

    :param name: the option.
    :param nearest: the known names that are like it, the likeliest first.
    :param reason: why that is not known.
    """

    name: str
    nearest: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return (
            f"HTCondor may ignore the option {self.name!r}{perhaps(self.nearest)} HTMap does not know it, and {self.reason}"
            if self.nearest
            else f"HTCondor may ignore the option {self.name!r}: HTMap does not know it, and {self.reason}"
        )
