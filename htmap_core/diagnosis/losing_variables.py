"""Environment variables that are set in vain, because what wins over the environment says something else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import attrs

from htmap_core.exceptions import InvalidSetting
from htmap_core.plugins.calls import plugins
from htmap_core.settings import core, model, tables
from htmap_core.settings.chain import USER_SETTINGS, Settings, settings
from htmap_core.settings.layers import variables

# What the environment says of these counts beside what wins over it, or is nothing that one sets there.
_NEVER_IN_VAIN = frozenset({"PLUGINS.REQUIRED", "PLUGINS.FILES", "TRUSTED_FOLDERS", "CLI.IS_CLI"})


@attrs.frozen
class LosingVariable:
    """An environment variable that has no effect.

    :param name: its name.
    :param value: its value.
    :param setting: the dotted path of the setting that it would set.
    :param wins: the value that the setting has.
    :param origin: where that comes from.
    """

    name: str
    value: str
    setting: str
    wins: Any
    origin: str

    def __str__(self) -> str:
        kept = model.in_words(self.wins)
        return f"environment variable {self.name} = {self.value!r} has no effect: {self.setting} is {kept!r}, from {self.origin}"

    @property
    def advice(self) -> str:
        """What to type for the variable to count; empty if that is not known."""
        is_in_file = self.setting in USER_SETTINGS
        return (
            f"`htmap unset {self.setting}` takes it out of ~/.htmaprc, so that the variable counts"
            if is_in_file
            else ""
        )


def losing_variables(chain: Settings = settings) -> Iterator[LosingVariable]:
    """Yield the environment variables that lose, but for those with the value that the setting has anyway."""
    for name, setting in variables().items():
        if setting is None or setting.upper() in _NEVER_IN_VAIN:
            continue
        if setting not in chain or chain.variable(setting) == name:
            continue
        value, wins = os.environ[name], chain[setting]
        if _differ(setting, value, wins):
            yield LosingVariable(name, value, setting, wins, str(chain.origin(setting)))


def _differ(setting: str, one: Any, other: Any) -> bool:
    """Return whether two values of a setting mean something else, however they are written."""
    if (type_ := _types().get(setting.upper())) is None:  # as of map options
        return model.in_words(one) != model.in_words(other)
    try:
        return bool(tables.as_type(setting, one, type_) != tables.as_type(setting, other, type_))
    except InvalidSetting:
        return True


def _types() -> dict[str, Any]:
    """Return the types of all settings but the map options, by name."""
    of_plugins = (each for name, cls in plugins.settings_tables().items() for each in model.settings_of(name, cls))
    return {each.name.upper(): each.type for each in (*core.SETTINGS.values(), *of_plugins)}
