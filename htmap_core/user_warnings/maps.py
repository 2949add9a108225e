"""Warnings about maps and options, old and new."""

from __future__ import annotations

from typing import Optional

import attrs

from htmap_core.user_warnings.roots import HTMapWarning, SuspiciousMap
from htmap_core.wording import in_shell, perhaps
from htmap_run import ranges


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
class OthersConcerned(HTMapWarning):
    """What is about to be done to some components is done to others, too, because these share their jobs.

    :param tag: the map.
    :param act: ``hold``, ``release``, ``pause``, ``resume``, ``vacate`` or ``edit``.
    :param components: for which it was asked, and which have not ended.
    :param others: those that have not ended either, and share jobs with them.
    """

    tag: str
    act: str
    components: tuple[int, ...]
    others: tuple[int, ...]

    def __str__(self) -> str:
        share = "share jobs" if len(self.components) > 1 else "shares its job"
        these = "this is" if len(self.others) == 1 else "these are"
        return (
            f"{_named(self.components)} of map {self.tag!r} {share} with {ranges.spell(self.others)}: "
            f"{these} {_TOO[self.act]}"
        )


_BEGINS_AGAIN = (
    "What a job has finished is kept; a component that runs begins again, from its last checkpoint if there is one"
)
_TOO = {
    "hold": f"held, too. {_BEGINS_AGAIN}, after the release",
    "release": "released, too",
    "pause": "paused, too",
    "resume": "resumed, too",
    "vacate": f"vacated, too. {_BEGINS_AGAIN}",
    "edit": "changed, too",
}


@attrs.define(slots=False)
class NoJobsYet(HTMapWarning):
    """Nothing is done to some components, because they have no jobs yet: the schedd makes them later.

    :param tag: the map.
    :param act: as for :class:`OthersConcerned`.
    :param components: those without a job.
    """

    tag: str
    act: str
    components: tuple[int, ...]

    def __str__(self) -> str:
        have, them = ("have no jobs", "them") if len(self.components) > 1 else ("has no job", "it")
        return (
            f"{_named(self.components)} of map {self.tag!r} {have} yet, so {self.act!r} does not reach {them}: the schedd makes "
            f"jobs of this map as there is room for them"
        )


@attrs.define(slots=False)
class OutOfReach(HTMapWarning):
    """An act does nothing to some components now, because nothing is heard from the machines that run them.

    :param tag: the map.
    :param act: ``hold``, ``pause`` or ``vacate``.
    :param components: those that cannot be reached.
    """

    tag: str
    act: str
    components: tuple[int, ...]

    def __str__(self) -> str:
        they, their = ("they run", "their machines") if len(self.components) > 1 else ("it runs", "its machine")
        return (
            f"{self.act!r} does not reach {_named(self.components)} of map {self.tag!r} now: {they}, or ran, and HTCondor hears "
            f"nothing from {their}. `htmap why {in_shell(self.tag)}` tells since when, and for how long it goes on trying"
        )


@attrs.define(slots=False)
class EndedAlready(HTMapWarning):
    """An edit does nothing to components that have ended: it would not hold for a rerun of them either.

    :param tag: the map.
    :param components: those that it was asked for; none where all of the map have ended.
    """

    tag: str
    components: tuple[int, ...] = ()

    def __str__(self) -> str:
        several = len(self.components) != 1
        which = f"{_named(self.components)} of map {self.tag!r} {'have' if several else 'has'}"
        return (
            f"{which if self.components else f'all components of map {self.tag!r} have'} ended, so nothing is changed: an edit "
            f"is for jobs in the queue, and a rerun has the options that the map was made with. For others, make a new map, "
            f"as in htmap.starmap(function, [args for args, _ in htmap.load({self.tag!r}).inputs], map_options=...)"
        )


@attrs.define(slots=False)
class NoQueue(HTMapWarning):
    """An act on the jobs of a map does nothing, because they run on this machine, and not in the queue of a pool.

    :param tag: the map.
    :param act: as for :class:`OthersConcerned`.
    """

    tag: str
    act: str

    def __str__(self) -> str:
        return (
            f"{self.act!r} does nothing to map {self.tag!r}: it runs on this machine, and no queue has its jobs. Ctrl-C where it "
            f"runs stops it, and `htmap rerun components {in_shell(self.tag)} --status removed` goes on"
        )


def _named(components: tuple[int, ...]) -> str:
    return f"component{'s' if len(components) > 1 else ''} {ranges.spell(components)}"


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
class RequestsDiffer(HTMapWarning):
    """The components of a map have used more than they had asked for, or much less. Told once for each map, after a wait.

    :param tag: the map.
    :param exceeded: of which resource more was used, with what was asked for and what was used.
    :param unused: of which much less was used, likewise.
    :param options: the map options that would do.
    """

    tag: str
    exceeded: dict[str, tuple[str, str]]
    unused: dict[str, tuple[str, str]]
    options: dict[str, str]

    def __str__(self) -> str:
        more = [
            f"asked for {asked} of {resource}, and used {used}: a pool that enforces limits will hold this"
            for resource, (asked, used) in self.exceeded.items()
        ]
        less = [
            f"asked for {asked} of {resource}, and used {used} at most: with less it finds more slots, and sooner"
            for resource, (asked, used) in self.unused.items()
        ]
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        told = "; it ".join(more + less)
        return (
            f"map {self.tag!r} {told}. MapOptions({options}) would do; `htmap advise {in_shell(self.tag)}` shows more"
        )


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
