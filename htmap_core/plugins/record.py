"""What HTMap knows of each plugin, and what is to be done about one that is off or not installed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import Literal

import attrs

from htmap_core.contract.authors import Authors
from htmap_core.names import DISTRIBUTION
from htmap_core.wording import in_shell

FIRST_PARTY = ("assume", "cern", "docker", "ospool", "packages", "pool", "shared", "singularity", "transplant")

_OF_POOL = "pool"
PERSONAL = "personal"  # the name of the pool that it offers

# Instead of a distribution.
THIS_PROGRAM = "this program"
ONE_OFF = "a one-off file"  # whose path is the plugin's name


@attrs.define
class PluginRecord:
    """The record of one plugin.

    :param state: ``ok``, ``broken`` (see *reason* and *traceback*) or ``disabled`` (*reason* says by what).
    :param repair: what repairs it, where that is not to install or uninstall its distribution.
    :param offers: the names of its offers by kind, after HTMap has asked for them.
    :param seconds: how long its import took.
    :param withdrawn: the delivery methods that it offered before HTMap switched it off.
    """

    name: str
    distribution: str
    version: str
    state: Literal["ok", "broken", "disabled"] = "ok"
    reason: str = ""
    traceback: str = ""
    repair: str = ""
    hooks: tuple[str, ...] = ()
    offers: dict[str, list[str]] = attrs.field(factory=dict)
    seconds: float = 0.0
    withdrawn: list[str] = attrs.field(factory=list)

    @property
    def is_first_party(self) -> bool:
        """Whether it is of HTMap itself: its names are nobody else's."""
        ours = (DISTRIBUTION, f"htmap-{self.name}" if self.name in FIRST_PARTY else DISTRIBUTION)
        return re.sub("[-_.]+", "-", self.distribution).lower() in ours

    @property
    def is_one_off(self) -> bool:
        """Whether it is a file without a distribution."""
        return self.distribution == ONE_OFF

    @property
    def source(self) -> str:
        """Where it comes from, with the version of that, if it has one."""
        return f"{self.distribution} {self.version}".rstrip()

    @property
    def author(self) -> str:
        """What messages call it where it has set something."""
        is_installed = self.distribution != THIS_PROGRAM
        return Authors.named(self.name) if is_installed else f"delivery method {self.name!r} of {THIS_PROGRAM}"

    @property
    def why_off(self) -> str:
        """The claim why it is off, as it follows its name."""
        return f"is disabled {self.reason}" if self.state == "disabled" else f"is broken: {self.reason}"

    @property
    def advice(self) -> str:
        """What to do about a plugin that is off, without a full stop."""
        if self.state == "disabled":
            return "Enable it there to use it"
        if not self.distribution:
            return self.repair
        return f"`htmap plugins show {in_shell(self.name)}` shows the details; {self.remedy}"

    @property
    def remedy(self) -> str:
        """What repairs or removes a broken plugin. Only our own packages are known to be at the index that pip asks."""
        if self.repair:
            return self.repair
        named = in_shell(self.distribution)
        again = (
            f"`pip install --force-reinstall {named}`"
            if self.is_first_party
            else f"install {named} again from where you have it"
        )
        return f"{again}, or `pip uninstall {named}`"


def missing_pool(records: Iterable[PluginRecord]) -> str | None:
    """Return how to get the personal pool, where its plugin is not installed; None where it is, or HTCondor cannot run.

    Who has no delivery method, either, is told of both at once.
    """
    installed = [record for record in records if record.distribution]
    if sys.platform != "linux" or any(record.name == _OF_POOL for record in installed):
        return None
    packages = f"htmap-{_OF_POOL}{'' if _delivers(installed) else ' htmap-shared'}"
    return f"its plugin is not installed; `pip install {packages}`, then `htmap pool install`, make one without root"


def missing_delivery(records: Iterable[PluginRecord]) -> str | None:
    """Return how to get a delivery method, where no installed plugin has one; None if one has."""
    if _delivers(records):
        return None
    return "`pip install htmap-shared` if the pool sees your files, or `htmap-assume` if its nodes have a Python"


def _delivers(records: Iterable[PluginRecord]) -> bool:
    """Return whether a plugin has a delivery method, or may have one: what one that is off would offer is not known."""
    return any("htmap_delivery_methods" in record.hooks or record.state != "ok" for record in records)


def one_off_files(records: Iterable[PluginRecord]) -> list[str]:
    """Return the paths of the one-off files among plugins that work: a map remembers them."""
    return [record.name for record in records if record.is_one_off and record.state == "ok"]


def how_to_get(name: str, named_in: str) -> str:
    """Return how to get a plugin that is not installed, or to do without it; *named_in* is the choice that names it."""
    if os.path.isabs(name):
        return f"Name it in PLUGINS.FILES, too, or take it out of {named_in}"
    install = f"`pip install htmap-{name}`" if name in FIRST_PARTY else "Install its distribution"
    return f"{install}, or take it out of {named_in}"
