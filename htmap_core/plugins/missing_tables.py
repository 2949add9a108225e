"""The settings tables of plugins that are off or not installed: nobody can check them, and whoever needs one is told why."""

from __future__ import annotations

from collections.abc import Sequence

from htmap_core.plugins.record import FIRST_PARTY, PluginRecord
from htmap_core.plugins.sources import one_off


def names(records: Sequence[PluginRecord]) -> list[str]:
    """Return the names of such tables.

    A one-off file may have a table of any name, and what it has is not known before it runs. So all words count that stand in
    quotes there: a file that is broken must not make the settings look wrong.
    """
    off = [record for record in records if record.state != "ok"]
    in_files = [word for record in off if record.is_one_off for word in one_off.quoted_words(record.name)]
    return [name.upper() for name in (*(record.name for record in off), *in_files, *FIRST_PARTY)]


def why(name: str, records: Sequence[PluginRecord]) -> str | None:
    """Return why no working plugin has the settings table *name*, and what to do; None if one has it, or none is known."""
    named = [each for each in records if each.name == name.lower() and each.distribution]
    for record in named:
        if record.state != "ok":
            return f"plugin {record.name!r} {record.why_off}. {record.advice}"
    if named or name.lower() not in FIRST_PARTY:
        return None
    return f"the table {name.upper()} comes with its own package: `pip install htmap-{name.lower()}`"
