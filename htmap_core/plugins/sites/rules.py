"""The rules of sites about the place of maps and their input files: the calls of these hooks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Optional

from htmap_core.contract.pools import PoolView
from htmap_core.contract.protocol import InputFile
from htmap_core.plugins.calls import Plugins, plugins
from htmap_core.plugins.guarding.guard import Guard

Rule = Callable[[InputFile], Optional[str]]
"""Replaces an input file, warns about it, or refuses it. It returns the plugin that has replaced it, if one has."""


class SiteRules:
    """What the plugins say of maps that go to a pool.

    :param pool: the pool.
    :param installed: the plugins.
    """

    def __init__(self, pool: PoolView, installed: Plugins = plugins) -> None:
        self._pool = pool
        self._installed = installed
        self._guard = Guard()

    def check_place(self, folder: Path) -> None:
        """Let every plugin refuse the folder in which maps have their directories.

        :raises HTMapException: a plugin refuses it.
        """
        for record, call in self._installed.concerned("htmap_check_place", self._pool.address.pool):
            self._guard.act(record, call, folder=folder, pool=self._pool)

    def of_inputs(self) -> Rule | None:
        """Return what lets every plugin edit an input file; None if no plugin wants to, so that files cost nothing then."""
        steps = self._installed.concerned("htmap_rewrite_input", self._pool.address.pool)
        rules = [(record.author, self._guard.rule(record, call)) for record, call in steps]

        def rule(file: InputFile) -> str | None:
            replaced_by = None
            for author, each in rules:
                each(file=file, pool=self._pool)
                if file.url is not None and replaced_by is None:
                    replaced_by = author
            return replaced_by

        return rule if rules else None
