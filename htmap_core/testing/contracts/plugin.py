"""The promises of every plugin."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from htmap_core.names import DISTRIBUTION
from htmap_core.plugins.calls import plugins
from htmap_core.settings import model
from htmap_core.testing.isolation import only_plugins


class PluginContract:
    """The promises of every plugin.

    Subclass it, and set the name of the entry point and the distribution::

        class TestSite(PluginContract):
            plugin = "site"
            distribution = "htmap-site"

    In its tests, and in your own in the subclass, all other plugins are switched off, but those that you name in :attr:`beside`.
    HTMAP_DIR, HOME and settings are the test's own.

    A promise that your plugin cannot keep is switched off with a reason: contracts have attributes for that, which are text.
    Since 0.7.
    """

    plugin: ClassVar[str]
    distribution: ClassVar[str]

    beside: ClassVar[tuple[str, ...]] = ()
    """The other plugins that this one needs."""

    reasons: ClassVar[tuple[str, ...]] = ()
    """The attributes of the contract that switch off a promise, and say why."""

    def __init_subclass__(cls, **named: Any) -> None:
        """Check that what is switched off has a reason."""
        super().__init_subclass__(**named)
        for name in cls.reasons:
            reason = getattr(cls, name)
            if not isinstance(reason, str) or (reason and not reason.strip()):
                raise TypeError(f"{cls.__name__}.{name} is {reason!r}; it must say why, in words")

    @pytest.fixture(autouse=True)
    def _alone(self, htmap_dir: Path) -> Iterator[None]:
        """Switch off all other plugins, after HTMAP_DIR and the environment are the test's own."""
        with only_plugins(self.plugin, *self.beside):
            yield

    @staticmethod
    def unless(reason: str) -> None:
        """Skip the test if there is a reason, and tell it.

        ::

            def test_it_sends_files(self):
                self.unless(self.cannot_send)
        """
        if reason:
            pytest.skip(reason)

    def test_it_is_found_through_its_entry_point_and_works(self) -> None:
        """The installed plugin is found and not broken."""
        records = [record for record in plugins.records() if record.name == self.plugin]
        assert [(record.distribution, record.state) for record in records] == [(self.distribution, "ok")], records

    def test_it_has_the_version_of_its_distribution(self) -> None:
        """`htmap plugins list` shows the distribution's version."""
        record = next(record for record in plugins.records() if record.name == self.plugin)
        assert record.version == importlib.metadata.version(self.distribution)

    def test_the_commands_that_it_offers_are_those_that_its_distribution_declares(self) -> None:
        """`htmap --help` lists the plugin's commands, by the entry points ``htmap.commands``."""
        entry = next(each for each in _entry_points("htmap", self.distribution) if each.name == self.plugin)
        declared = [
            each.name for each in _entry_points("htmap.commands", self.distribution) if each.value == entry.value
        ]
        record = next(record for record in plugins.records() if record.name == self.plugin)
        assert sorted(declared) == sorted(record.offers.get("commands", ()))

    def test_its_distribution_says_with_which_versions_of_the_core_it_works(self) -> None:
        """Its ``Requires-Dist`` has the lowest version of ``htmap-core`` at least."""
        wanted = [Requirement(each) for each in importlib.metadata.requires(self.distribution) or ()]
        of_core = [each.specifier for each in wanted if canonicalize_name(each.name) == DISTRIBUTION]
        assert [each.operator for specifier in of_core for each in specifier if each.operator in _LOWEST], of_core

    def test_every_setting_says_what_it_means(self) -> None:
        """`htmap settings --explain` shows the meaning of each setting of the plugin."""
        record = next(record for record in plugins.records() if record.name == self.plugin)
        tables = {name: plugins.settings_tables()[name] for name in record.offers.get("settings", ())}
        settings_of_plugin = [each for name, cls in tables.items() for each in model.settings_of(name, cls)]
        assert [setting.name for setting in settings_of_plugin if not setting.meaning] == []


_LOWEST = (">=", "~=", "==", ">")


def _entry_points(group: str, distribution: str) -> list[importlib.metadata.EntryPoint]:
    entries = importlib.metadata.distribution(distribution).entry_points
    return [each for each in entries if each.group == group]
