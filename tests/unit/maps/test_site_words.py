"""What a map tells of a hold where plugins of its site have a say."""

from __future__ import annotations

from pathlib import Path

import pytest

import htmap
from htmap_core.components import ComponentStatus
from htmap_core.plugins import calls
from htmap_core.plugins.calls import Plugins
from htmap_core.settings.chain import settings
from tests.throwaway_plugins import Site
from tests.unit.fixed_states import FULL
from tests.unit.maps.conftest import Load

HELD = ComponentStatus.HELD


@pytest.fixture(autouse=True)
def not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have plugins that have not been looked for yet."""
    monkeypatch.setattr(calls, "plugins", Plugins())


def raised(tide: htmap.Map) -> htmap.exceptions.MapComponentHeld:
    with pytest.raises(htmap.exceptions.MapComponentHeld) as caught:
        tide.wait(timeout=60)
    return caught.value


@pytest.mark.parametrize("source", ["raise ValueError('a leak')", "return 'a leak'", "raise SystemExit('a leak')"])
def test_a_plugin_that_fails_hides_no_hold(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    Site(tmp_path).install("boats", f"@hookimpl\ndef htmap_site_words(interruption): {source}")
    tide = load([HELD])
    error = raised(tide)
    assert FULL.reason in error.report
    assert ["htmap-boats" in words and "a leak" in words for words in error.site] == [True]
    assert tide.why()[0].site == error.site


def test_a_wrong_choice_of_plugins_hides_no_hold(load: Load) -> None:
    settings["PLUGINS.DISABLED"] = {"boats": True}
    error = raised(load([HELD]))
    assert FULL.reason in error.report
    assert ["PLUGINS.DISABLED" in words for words in error.site] == [True]
