"""Faults of plugins, before a map goes without them: warnings, and errors for the plugins that PLUGINS.REQUIRED names."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import attrs

from htmap_core import user_warnings
from htmap_core.exceptions import RequiredPluginError
from htmap_core.plugins.calls import Plugins, plugins
from htmap_core.plugins.record import PluginRecord, how_to_get
from htmap_core.settings.chain import FOR_ALL_USERS, settings
from htmap_core.settings.tables import setting
from htmap_core.wording import did_you_mean

REQUIRED = "PLUGINS.REQUIRED"
ALL_INSTALLED = "*"


@attrs.frozen
class Fault:
    """A plugin that maps go without, although it should work.

    :param distribution: the distribution that it comes from; empty if none is installed.
    :param reason: the claim what is wrong, as it follows the plugin's name.
    :param advice: what to do about it, without a full stop.
    :param required_by: where PLUGINS.REQUIRED names it; None if it is not required.
    """

    plugin: str
    distribution: str
    reason: str
    advice: str
    required_by: str | None


class Faults:
    """The faults of some plugins. Each is told once in a process."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._told: set[Fault] = set()
        self._lock = threading.RLock()  # a program's own way to show warnings may make a map

    def check(self) -> None:
        """Check the plugins before a map, or some of its components, are submitted; warn of those that do not work.

        :raises RequiredPluginError: a plugin that PLUGINS.REQUIRED names does not work, or is not installed.
        :raises InvalidSetting: PLUGINS.REQUIRED or PLUGINS.DISABLED is no list of names.
        """
        found = faults(self._plugins.records_for_maps())
        for fault in found:
            if fault.required_by is not None:
                raise RequiredPluginError(
                    fault.plugin, fault.distribution, fault.reason, fault.advice, fault.required_by
                )
        with self._lock:
            for fault in found:
                if fault not in self._told:
                    user_warnings.warn(
                        user_warnings.PluginIsOff(fault.plugin, fault.distribution, fault.reason, fault.advice)
                    )
                    self._told.add(fault)  # where the warning is made an error, the next map fails, too


def faults(records: Sequence[PluginRecord]) -> list[Fault]:
    """Return the faults of plugins. One that is switched off on purpose has none, unless it is required."""
    return [*_of_installed(records), *_of_missing(records)]


def _of_installed(records: Sequence[PluginRecord]) -> Iterator[Fault]:
    required = _required()
    for record in records:
        named = required.get(record.name)
        if record.state == "broken" or (record.state == "disabled" and named is not None):
            origin = required_by(record.name)
            yield Fault(record.name, record.distribution, record.why_off, record.advice, origin)


def _of_missing(records: Sequence[PluginRecord]) -> Iterator[Fault]:
    known = [record.name for record in records]
    for name, origin in _required().items():
        if name not in {*known, ALL_INSTALLED}:
            yield Fault(name, "", f"is not installed{did_you_mean(name, known)}", how_to_get(name, REQUIRED), origin)


def required_by(plugin: str) -> str | None:
    """Return where PLUGINS.REQUIRED names a plugin; None if it does not."""
    required = _required()
    return required.get(plugin) or required.get(ALL_INSTALLED)


def _required() -> dict[str, str | None]:
    """Return the names in PLUGINS.REQUIRED, each with the origin of the setting.

    Those in the environment and in the settings of the machine count whatever else is set: a site that requires its plugin there
    would not notice if a settings file of the user's won, as it does otherwise.
    """
    found: dict[str, str | None] = {}
    for chain in (settings, *FOR_ALL_USERS):
        for name in setting(REQUIRED, chain):
            found.setdefault(name, chain.origin(REQUIRED))
    return found


plugin_faults = Faults(plugins)
