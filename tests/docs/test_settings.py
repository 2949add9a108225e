"""The tables of settings in the documentation are what the classes say; `make golden` writes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from htmap_core.plugins.calls import plugins
from htmap_core.plugins.record import FIRST_PARTY
from htmap_core.settings import core, model
from tests.golden_files import Golden

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference" / "settings.md"


def of_plugin(plugin: str) -> list[model.Setting]:
    cls = plugins.settings_tables().get(plugin.upper())
    return [] if cls is None else list(model.settings_of(plugin.upper(), cls))


WITH_SETTINGS = [plugin for plugin in FIRST_PARTY if of_plugin(plugin)]


def table(settings: Iterable[model.Setting]) -> str:
    """Return a Markdown table of settings."""
    rows = [("setting", "default", "environment", "meaning"), ("---",) * 4]
    rows += [(f"`{each.name}`", default(each), ", ".join(map(code, each.variables)), each.meaning) for each in settings]
    return "".join(f"| {' | '.join(row)} |\n".replace("|  |", "| |") for row in rows)


def default(setting: model.Setting) -> str:
    """Return the default; one that is computed differs from machine to machine, and its words do not."""
    return setting.default_in_words or (code(model.in_words(setting.default)) if setting.default is not None else "")


def code(text: str) -> str:
    return f"`{text}`"


def test_the_reference_has_the_settings_of_the_core(golden: Golden) -> None:
    golden.section(REFERENCE, "core", table(core.SETTINGS.values()))


@pytest.mark.parametrize("plugin", WITH_SETTINGS)
def test_the_reference_has_the_settings_of_a_plugin(golden: Golden, plugin: str) -> None:
    golden.section(REFERENCE, plugin, table(of_plugin(plugin)))


@pytest.mark.parametrize("plugin", WITH_SETTINGS)
def test_the_page_of_a_plugin_has_its_settings(golden: Golden, plugin: str) -> None:
    golden.section(ROOT / "plugins" / f"htmap-{plugin}" / "README.md", plugin, table(of_plugin(plugin)))


def test_plugins_have_settings_so_that_the_tests_above_mean_something() -> None:
    assert set(WITH_SETTINGS) == {"cern", "docker", "ospool", "packages", "pool", "singularity", "transplant"}
