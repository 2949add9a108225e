"""Warnings of HTMap, and how they show the line of the user's program that they are about, and none of ours.

A warning is made like an exception: of its facts, with a text of its own, and each kind is a class, so that users can silence it.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import attrs

_OURS = f"{Path(__file__).parent}/"


def warn(warning: Warning) -> None:
    """Warn, from the line that called into HTMap."""
    frame, level = sys._getframe(1), 2  # noqa: SLF001 -- `warnings` can skip files by itself from Python 3.12 on
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame, level = frame.f_back, level + 1
    warnings.warn(warning, stacklevel=level)


class HTMapWarning(UserWarning):
    """The base of all warnings of HTMap."""


@attrs.define(slots=False)
class OriginalInstalled(HTMapWarning):
    """The original HTMap is installed in the same environment."""

    def __str__(self) -> str:
        return (
            "the original HTMap (distribution htmap) is installed beside htmap-core, and each overwrites files of the "
            "other. Mend it with: pip uninstall --yes htmap && pip install --force-reinstall --no-deps htmap-core"
        )


@attrs.define(slots=False)
class OtherPool(HTMapWarning):
    """A map goes to another pool than the one it would go to, because that one cannot be used now.

    :param pool: the pool that is not used.
    :param reason: why it is not.
    :param chosen: the pool that the map goes to.
    """

    pool: str
    reason: str
    chosen: str

    def __str__(self) -> str:
        return f"the {self.pool} pool is not used: {self.reason}. The map goes to the {self.chosen} pool"


@attrs.define(slots=False)
class SilentPool(HTMapWarning):
    """Somebody waits for a map whose pool does not answer, or has nothing that could run it.

    :param tag: the map.
    :param seconds: how long there has been no news of it.
    :param reason: what is wrong with the pool.
    """

    tag: str
    seconds: float
    reason: str

    def __str__(self) -> str:
        return f"no news of map {self.tag!r} for {self.seconds:.0f} seconds; waiting goes on, but {self.reason}"


@attrs.define(slots=False)
class NotRemoved(HTMapWarning):
    """A map is still there, because the pool that may have its jobs does not answer."""

    tag: str
    reason: str

    def __str__(self) -> str:
        return (
            f"map {self.tag!r} was not removed: {self.reason}. "
            f'htmap.load("{self.tag}").remove(force=True) removes its data all the same'
        )


@attrs.define(slots=False)
class DamagedMap(HTMapWarning):
    """A map cannot be loaded, because its files are not what HTMap wrote."""

    tag: str
    reason: str

    def __str__(self) -> str:
        return f'map {self.tag!r} is damaged: {self.reason}. htmap.remove("{self.tag}") removes what is left of it'


class SuspiciousMap(HTMapWarning):
    """A map was created that will probably not run, or not as it is meant."""


@attrs.define(slots=False)
class NoSlotFits(SuspiciousMap):
    """No slot of the pool can run a map.

    :param tag: the map.
    :param demands: how many slots meet each thing that it demands, by that thing: where some are met by none, only these.
    :param slots: how many slots the pool has.
    """

    tag: str
    demands: dict[str, int]
    slots: int

    def __str__(self) -> str:
        listed = "; ".join(f"{count} of {self.slots} slots have {demand}" for demand, count in self.demands.items())
        together = "; none has all of it" if all(self.demands.values()) else ""
        return f"no slot of this pool can run map {self.tag!r}: {listed}{together}"


@attrs.define(slots=False)
class UnsuitableDeliveryMethod(SuspiciousMap):
    """The delivery method that the settings name says that it cannot run on the pool."""

    method: str
    reason: str

    def __str__(self) -> str:
        return f"delivery method {self.method!r} does not suit this pool: {self.reason}"


@attrs.define(slots=False)
class UnreadableInputFiles(SuspiciousMap):
    """Jobs will be held, because some of their input files cannot be read.

    :param problems: why not, by path; the first few.
    :param count: how many there are, counted for each job that gets them.
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

    :param component: the one whose files are the largest.
    :param bytes: how large they are.
    :param request_disk: what is asked for.
    """

    component: int
    bytes: int
    request_disk: str

    def __str__(self) -> str:
        return (
            f"the input files of component {self.component} have {self.bytes / 1e6:,.0f} MB, and request_disk is "
            f"{self.request_disk}: ask for more with MapOptions(request_disk=...)"
        )


@attrs.define(slots=False)
class SameDestination(SuspiciousMap):
    """All components send a file to the same place, where one overwrites that of the other.

    :param file: the file, as the function calls it.
    :param components: how many components there are.
    """

    file: str
    components: int

    def __str__(self) -> str:
        return (
            f"all {self.components} components send {self.file!r} to the same place: "
            f"write $(component) into its destination in output_remaps"
        )


@attrs.define(slots=False)
class NoSlotTransfers(SuspiciousMap):
    """No slot of the pool transfers files by a protocol that the map needs.

    :param scheme: the protocol, as it begins URLs.
    :param slots: how many slots the pool has.
    """

    scheme: str
    slots: int

    def __str__(self) -> str:
        return (
            f"0 of {self.slots} slots of the pool can transfer files by {self.scheme!r}; "
            f"the jobs will wait for one that can"
        )


@attrs.define(slots=False)
class UnknownWhetherSlotsTransfer(SuspiciousMap):
    """It could not be asked whether a slot of the pool transfers files by a protocol that the map needs.

    :param scheme: the protocol, as it begins URLs.
    :param reason: why not.
    """

    scheme: str
    reason: str

    def __str__(self) -> str:
        return f"it is not known whether any slot of the pool transfers files by {self.scheme!r}: {self.reason}"
