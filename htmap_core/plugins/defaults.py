"""What plugins say of settings: the defaults of their tables (``htmap.settings["DOCKER.IMAGE"]``), and what they offer."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from htmap_core.settings import chain


def register() -> None:
    """Let the last layers of the settings ask the installed plugins. This loads no plugin yet."""
    chain.built_in.plugins = chain.offered.plugins = Installed()


class Installed:
    """The installed plugins. The first question loads them."""

    def __init__(self) -> None:
        self._asking = threading.local()

    def offered(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return what each plugin offers. To a plugin that reads settings to say what it offers, nothing is offered."""
        from htmap_core.plugins.calls import plugins

        if getattr(self._asking, "now", False):
            return []
        self._asking.now = True
        try:
            return plugins.default_settings()
        finally:
            self._asking.now = False

    def defaults(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the defaults of each working plugin's table, by its name in capitals."""
        from htmap_core.plugins.calls import plugins
        from htmap_core.settings import model

        return {name: model.defaults(cls) for name, cls in plugins.settings_tables().items()}

    def advice(self, table: str) -> str | None:
        """Return how to get the table of a plugin that is broken, disabled or not installed; None if no such plugin is known."""
        from htmap_core.plugins.calls import plugins

        return plugins.why_no_table(table)
