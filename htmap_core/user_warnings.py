"""HTMap's warnings. They point to a line of the user's program, never to a line of HTMap.

Each kind is an attrs class like the exceptions: its fields are the facts. Users can silence each class.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Optional

import attrs

from htmap_core.wording import Printable, followed, minute, perhaps

_OURS = f"{Path(__file__).parent}/"


def warn(warning: Warning) -> None:
    """Issue *warning* for the user's line that called into HTMap."""
    frame, level = sys._getframe(1), 2  # noqa: SLF001 -- `warnings` can skip files by itself from Python 3.12 on
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame, level = frame.f_back, level + 1
    warnings.warn(warning, stacklevel=level)


class HTMapWarning(Printable, UserWarning):
    """The base of all warnings of HTMap. Since 0.7.

    ::

        warnings.simplefilter("ignore", htmap.exceptions.HTMapWarning)
    """


@attrs.define(slots=False)
class OriginalInstalled(HTMapWarning):
    """The original HTMap is installed in the same environment."""

    def __str__(self) -> str:
        return (
            "the original HTMap (distribution htmap) is installed beside htmap-core, and each overwrites files of the "
            "other. Repair it: pip uninstall --yes htmap && pip install --force-reinstall --no-deps htmap-core"
        )


@attrs.define(slots=False)
class UnknownEnvironmentVariable(HTMapWarning):
    """An environment variable begins like HTMap's, but neither the core nor an installed plugin knows it.

    :param variable: its name.
    :param nearest: the known variable that it resembles; None if it resembles none.
    """

    variable: str
    nearest: str | None

    def __str__(self) -> str:
        meant = f"; did you mean {self.nearest}?" if self.nearest else ""
        text = f"the environment variable {self.variable} is no setting of HTMap or of an installed plugin{meant}"
        return followed(text, f"`htmap settings --explain` lists all, `unset {self.variable}` ends this warning")


@attrs.define(slots=False)
class UnknownSharedSetting(HTMapWarning):
    """The settings of the machine have one that neither the core nor an installed plugin knows.

    They are for all users, so it may be for a plugin that others have, or for another version.

    :param name: the setting.
    :param origin: where it stands.
    :param nearest: the known setting that it resembles; None if it resembles none.
    """

    name: str
    origin: str
    nearest: str | None

    def __str__(self) -> str:
        meant = f"; did you mean {self.nearest}?" if self.nearest else ""
        return followed(
            f"{self.name} in {self.origin} is no setting of HTMap or of an installed plugin, and has no effect{meant}",
            "`htmap settings --explain` lists all",
        )


@attrs.define(slots=False)
class OtherPool(HTMapWarning):
    """A map goes to another pool, because its first choice cannot be used now.

    :param pool: the first choice.
    :param reason: why it cannot be used.
    :param chosen: the pool that the map goes to.
    """

    pool: str
    reason: str
    chosen: str

    def __str__(self) -> str:
        return f"the {self.pool} pool cannot be used: {self.reason}. The map goes to the {self.chosen} pool"


@attrs.define(slots=False)
class OtherDeliveryMethod(HTMapWarning):
    """From now on, HTMap takes another delivery method for the maps on a pool.

    :param pool: the pool.
    :param method: the method.
    :param said: why it suits.
    :param before: the method before; None if that cannot be read.
    :param reason: why HTMap has decided anew.
    """

    pool: str
    method: str
    said: str
    before: str | None
    reason: str

    def __str__(self) -> str:
        instead = f" instead of {self.before}" if self.before else ""
        return (
            f"maps on the {self.pool} pool now use delivery method {self.method!r}{instead} ({self.said}), because "
            f"{self.reason}. `htmap delivery` shows what was decided, and `htmap delivery --choose METHOD` changes it"
        )


@attrs.define(slots=False)
class DeliveryForModules(HTMapWarning):
    """A map takes another delivery method than others on the pool, because its function needs modules.

    :param method: the method of the map.
    :param before: the method of the others.
    :param modules: the modules that its Python is known to lack.
    :param remedy: what users do so that it has them, as a phrase; empty if nothing is known.
    """

    method: str
    before: str
    modules: list[str]
    remedy: str

    def __str__(self) -> str:
        have = f"; to have them there, {self.remedy}" if self.remedy else ""
        return (
            f"the map uses delivery method {self.method!r}, because the Python of {self.before!r} lacks "
            f"{', '.join(self.modules)}{have}"
        )


@attrs.define(slots=False)
class SilentPool(HTMapWarning):
    """The program waits for a map whose pool does not answer, or makes no more of its jobs.

    :param tag: the map.
    :param seconds: how long the map has had no news.
    :param reason: what is wrong with the pool.
    """

    tag: str
    seconds: float
    reason: str

    def __str__(self) -> str:
        return f"map {self.tag!r} has had no news for {self.seconds:.0f} seconds; waiting goes on, but {self.reason}"


@attrs.define(slots=False)
class LateJobsAreSignedNow(HTMapWarning):
    """The schedd makes the jobs of a map late, with URLs of outputs that are signed when the map is created.

    :param end: until when the URLs are good, in seconds since the epoch.
    """

    tag: str
    end: float

    def __str__(self) -> str:
        text = (
            f"the outputs of map {self.tag!r} go to signed URLs that are good until {minute(self.end)}, and the schedd makes its "
            f"jobs bit by bit. Those that wait in the queue get new URLs while a program waits for the map"
        )
        return followed(
            text, f"a job that ends too late is held; `htmap release {self.tag}` signs anew, and it runs again"
        )


@attrs.define(slots=False)
class SignedUrlsEnd(HTMapWarning):
    """The signed URLs of a map's outputs may end before the jobs that send to them.

    :param jobs: how many jobs.
    :param end: until when their URLs are good, in seconds since the epoch.
    :param reason: why they are not signed anew.
    """

    tag: str
    jobs: int
    end: float
    reason: str

    def __str__(self) -> str:
        where = f"the outputs of {self.jobs} jobs of map {self.tag!r} go to signed URLs that are good until {minute(self.end)}"
        text = f"{where}, and are not signed anew: {self.reason}"
        return followed(
            text, f"a job that ends later is held; `htmap release {self.tag}` signs anew, and it runs again"
        )


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
    value: int

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


class SuspiciousMap(HTMapWarning):
    """A new map will probably not run, or not as intended; the base of the warnings about new maps."""


@attrs.define(slots=False)
class PluginIsOff(SuspiciousMap):
    """A map goes without an installed plugin that does not work: what it adds to maps, such as a project, is not there.

    :param plugin: its name.
    :param distribution: the distribution that it comes from; empty if none is installed.
    :param reason: the claim what is wrong with it, as it follows its name.
    :param advice: what to do about it.
    """

    plugin: str
    distribution: str
    reason: str
    advice: str

    def __str__(self) -> str:
        came_from = f" (from {self.distribution})" if self.distribution else ""
        return f"maps go without plugin {self.plugin!r}{came_from}: it {self.reason}. {self.advice}"


@attrs.define(slots=False)
class NoSlotFits(SuspiciousMap):
    """No slot of the pool can run a map.

    :param tag: the map.
    :param demands: how many slots meet each of the map's demands; only the unmet demands, if there are any.
    :param slots: how many slots the pool has.
    :param advice: what to do about it; empty if the demands say it.
    """

    tag: str
    demands: dict[str, int]
    slots: int
    advice: str = ""

    def __str__(self) -> str:
        listed = "; ".join(f"{count} of {self.slots} slots have {demand}" for demand, count in self.demands.items())
        together = "; no slot has all of them" if all(self.demands.values()) else ""
        text = f"no slot of this pool can run map {self.tag!r}: {listed}{together}"
        return f"{text}. {self.advice}" if self.advice else text


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


@attrs.define(slots=False)
class UnsuitableDeliveryMethod(SuspiciousMap):
    """The delivery method named in the settings cannot run on the pool, by its own check."""

    method: str
    reason: str

    def __str__(self) -> str:
        return f"delivery method {self.method!r} does not suit this pool: {self.reason}"


@attrs.define(slots=False)
class LackingModules(SuspiciousMap):
    """The function of a map imports modules that the Python of its delivery method is known to lack.

    :param method: the delivery method.
    :param modules: the modules.
    :param remedy: what users do so that they are there, as a phrase; empty if nothing is known.
    """

    method: str
    modules: list[str]
    remedy: str

    def __str__(self) -> str:
        have = f" To have them there, {self.remedy}." if self.remedy else ""
        return (
            f"the function needs {', '.join(self.modules)}, and the Python of delivery method {self.method!r} lacks "
            f"them.{have} htmap-shared and htmap-transplant run your own Python, which has them"
        )


@attrs.define(slots=False)
class UnreadableInputFiles(SuspiciousMap):
    """Jobs will be held, because some input files cannot be read.

    :param problems: the reason by path, for the first few files.
    :param count: how many files cannot be read; a file counts once for each job that gets it.
    """

    problems: dict[str, str]
    count: int

    def __str__(self) -> str:
        shown = "; ".join(f"{path}: {problem}" for path, problem in self.problems.items())
        more = "; ..." if self.count > len(self.problems) else ""
        return (
            f"jobs will be held for {self.count} input files that cannot be read now: {shown}{more}. "
            f"Make them readable before the jobs start, or release the map afterwards"
        )


@attrs.define(slots=False)
class TooLargeInputFiles(SuspiciousMap):
    """The input files of a component need more disk than its job asks for.

    :param component: the component with the largest files.
    :param bytes: the size of its files.
    :param request_disk: the disk space that its job asks for.
    """

    component: int
    bytes: int
    request_disk: str

    def __str__(self) -> str:
        return (
            f"the input files of component {self.component} have {self.bytes / 1e6:,.0f} MB, but request_disk is "
            f"{self.request_disk}: ask for more with MapOptions(request_disk=...)"
        )


@attrs.define(slots=False)
class SameDestination(SuspiciousMap):
    """All components send a file to the same destination, and overwrite each other's.

    :param file: the name of the file in the function.
    :param components: how many components the map has.
    """

    file: str
    components: int

    def __str__(self) -> str:
        return (
            f"all {self.components} components send {self.file!r} to the same destination: "
            f"write $(component) into its destination in output_remaps"
        )


@attrs.define(slots=False)
class NoSlotTransfers(SuspiciousMap):
    """No slot of the pool can transfer files by a protocol that the map needs.

    :param scheme: the protocol's URL scheme.
    :param slots: how many slots the pool has.
    """

    scheme: str
    slots: int

    def __str__(self) -> str:
        return (
            f"0 of {self.slots} slots of the pool can transfer files by {self.scheme!r}; "
            f"the jobs will wait for a slot that can"
        )


@attrs.define(slots=False)
class UnknownWhetherSlotsTransfer(SuspiciousMap):
    """The pool did not say whether its slots can transfer files by a protocol that the map needs.

    :param scheme: the protocol's URL scheme.
    :param reason: why the pool did not say.
    """

    scheme: str
    reason: str

    def __str__(self) -> str:
        return f"HTMap cannot tell whether a slot of the pool can transfer files by {self.scheme!r}: {self.reason}"
