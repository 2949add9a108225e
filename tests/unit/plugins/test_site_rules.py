"""What plugins say of the place of maps and of input files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from htmap_core import HTMapException
from htmap_core.contract.pools import PoolAddress
from htmap_core.contract.protocol import InputFile
from htmap_core.exceptions import PluginError
from htmap_core.plugins.calls import Plugins
from htmap_core.plugins.sites.rules import SiteRules
from htmap_core.testing.empty_pool import EmptyPool
from tests.throwaway_plugins import Site

HARBOUR = """
class Harbour(Pool):
    name = "harbour"
    rank = 1000
    limits_steps = True
    def find(self): return PoolAddress("harbour", schedd="quay")
    def advice(self): return "there is no water"
@hookimpl
def htmap_pools(): return [Harbour()]
"""
PLACE = """
@attrs.define(slots=False)
class MapOnScratch(HTMapException):
    folder: object
    def __str__(self): return f"{self.folder} is on scratch"
@hookimpl
def htmap_check_place(folder): raise MapOnScratch(folder)
"""
FERRY = """
@hookimpl
def htmap_rewrite_input(file, pool):
    if file.path.parts[1] == "staging":
        file.fetch_from(f"osdf:///{pool.address.pool}{file.path}")
    elif (file.size or 0) > 1000:
        file.warn("it is large")
"""


def rules(plugins: Plugins, pool: str = "harbour") -> SiteRules:
    view = EmptyPool()
    view.address = PoolAddress(pool)
    return SiteRules(view, plugins)


def ferried(plugins: Plugins, path: str = "/home/tide.csv", size: int = 1) -> InputFile:
    """Return a file after the rules were applied to it."""
    file, rule = InputFile(Path(path), size), rules(plugins).of_inputs()
    assert rule is not None
    rule(file)
    return file


# --- the place of maps


def test_htmap_check_place_refuses_in_the_words_of_the_plugin(site: Site, plugins: Plugins) -> None:
    site.install("boats", PLACE)
    with pytest.raises(HTMapException) as caught:
        rules(plugins).check_place(Path("/scratch/1"))
    assert (type(caught.value).__name__, str(caught.value)) == ("MapOnScratch", "/scratch/1 is on scratch")


def test_htmap_check_place_of_a_pool_is_for_its_maps_alone(site: Site, plugins: Plugins) -> None:
    site.install("boats", HARBOUR + PLACE)
    rules(plugins, "personal").check_place(Path("/scratch/1"))
    with pytest.raises(HTMapException, match="scratch"):
        rules(plugins, "harbour").check_place(Path("/scratch/1"))


def run(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the plugins of a site, and none of ours."""
    environment = {**site.environment(), "HTMAP_PLUGINS": "boats"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("make", ["map", "plan"])
def test_a_map_is_refused_before_anything_is_written_where_it_must_not_lie(
    site: Site, htmap_dir: Path, make: str
) -> None:
    site.install("boats", HARBOUR + PLACE)
    program = (
        f"import htmap\ntry: htmap.{make}(abs, [1])\nexcept htmap.exceptions.HTMapException as error: print(error)"
    )
    assert run(site, "-c", program).stdout == f"{htmap_dir / 'maps'} is on scratch\n"
    assert not htmap_dir.exists() or list(htmap_dir.rglob("*")) == []


def test_htmap_dir_is_not_moved_where_maps_must_not_lie(site: Site, htmap_dir: Path, tmp_path: Path) -> None:
    site.install("boats", HARBOUR + PLACE)
    htmap_dir.mkdir(mode=0o700, exist_ok=True)
    ran = run(site, "-m", "htmap", "move", str(tmp_path / "new"))
    assert (ran.returncode, f"{tmp_path / 'new' / 'maps'} is on scratch" in ran.stderr) == (1, True)
    assert (htmap_dir.exists(), (tmp_path / "new").exists()) == (True, False)


# --- input files


def test_htmap_rewrite_input_replaces_files_and_warns_of_them(site: Site, plugins: Plugins) -> None:
    site.install("boats", FERRY)
    assert ferried(plugins, "/staging/a/tide.csv").url == "osdf:///harbour/staging/a/tide.csv"
    left, large = ferried(plugins), ferried(plugins, size=2000)
    assert (left.url, left.warnings) == (None, [])
    assert (large.url, large.warnings) == (None, ["it is large"])


def test_files_cost_nothing_where_no_plugin_has_rules_for_them(site: Site, plugins: Plugins) -> None:
    site.install("boats", HARBOUR + FERRY)
    assert rules(plugins, "personal").of_inputs() is None
    assert rules(plugins, "harbour").of_inputs() is not None


REPLACE = "@hookimpl\ndef htmap_rewrite_input(file): "


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("file.fetch_from('/home/tide.csv')", "'/home/tide.csv'"),
        ("file.fetch_from('osdf:///a,b')", "'osdf:///a,b'"),
        ("1 / 0", "ZeroDivisionError"),
        ("return 'osdf:///tide.csv'", "'osdf:///tide.csv'"),
        ("raise SystemExit(3)", "SystemExit"),
    ],
)
def test_a_rule_that_goes_wrong_is_blamed_on_its_plugin(site: Site, plugins: Plugins, does: str, says: str) -> None:
    site.install("boats", REPLACE + does)
    with pytest.raises(PluginError) as caught:
        ferried(plugins)
    assert (caught.value.plugin, says in caught.value.reason) == ("boats", True)
    record = next(each for each in plugins.records() if each.name == "boats")
    assert ("Traceback" in record.traceback) == ("return" not in does)


def test_of_two_plugins_that_replace_a_file_differently_the_second_is_blamed(site: Site, plugins: Plugins) -> None:
    site.install("boats", REPLACE + "file.fetch_from('osdf:///a')")
    site.install("canoes", REPLACE + "file.fetch_from('osdf:///a')")
    assert ferried(plugins).url == "osdf:///a"
    site.install("dinghies", REPLACE + "file.fetch_from('osdf:///b')")
    with pytest.raises(PluginError) as caught:
        ferried(Plugins())
    assert (caught.value.plugin, "'osdf:///a'" in caught.value.reason) == ("dinghies", True)


def test_a_rule_tells_who_has_replaced_a_file_first(site: Site, plugins: Plugins) -> None:
    site.install("boats", REPLACE + "file.fetch_from('osdf:///a') if file.path.name == 'tide.csv' else None")
    site.install("canoes", REPLACE + "file.fetch_from('osdf:///a')")
    rule = rules(plugins).of_inputs()
    assert rule is not None
    assert rule(InputFile(Path("/home/tide.csv"))) == "plugin 'boats'"
    assert rule(InputFile(Path("/home/ebb.csv"))) == "plugin 'canoes'"


def test_a_refusal_has_the_words_of_the_plugin(site: Site, plugins: Plugins) -> None:
    site.install("boats", "class TooDeep(HTMapException): ...\n" + REPLACE + "raise TooDeep('too deep')")
    with pytest.raises(HTMapException, match="too deep") as caught:
        ferried(plugins)
    assert type(caught.value).__name__ == "TooDeep"


def test_what_a_rule_prints_goes_to_standard_error(
    site: Site, plugins: Plugins, capsys: pytest.CaptureFixture[str]
) -> None:
    site.install("boats", REPLACE + "print('ahoy')")
    ferried(plugins)
    assert capsys.readouterr() == ("", f"ahoy{os.linesep}")


def test_what_a_rule_does_is_shown_on_request(
    site: Site, plugins: Plugins, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTMAP_TRACE_PLUGINS", "1")
    site.install("boats", REPLACE + "file.fetch_from('osdf:///a')")
    assert ferried(plugins).url == "osdf:///a"
    assert "'boats': htmap_rewrite_input" in capsys.readouterr().err
