"""The plugins that are installed: their entry points, by the metadata of their distributions."""

from __future__ import annotations

import re
import sys
import traceback
from typing import Any

from htmap_core import __version__
from htmap_core.names import DISTRIBUTION, ENTRY_POINT_GROUP
from htmap_core.plugins.record import PluginRecord
from htmap_core.wording import describe

if sys.version_info >= (3, 10):
    from importlib.metadata import Distribution, EntryPoint, distributions, entry_points
else:
    from importlib_metadata import Distribution, EntryPoint, distributions, entry_points

_NAMELESS = "unknown distribution"


def installed() -> list[tuple[EntryPoint | None, PluginRecord]]:
    """Return the installed plugins, by name; the entry point is None if the metadata cannot be read."""
    try:
        found: list[Any] = [(entry, _record(entry)) for entry in entry_points(group=ENTRY_POINT_GROUP)]
    except Exception:  # one distribution has damaged metadata; the loop finds out which
        found = [plugin for distribution in distributions() for plugin in _plugins_of(distribution)]
    # What is left of an interrupted installation, and a folder that is twice on the path, lead to the same module.
    unique = {
        (record.name, record.distribution, entry and entry.value): (entry, record) for entry, record in found[::-1]
    }
    return sorted(unique.values(), key=lambda plugin: (plugin[1].name, plugin[1].distribution))


def _record(entry: EntryPoint) -> PluginRecord:
    distribution = entry.dist
    if distribution is None:
        return PluginRecord(entry.name, _NAMELESS, "")
    name, version = _name_and_version(distribution)
    return PluginRecord(entry.name, name, version, repair="" if name != _NAMELESS else _removal_by_hand(distribution))


def _name_and_version(distribution: Distribution) -> tuple[str, str]:
    try:
        name, version = distribution.name, distribution.version
    except Exception:  # half uninstalled, it has none; what is raised, or None, depends on the version of importlib
        return _NAMELESS, ""
    return name or _NAMELESS, version or ""


def _removal_by_hand(distribution: Distribution) -> str:
    return f"pip does not know it: delete what is left of it in {distribution.locate_file('')}"


def _plugins_of(distribution: Distribution) -> list[tuple[EntryPoint | None, PluginRecord]]:
    try:
        entries = [entry for entry in distribution.entry_points if entry.group == ENTRY_POINT_GROUP]
        return [(entry, _record(entry)) for entry in entries]
    except Exception as error:  # the record of a plugin tells it; other distributions do not matter
        if f"[{ENTRY_POINT_GROUP}]" not in (distribution.read_text("entry_points.txt") or ""):
            return []
        name, version = _name_and_version(distribution)
        reason = f"its metadata cannot be read: {describe(error)}"
        repair = "" if name != _NAMELESS else _removal_by_hand(distribution)
        return [(None, PluginRecord(name, name, version, "broken", reason, traceback.format_exc(), repair))]


_CORE = DISTRIBUTION.replace("-", "[-_.]")
_AT_LEAST = re.compile(rf"{_CORE}(?![\w.-])[^;]*>=\s*([0-9]+(?:\.[0-9]+)*)", re.IGNORECASE)


def newer_core(entry: EntryPoint) -> str | None:
    """Return what the distribution of a plugin requires of the core, if this core is too old for it."""
    for requirement in (entry.dist.requires if entry.dist is not None else None) or ():
        found = _AT_LEAST.match(requirement)
        if found is not None and _numbers(found[1]) > _numbers(__version__):
            return requirement
    return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall("[0-9]+", version)[:3])
