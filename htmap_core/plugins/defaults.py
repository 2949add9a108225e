"""The defaults of plugins' settings tables, for the built-in layer of the settings (``htmap.settings["DOCKER.IMAGE"]``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from htmap_core.settings import chain


def register() -> None:
    """Let the built-in layer of the settings ask the installed plugins. This loads no plugin yet."""
    chain.built_in.plugins = InstalledTables()


class InstalledTables:
    """The tables of the installed plugins. The first question loads the plugins."""

    def defaults(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the defaults of each working plugin's table, by its name in capitals."""
        from htmap_core.plugins.calls import plugins
        from htmap_core.settings import model

        return {name: model.defaults(cls) for name, cls in plugins.settings_tables().items()}

    def advice(self, table: str) -> str | None:
        """Return how to get the table of a plugin that is broken, disabled or not installed; None if no such plugin is known."""
        from htmap_core.plugins.calls import plugins

        return plugins.why_no_table(table)
