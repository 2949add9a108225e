"""The plugins that are installed: their entry points, by the metadata of their distributions."""

from __future__ import annotations

import sys
import traceback
from typing import Any

from htmap_core.names import ENTRY_POINT_GROUP
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
    # Of two that have one name, ours keeps it, whatever the other distribution is called.
    return sorted(unique.values(), key=lambda each: (each[1].name, not each[1].is_first_party, each[1].distribution))


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
