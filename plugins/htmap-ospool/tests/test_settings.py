"""The settings table OSPOOL."""

from __future__ import annotations

from typing import Any

import pytest
from htmap_ospool.settings import OspoolSettings, settings

import htmap
from htmap_core.exceptions import InvalidSetting
from tests.golden_files import Golden

pytestmark = pytest.mark.usefixtures("htmap_dir")


def test_unless_told_otherwise_it_looks_for_the_ospool_and_knows_no_project() -> None:
    assert settings() == OspoolSettings(enabled="auto", project=None)


@pytest.mark.parametrize(("given", "read"), [("auto", "auto"), (True, True), ("false", False), ("TRUE", True)])
def test_enabled_is_auto_true_or_false(given: Any, read: Any) -> None:
    htmap.settings["OSPOOL.ENABLED"] = given
    assert settings().enabled == read


@pytest.mark.parametrize("name", ["UWMadison_Tides", "TG-PHY123456", "osg.Tides", "Tides+1"])
def test_projects_have_the_names_that_the_ospool_gives(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_OSPOOL_PROJECT", name)
    assert settings().project == name
    htmap.settings["OSPOOL.PROJECT"] = f"{name}2"
    assert settings().project == f"{name}2"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENABLED", "perhaps"),
        ("PROJECT", '"Tides"'),
        ("PROJECT", "my tides"),
        ("PROJECT", ""),
        ("PROJECT", ["One", "Two"]),
    ],
)
def test_a_value_that_cannot_be_is_answered_with_what_can(name: str, value: Any, golden: Golden) -> None:
    htmap.settings[f"OSPOOL.{name}"] = value
    with pytest.raises(InvalidSetting) as caught:
        settings()
    assert caught.value.name.startswith("OSPOOL")
    golden(f"ospool/wrong-{name}-{''.join(filter(str.isalnum, str(value))) or 'empty'}", caught.value)
