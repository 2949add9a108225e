"""What a plugin requires of the core and of its hooks, and whether this core meets it."""

from __future__ import annotations

import re
import sys
from typing import Any

import attrs

from htmap_core.contract.hookspecs import HOOKS_VERSION
from htmap_core.names import DISTRIBUTION
from htmap_core.version import __version__

if sys.version_info >= (3, 10):
    from importlib.metadata import Distribution
else:
    from importlib_metadata import Distribution

HOOKS = "HTMAP_HOOKS"
"""What a plugin's module calls the version of the hooks that it needs."""


@attrs.frozen
class Unmet:
    """A requirement of a plugin that this core does not meet.

    :param needed: what is required.
    :param present: what there is instead.
    :param is_newer: whether a newer core may meet it.
    """

    needed: str
    present: str
    is_newer: bool


_CORE = re.compile(rf"{DISTRIBUTION.replace('-', '[-_.]')}(?![\w.-])", re.IGNORECASE)
_PLAIN = re.compile(r"\s*(>=|<)\s*([0-9]+(?:\.[0-9]+){0,2})\s*")  # one part of what a range usually is: >=0.7,<0.8


def unmet_core(distribution: Distribution | None) -> Unmet | None:
    """Return what the distribution of a plugin requires of the core, if this core does not meet it; else None.

    :raises ValueError: it cannot be read, so nobody knows whether the plugin works with this core.
    """
    for requirement in (distribution.requires if distribution is not None else None) or ():
        found = _CORE.match(requirement)
        if found is not None and not _is_met(requirement, requirement[found.end() :].strip().strip("()")):
            lowest = re.findall(r"[>=]=\s*([0-9.]+)", requirement)
            return Unmet(requirement, __version__, any(_numbers(each) > _numbers(__version__) for each in lowest))
    return None


def unmet_hooks(stated: Any) -> Unmet | None:
    """Return the version of the hooks that a plugin states, if these hooks do not meet it; else None.

    :raises TypeError: it is no version.
    """
    if stated is None:
        return None
    if not isinstance(stated, str) or re.fullmatch(r"[0-9]+\.[0-9]+", stated) is None:
        raise TypeError(f"{HOOKS} must be the text of two numbers, such as {HOOKS_VERSION!r}, not {stated!r}")
    wanted, present = (tuple(map(int, version.split("."))) for version in (stated, HOOKS_VERSION))
    if wanted[0] == present[0] and wanted <= present:
        return None
    has = f"{DISTRIBUTION} {__version__} with hooks {HOOKS_VERSION}"
    return Unmet(f"hooks {stated} ({HOOKS})", has, is_newer=wanted > present)


def _is_met(requirement: str, versions: str) -> bool:
    """Return whether this core meets a requirement of a distribution.

    :param versions: the requirement without the name of the core.
    :raises ValueError: it cannot be read.
    """
    if not versions or all(_is_plainly_met(part) for part in versions.split(",")):
        return True
    from packaging import requirements, version  # 25 ms, and most plugins require no more than a range

    try:
        parsed = requirements.Requirement(requirement)
    except requirements.InvalidRequirement as error:  # pip refuses to install that; other tools do not
        reason = str(error).splitlines()[0]
        raise ValueError(f"its metadata says Requires-Dist: {requirement}, which cannot be read: {reason}") from error
    if parsed.marker is not None and not parsed.marker.evaluate({"extra": ""}):
        return True
    # A version before the release of 0.8 has what plugins for 0.8 need.
    own = (__version__, version.Version(__version__).base_version)
    return any(parsed.specifier.contains(each, prereleases=True) for each in own)


def _is_plainly_met(part: str) -> bool:
    """Return whether this core meets a lowest version or a bound, and it takes no closer look to say so."""
    if (found := _PLAIN.fullmatch(part)) is None:
        return False
    own, named = _numbers(__version__), _numbers(found[2])
    return named <= own if found[1] == ">=" else own < named


def _numbers(version: str) -> tuple[int, ...]:
    """Return the first three numbers of a version, to compare; those that it lacks are 0."""
    found = [int(number) for number in re.findall("[0-9]+", version)[:3]]
    return (*found, *[0] * (3 - len(found)))
