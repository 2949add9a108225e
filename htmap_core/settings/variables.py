"""Environment variables that are named like settings of HTMap, but set none: a warning, and no error.

What a site or another program sets for all of its users may be meant for another version, or for a plugin that not all have. So
the rest of HTMap must go on.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from htmap_core.settings import core, model
from htmap_core.settings.layers import PREFIX, SWITCHES, variables
from htmap_core.wording import closest

if TYPE_CHECKING:
    from htmap_core import user_warnings

_told: set[str] = set()
_lock = threading.RLock()  # a program's own way to show warnings may ask for settings


def unknown_variables(
    tables: Mapping[str, type], lenient: Collection[str] = ()
) -> list[user_warnings.UnknownEnvironmentVariable]:
    """Return a warning for each environment variable that begins like HTMap's, but that nobody knows.

    :param tables: the tables of all working plugins.
    :param lenient: tables of which any variable may be, because their plugin is broken or not installed.
    """
    given = {name: key for name, key in variables().items() if name not in core.VARIABLES and name not in SWITCHES}
    if not given:
        return []
    from htmap_core import user_warnings  # all of them take 10 ms, which a TAB has not

    ours = {name: cls for name, cls in core.TABLES.items() if name != core.MAP_OPTIONS}
    others = {name.upper(): cls for name, cls in tables.items()}
    known = [*core.VARIABLES, *SWITCHES, *(each for name, cls in others.items() for each in variables_of(name, cls))]
    keys = {
        setting.name.upper() for name, cls in {**ours, **others}.items() for setting in model.settings_of(name, cls)
    }
    any_key = {core.MAP_OPTIONS, *(name.upper() for name in lenient)} - others.keys()
    return [
        user_warnings.UnknownEnvironmentVariable(name, nearest(name, known))
        for name, key in given.items()
        if name not in known and (key is None or not (key.upper() in keys or key.partition(".")[0].upper() in any_key))
    ]


def variables_of(name: str, cls: type) -> list[str]:
    """Return the environment variables of a plugin's table."""
    return [variable for setting in model.settings_of(name, cls) for variable in setting.variables]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known variable that is nearest to *name*; None if none is near. What all begin with counts for nothing."""
    found = closest(name[len(PREFIX) :], (each[len(PREFIX) :] for each in known))
    return found and f"{PREFIX}{found}"


def warn_of(warnings: Iterable[user_warnings.UnknownEnvironmentVariable | user_warnings.UnknownSharedSetting]) -> None:
    """Give each of the warnings once in a process."""
    from htmap_core import user_warnings

    with _lock:
        for warning in warnings:
            if str(warning) not in _told:
                user_warnings.warn(warning)
                _told.add(str(warning))  # where the warning is made an error, the next use fails, too
