"""The core's own settings, as their classes say."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmap_core.settings import core, dotted, model
from htmap_core.settings.chain import BASE_SETTINGS, settings


@pytest.mark.parametrize("name", core.SETTINGS)
def test_every_setting_has_its_default_unless_somebody_sets_it(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("HTMAP_DIR", raising=False)
    assert BASE_SETTINGS[name] == core.SETTINGS[name].default


@pytest.mark.parametrize("setting", core.SETTINGS.values(), ids=core.SETTINGS)
def test_every_setting_says_what_it_means(setting: model.Setting) -> None:
    assert setting.meaning
    assert setting.default is not None or setting.default_in_words


@pytest.mark.parametrize(
    ("variable", "name"), [(each, setting.name) for setting in core.SETTINGS.values() for each in setting.variables]
)
def test_every_variable_that_a_setting_names_sets_it(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    monkeypatch.setenv(variable, "given")
    assert settings[name] == "given"
    assert settings.origin(name) == f"environment variable {variable}"


def test_the_built_in_layer_has_all_settings_and_no_others() -> None:
    assert set(dotted.keys(core.defaults())) == set(core.SETTINGS)
