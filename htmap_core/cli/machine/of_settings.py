"""What ``htmap settings`` answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from htmap_core.plugins.calls import plugins
from htmap_core.settings import core, dotted, model
from htmap_core.settings.chain import Settings, settings
from htmap_core.settings.layers import BUILT_IN, user_file
from htmap_core.settings.toml.reading import read_toml

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.house import Setting


def known() -> dict[str, model.Setting]:
    """Return what is said of each setting, by its dotted path in small letters."""
    of_plugins = (each for name, cls in plugins.settings_tables().items() for each in model.settings_of(name, cls))
    return {setting.name.casefold(): setting for setting in (*core.SETTINGS.values(), *of_plugins)}


def facts(values: Mapping[str, Any]) -> Iterator[Setting]:
    """Yield settings with their values, and where these come from.

    :param values: the values, by dotted path.
    """
    said = known()
    for key, value in values.items():
        setting, origin = said.get(key.casefold()), settings.origin(key)
        yield {
            "name": key,
            "value": value,
            "origin": None if origin == BUILT_IN else origin,
            "overrides": [{"value": other, "origin": whence} for whence, other in settings.overridden(key)],
            "meaning": setting.meaning if setting else "",
        }


def of_user() -> Iterator[Setting]:
    """Yield the settings of the user's own file, as they are there."""
    path, said = user_file(), known()
    table = read_toml(path) if path.exists() else {}
    for key in dotted.keys(table):
        setting = said.get(key.casefold())
        meaning = setting.meaning if setting else ""
        yield {"name": key, "value": Settings(table)[key], "origin": str(path), "overrides": [], "meaning": meaning}
