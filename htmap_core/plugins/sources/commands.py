"""The commands that installed plugins declare, by entry points: ``htmap --help`` shows them, and loads no plugin for it."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from htmap_core.names import COMMANDS_GROUP

if sys.version_info >= (3, 10):
    from importlib.metadata import distributions, entry_points
else:
    from importlib_metadata import distributions, entry_points


class DeclaredCommand(NamedTuple):
    """A command that a distribution declares.

    :param module: the plugin's module, as in the entry point of the plugin itself.
    :param summary: what the distribution says of itself in a line; its name if it says nothing.
    """

    name: str
    module: str
    distribution: str
    summary: str


def declared_commands() -> dict[str, DeclaredCommand]:
    """Return the commands that installed plugins declare, by name. Of two of one name, that counts whose plugin is called so."""
    try:
        entries = list(entry_points(group=COMMANDS_GROUP))
    except Exception:  # one distribution has damaged metadata: `htmap plugins list` says which
        entries = [entry for each in distributions() for entry in _entries_of(each)]
    found = [_declared(entry) for entry in entries]
    return {
        each.name: each for each in sorted(found, key=lambda each: (each.distribution == f"htmap-{each.name}", each))
    }


def _entries_of(distribution: Any) -> list[Any]:
    try:
        return [entry for entry in distribution.entry_points if entry.group == COMMANDS_GROUP]
    except Exception:  # as above
        return []


def _declared(entry: Any) -> DeclaredCommand:
    try:
        name, summary = entry.dist.name, entry.dist.metadata.get("Summary")
    except Exception:  # half uninstalled, it has none; what is raised depends on the version of importlib
        name, summary = None, None
    distribution = name or "unknown distribution"
    return DeclaredCommand(entry.name, entry.value, distribution, summary or f"A command of {distribution}.")
