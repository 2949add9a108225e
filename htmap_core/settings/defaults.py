"""The last layers of the chain of settings: what plugins offer, and the built-in defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from htmap_core.settings import dotted
from htmap_core.settings.layers import BUILT_IN, Layer
from htmap_core.settings.moment import seen_now

OFFERED = ("DELIVERY_METHOD", "MAP_OPTIONS")
"""The core's settings that plugins may offer. HTMap needs all others before, or without, plugins."""


class InstalledPlugins(Protocol):
    """The questions that these layers ask plugins."""

    def defaults(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the defaults of each installed plugin's table, by its name in capitals."""

    def offered(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the settings that each plugin offers as defaults, with the plugin's name; the first that has one wins."""

    def advice(self, table: str) -> str | None:
        """Return how to get a table that no installed plugin has; None if no known plugin has it."""


class BuiltIn(Layer):
    """The built-in defaults of the core and of plugins' tables.

    Only the look-up of a key that the core does not have asks plugins. So neither ``import htmap`` nor a look at the core's
    settings loads plugins, and no broken plugin disturbs them. For the same reason, :meth:`table` has only the core's defaults.

    This package cannot import ``plugins``, which reads settings itself. Instead, :func:`htmap_core.plugins.defaults.register`
    sets :attr:`plugins`.
    """

    is_writable = False  # the program cannot change defaults

    plugins: InstalledPlugins | None = None

    def __init__(self) -> None:
        super().__init__({}, BUILT_IN)

    def table(self) -> Mapping[str, Any]:
        """Return the core's defaults."""
        if not self._table:
            from htmap_core.settings import core  # imports attrs (20 ms); `import htmap` needs no setting

            self._table = core.defaults()
        return self._table

    def look_up(self, key: str) -> Any:
        """Return the default of a *key* of the core or of a plugin."""
        if self.plugins is None or self._is_of_core(key):
            return super().look_up(key)
        return dotted.look_up(seen_now(self, self.plugins.defaults), key)

    def missing(self, key: str) -> tuple[list[str], str | None]:
        """Return the keys of plugins, and advice on how to get the table of the missing *key*."""
        if self.plugins is None or self._is_of_core(key):
            return super().missing(key)
        return list(dotted.keys(self.plugins.defaults())), self.plugins.advice(key.partition(".")[0])

    def _is_of_core(self, key: str) -> bool:
        return dotted.look_up(self.table(), key.partition(".")[0]) is not dotted.MISSING


class Offered(Layer):
    """The defaults that plugins offer: of the settings above, and of plugins' tables.

    Only the look-up of such a key asks plugins, or one of all keys.
    """

    is_writable = False  # the program cannot change what plugins offer

    plugins: InstalledPlugins | None = None

    def __init__(self) -> None:
        super().__init__({}, "a plugin")

    def table(self) -> Mapping[str, Any]:
        """Return what all plugins offer."""
        return seen_now(self, lambda: dotted.merge(table for _, table in self._offered()))

    def look_up(self, key: str) -> Any:
        """Return what the first plugin offers that has *key*."""
        return dotted.look_up(self.table(), key) if self._may_have(key) else dotted.MISSING

    def origin_of(self, key: str) -> str:
        """Return which plugin it is."""
        return next((f"plugin {name!r}" for name, table in self._offered() if _has(table, key)), self._origin)

    def _offered(self) -> list[tuple[str, Mapping[str, Any]]]:
        return [] if self.plugins is None else self.plugins.offered()

    def _may_have(self, key: str) -> bool:
        from htmap_core.settings import core  # imports attrs (20 ms); `import htmap` needs no setting

        top = key.partition(".")[0].upper()
        return top in OFFERED or top not in core.names()


def _has(table: Mapping[str, Any], key: str) -> bool:
    found = dotted.look_up(table, key)
    return found is not dotted.MISSING and found is not dotted.HIDDEN
