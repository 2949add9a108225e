"""Default settings that plugins offer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import htmap
from htmap_core.contract.options import MapOptions
from htmap_core.plugins import calls
from htmap_core.plugins.calls import Plugins
from htmap_core.settings.chain import settings
from tests.golden_files import Golden
from tests.throwaway_plugins import Site

OFFER = "@hookimpl\ndef htmap_default_settings(): return {}\n"


def offer(table: str) -> str:
    return OFFER.format(table)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Plugins:
    """Return plugins that have not been looked for yet, which the settings ask."""
    fresh = Plugins()
    monkeypatch.setattr(calls, "plugins", fresh)
    return fresh


def state(plugins: Plugins, name: str) -> str:
    return next(record.state for record in plugins.records() if record.name == name)


def test_htmap_default_settings_win_over_built_in_ones_and_lose_to_all_others(
    site: Site, plugins: Plugins, monkeypatch: pytest.MonkeyPatch, public: Path
) -> None:
    site.install("boats", offer("{'MAP_OPTIONS': {'request_memory': '2GB', '+Sea': '\"blue\"'}}"))
    found = [settings["MAP_OPTIONS.request_memory"]]
    assert settings.origin("MAP_OPTIONS.request_memory") == "plugin 'boats'"
    (file := public / "htmaprc").write_text('[MAP_OPTIONS]\nrequest_memory = "3GB"')
    monkeypatch.setenv("HTMAP_CONFIG", str(file))
    found.append(settings["MAP_OPTIONS.request_memory"])
    assert found == ["2GB", "3GB"]
    assert [value for _, value in settings.overridden("MAP_OPTIONS.request_memory")] == ["2GB", "128MB"]
    assert MapOptions.from_settings(settings).custom_options == {"Sea": '"blue"'}
    (record,) = (each for each in plugins.records() if each.name == "boats")
    assert record.offers["default settings"] == ["MAP_OPTIONS.request_memory", "MAP_OPTIONS.+Sea"]


def test_tables_of_other_plugins_can_be_offered_and_those_of_nobody_are_passed_over(
    site: Site, plugins: Plugins
) -> None:
    site.install("boats", offer("{'DOCKER': {'IMAGE': 'tide:1'}, 'HARBOUR': {'DEPTH': 3}}"))
    assert settings["DOCKER.IMAGE"] == "tide:1"
    assert "HARBOUR.DEPTH" not in settings
    assert "HARBOUR" not in settings.to_dict()


def test_of_two_plugins_that_offer_a_setting_the_first_wins(site: Site, plugins: Plugins) -> None:
    site.install("zulu", offer("{'MAP_OPTIONS': {'request_memory': '9GB', 'request_cpus': 9}}"))
    site.install("alpha", offer("{'map_options': {'request_memory': '2GB'}, 'delivery_method': 'assume'}"))
    assert settings["MAP_OPTIONS.request_memory"] == "2GB"
    assert settings["MAP_OPTIONS.request_cpus"] == 9
    assert settings["DELIVERY_METHOD"] == "assume"
    assert settings.origin("MAP_OPTIONS.request_cpus") == "plugin 'zulu'"


def test_a_plugin_may_read_settings_to_say_what_it_offers(site: Site, plugins: Plugins) -> None:
    source = """
    import htmap
    @attrs.frozen
    class Boats: sails: int = 2
    @hookimpl
    def htmap_settings(): return {"BOATS": Boats}
    @hookimpl
    def htmap_default_settings():
        sails = table("BOATS", Boats).sails
        return {"MAP_OPTIONS": {"request_cpus": sails, "request_disk": htmap.settings["MAP_OPTIONS.request_disk"]}}
    """
    site.install("boats", source)
    settings["BOATS.SAILS"] = 5
    assert settings["MAP_OPTIONS.request_cpus"] == 5
    assert settings["MAP_OPTIONS.request_disk"] == "1GB"


@pytest.mark.parametrize(
    "table",
    [
        "None",
        "[]",
        "{3: 4}",
        "{'HTMAP_DIR': '/sea'}",
        "{'PLUGINS': {'DISABLED': ['docker']}}",
        "{'TRUSTED_FOLDERS': ['/']}",
        "{'MAP_OPTIONS': 3}",
        "{'MAP_OPTIONS': {'log': '/tmp/log'}}",
        "{'MAP_OPTIONS': {'request_memory': object()}}",
        "{'DELIVERY_METHOD': 3}",
        "{'DELIVERY_METHOD': {'docker': True}}",
        "{'DOCKER': {'IMAEG': 'tide:1'}}",
        "{'DOCKER': 'tide:1'}",
        "1 / 0",
    ],
)
def test_a_plugin_that_offers_what_cannot_be_used_is_off_and_nothing_of_it_counts(
    site: Site, plugins: Plugins, table: str
) -> None:
    site.install("boats", offer(table) + "@hookimpl\ndef htmap_delivery_methods(): return [Method('rowboat')]")
    assert settings["MAP_OPTIONS.request_memory"] == "128MB"
    assert state(plugins, "boats") == "broken"
    assert "rowboat" not in plugins.delivery_methods()


@pytest.mark.parametrize("key", ["WAIT_TIME", "HTMAP_DIR", "PLUGINS.DISABLED", "HTCONDOR.SCHEDULER"])
def test_what_no_plugin_can_offer_loads_none(site: Site, plugins: Plugins, tmp_path: Path, key: str) -> None:
    site.install("boats", f"import os\nos.mkdir({str(tmp_path / 'loaded')!r})\n{offer('{}')}")
    assert key in htmap.settings
    assert not (tmp_path / "loaded").exists()
    assert "MAP_OPTIONS.request_cpus" in htmap.settings
    assert (tmp_path / "loaded").exists()


def test_the_command_line_shows_what_each_setting_overrides(site: Site, public: Path, golden: Golden) -> None:
    site.install("boats", offer("{'MAP_OPTIONS': {'request_memory': '2GB', 'request_disk': '7GB'}}"))
    (file := public / "htmaprc").write_text('[MAP_OPTIONS]\nrequest_memory = "3GB"')
    Path("~/.htmaprc").expanduser().write_text('[MAP_OPTIONS]\nrequest_memory = "4GB"')
    environment = {**site.environment(), "HTMAP_CONFIG": str(file), "HTMAP_PLUGINS": "boats"}
    command = [sys.executable, "-m", "htmap_core", "settings"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    shown = [line for line in ran.stdout.splitlines() if line.startswith("request_")]
    golden("settings/what-each-overrides", "\n".join(shown), hide={str(file): "/etc/htmap/htmaprc"})
