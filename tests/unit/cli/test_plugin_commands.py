"""Commands of plugins: what plugins declare is listed and completed without loading them, and one-off files are shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.throwaway_plugins import PREAMBLE, Site

Type = Callable[..., subprocess.CompletedProcess[str]]

SAIL = """
@hookimpl
def htmap_commands(): return [click.Command("sail", callback=lambda: click.echo("sailing"))]
"""
LOADED = "open(__file__ + '.loaded', 'w')\n"


@pytest.fixture
def site(htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return Site(folder)


def declare(site: Site, source: str = SAIL, command: str = "sail", distribution: str = "htmap-boats") -> None:
    """Install a plugin that declares a command."""
    (site.folder / "boats.py").write_text(PREAMBLE + LOADED + source)
    site.write_metadata(distribution, f"[htmap]\nboats = boats\n\n[htmap.commands]\n{command} = boats\n")


def completed(word: str) -> list[str]:
    environment = {**os.environ, "_HTMAP_COMPLETE": "zsh_complete", "COMP_WORDS": f"htmap {word}", "COMP_CWORD": "1"}
    command = [sys.executable, "-m", "htmap"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return ran.stdout.splitlines()[1::3]


def test_the_overview_lists_what_plugins_declare_and_loads_none(site: Site, type_: Type) -> None:
    declare(site)
    assert "\n  sail " in type_("--help").stdout
    assert not (site.folder / "boats.py.loaded").exists()


def test_the_overview_says_of_a_command_what_the_distribution_says_of_itself(site: Site, type_: Type) -> None:
    declare(site)
    (metadata,) = site.folder.glob("*/METADATA")
    assert "htmap-boats" in type_("--help").stdout
    metadata.write_text(f"{metadata.read_text()}Summary: Boats, and \x07 how they sail\n")
    shown = type_("--help").stdout
    assert "Boats, and" in shown
    assert "\x07" not in shown


def test_a_tab_completes_what_plugins_declare_and_loads_none(site: Site) -> None:
    declare(site)
    assert {"sail", "settings"} <= set(completed("s"))
    assert completed("sai") == ["sail"]
    assert not (site.folder / "boats.py.loaded").exists()


def test_a_declared_command_is_run(site: Site, type_: Type) -> None:
    declare(site)
    assert type_("sail").stdout == "sailing\n"


def test_a_command_that_is_not_declared_is_run_too(site: Site, type_: Type) -> None:
    site.install("boats", SAIL)
    assert type_("sail").stdout == "sailing\n"
    assert completed("sai") == ["sail"]


def test_no_plugin_takes_the_place_of_a_command_of_the_core(site: Site, type_: Type) -> None:
    declare(site, command="status")
    assert type_("--help").stdout.count("\n  status ") == 1


def test_one_that_declares_what_it_does_not_offer_is_named(site: Site, type_: Type) -> None:
    declare(site, command="sale")
    ran = type_("sale")
    assert (ran.returncode, "htmap-boats" in ran.stderr, "htmap_commands" in ran.stderr) == (2, True, True)


def test_one_that_declares_a_command_and_is_broken_or_off_is_named_with_the_reason(
    site: Site, type_: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(site, "1 / 0")
    ran = type_("sail")
    assert (ran.returncode, "'boats'" in ran.stderr, "ZeroDivisionError" in ran.stderr) == (2, True, True)
    monkeypatch.setenv("HTMAP_PLUGINS", "shared")
    assert "HTMAP_PLUGINS" in type_("sail").stderr


FAILING = """
class Leak(HTMapException):
    def __str__(self): return "there is a leak"
@click.group("sail")
def sail(): pass
@sail.command()
@click.argument("what")
def out(what):
    if what == "own": raise Leak
    if what == "usage": raise click.UsageError("no wind")
    if what == "end": raise SystemExit(7)
    if what == "full": raise OSError(28, "no space")
    return {}[what]
@hookimpl
def htmap_commands(): return [sail]
"""


def test_what_goes_wrong_in_a_command_is_told_with_its_plugin(
    site: Site, type_: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(site, FAILING)
    ran = type_("sail", "out", "bug")
    assert (ran.returncode, "Traceback" in ran.stderr) == (1, False)
    assert ("'boats'" in ran.stderr, "KeyError" in ran.stderr) == (True, True)
    assert {what: type_("sail", "out", what).returncode for what in ("own", "usage", "end", "full")} == {
        "own": 1,
        "usage": 2,
        "end": 7,
        "full": 1,
    }
    assert "boats" not in type_("sail", "out", "own").stderr
    monkeypatch.setenv("HTMAP_TRACE_PLUGINS", "1")
    assert "in out" in type_("sail", "out", "bug").stderr


def test_metadata_of_others_that_cannot_be_read_hide_no_command(site: Site, type_: Type) -> None:
    declare(site)
    site.write_metadata("leaky", "[htmap.commands]\nno equals sign\n")
    assert "\n  sail " in type_("--help").stdout


def test_a_one_off_file_is_listed_with_its_path_and_shown_before_it_is_one(
    htmap_dir: Path, type_: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rules.py"
    path.write_text(PREAMBLE + SAIL)
    (tmp_path / "bad.py").write_text("1 / 0")
    shown = type_("plugins", "show", str(path))
    assert (shown.returncode, "sail" in shown.stdout) == (0, True)
    assert "ZeroDivisionError" in type_("plugins", "show", str(tmp_path / "bad.py")).stdout
    assert type_("sail").returncode == 2
    monkeypatch.setenv("HTMAP_PLUGINS_FILES", str(path))
    listed = json.loads(type_("plugins", "list", "--json").stdout)["plugins"]
    assert [row["state"] for row in listed if row["name"] == str(path)] == ["ok"]
    assert type_("sail").stdout == "sailing\n"
