"""The options of a map: checked, and merged with those of the settings."""

from __future__ import annotations

from collections.abc import Callable

from htmap_core.contract.options import MapOptions
from htmap_core.exceptions import NotOptions
from htmap_core.maps.drafts import memory_steps
from htmap_core.plugins.calls import plugins
from htmap_core.settings import tables, variables
from htmap_core.settings.chain import settings
from htmap_core.submission.submit import without_keeping


def origins(given: MapOptions | None) -> Callable[[str], str | None]:
    """Return what tells the setting behind an option that was not given for this map."""
    return lambda name: None if given is not None and name in given else settings.origin(f"MAP_OPTIONS.{name}")


def merged_options(*given: MapOptions | None) -> MapOptions:
    """Check all settings, and return the given map options merged with those of the settings.

    :raises UnknownSetting: neither the core nor a plugin knows a setting.
    :raises InvalidSetting: a setting has an invalid value.
    :raises ReservedOptionKeyword: HTMap itself sets an option.
    :raises InvalidOption: steps of memory do not rise, or are given twice.
    """
    for options in given:
        check_options(options)
    known = plugins.settings_tables(), plugins.tables_of_unavailable_plugins()
    tables.check_names(*known)
    variables.warn_of(variables.unknown_variables(*known))
    of_settings = without_keeping(MapOptions.from_settings(settings))
    return memory_steps.merged(options for options in (*given, of_settings) if options is not None)


def check_options(options: object) -> None:
    """Check the type of map options.

    :raises NotOptions: *options* is neither a ``MapOptions`` nor None.
    """
    if options is not None and not isinstance(options, MapOptions):
        raise NotOptions(options)
