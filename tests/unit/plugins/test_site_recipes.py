"""The rules in the recipes for sites, without a pool: ``tests/pool/test_site_recipes.py`` runs maps with them."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from htmap_core import HTMapException, InputFile, Interruption, MapOptions
from tests.house.tree import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECIPES = ROOT / "examples" / "sites"
SITES = ("chtc", "desy", "ligo", "lpc")
GB = 10**9
HOUR = 3600


def rules(site: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"recipe_{site}", RECIPES / f"{site}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("site", SITES)
def test_rules_say_what_is_assumed_and_where_the_rest_was_read(site: str) -> None:
    docstring = ast.get_docstring(ast.parse((RECIPES / f"{site}.py").read_text())) or ""
    assert len(re.findall("^- ", docstring, re.MULTILINE)) >= 3
    assert "assumptions" in docstring


@pytest.mark.parametrize("site", SITES)
def test_settings_name_the_rules_and_how_to_get_them(site: str) -> None:
    text = (RECIPES / f"{site}.toml").read_text()
    assert tomllib.loads(text)["PLUGINS"]["FILES"] == [f"~/htmap-sites/{site}.py"]
    assert f"htmap docs {site}.py > ~/htmap-sites/{site}.py" in text


def uncommented(text: str) -> Iterator[str]:
    """Yield a file of settings with each of its commented settings switched on, one at a time."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"# [\w.]+ = ", line):
            yield "\n".join([*lines[:number], line[2:], *lines[number + 1 :]])


@pytest.mark.parametrize("site", SITES)
def test_settings_that_are_commented_out_can_be_switched_on(site: str) -> None:
    found = list(uncommented((RECIPES / f"{site}.toml").read_text()))
    assert found or site == "lpc"
    for text in found:
        MapOptions(**{name: value for name, value in tomllib.loads(text)["MAP_OPTIONS"].items() if name != "MY"})


def test_the_overview_has_all_recipes() -> None:
    text = (RECIPES / "README.md").read_text()
    assert {path.name for path in RECIPES.iterdir() if path.suffix in {".py", ".toml"}} <= set(
        re.findall(r"`([\w.]+)`", text)
    )


# --- CHTC


@pytest.mark.parametrize(
    ("path", "size", "url"),
    [
        ("/staging/b/bucky/sea.csv", GB // 2, "osdf:///chtc/staging/b/bucky/sea.csv"),
        ("/staging/b/bucky/high tide.csv", 30 * GB, "osdf:///chtc/staging/b/bucky/high%20tide.csv"),
        ("/staging/b/bucky/sea.csv", 31 * GB, "file:///staging/b/bucky/sea.csv"),
        ("/staging/groups/tides/sea.csv", GB, "file:///staging/groups/tides/sea.csv"),
        ("/home/bucky/sea.csv", GB, None),
    ],
)
def test_chtc_fetches_files_by_their_size_and_place(path: str, size: int, url: str | None) -> None:
    file = InputFile(Path(path), size=size)
    rules("chtc").htmap_rewrite_input(file)
    assert (file.url, file.warnings) == (url, [])


def test_chtc_tells_of_large_files_outside_of_staging() -> None:
    file = InputFile(Path("/home/bucky/sea.csv"), size=2 * GB)
    rules("chtc").htmap_rewrite_input(file)
    assert (file.url, len(file.warnings)) == (None, 1)


@pytest.mark.parametrize(
    "file",
    [
        InputFile(Path("/staging/b/bucky/sea.csv"), size=101 * GB),
        InputFile(Path("/staging/b/bucky/seas"), is_folder=True),
    ],
    ids=["too large", "a folder"],
)
def test_chtc_refuses_what_does_not_travel_from_staging(file: InputFile) -> None:
    with pytest.raises(HTMapException, match=str(file.path)):
        rules("chtc").htmap_rewrite_input(file)


def test_chtc_takes_no_maps_in_staging(tmp_path: Path) -> None:
    rules("chtc").htmap_check_place(tmp_path)
    with pytest.raises(HTMapException, match="HTMAP_DIR"):
        rules("chtc").htmap_check_place(Path("/staging/b/bucky/.htmap"))


@pytest.mark.parametrize(("options", "hours"), [({}, 72), ({"want_ospool": True}, 40), ({"want_ospool": False}, 72)])
def test_chtc_gives_jobs_less_time_elsewhere(options: dict[str, Any], hours: int) -> None:
    assert rules("chtc").Chtc().time_limit(MapOptions(**options)) == hours * HOUR


# --- DESY


@pytest.mark.parametrize(
    ("options", "seconds"), [({}, 3 * HOUR), ({"MY.RequestRuntime": "7200"}, 2 * HOUR), ({"walltime": "9h"}, None)]
)
def test_desy_gives_jobs_three_hours_unless_they_ask_for_others(options: dict[str, Any], seconds: int | None) -> None:
    assert rules("desy").Naf().time_limit(MapOptions(**options)) == seconds


def test_desy_has_words_for_a_job_that_it_removes_and_for_no_hold() -> None:
    words = rules("desy").htmap_site_words(Interruption("removal", "q;r", "too long"))
    assert "'q;r'" in words.advice
    assert rules("desy").htmap_site_words(Interruption("hold", "tide", "disk")) is None


# --- the LPC


@pytest.mark.parametrize("name", ["RecentDaemonCoreDutyCycle", "ShadowsRunning", "TotalIdleJobs"])
def test_each_kind_of_load_makes_a_schedd_of_the_lpc_less_wanted(name: str) -> None:
    lpc = rules("lpc")
    quiet = {**dict.fromkeys(lpc.LOAD, 0), "MaxJobsRunning": 100}
    assert lpc.weight({**quiet, name: 50}) > lpc.weight(quiet) == 0


def test_the_weights_of_the_lpc_are_those_of_its_own_tools() -> None:
    ad = {"RecentDaemonCoreDutyCycle": 0.5, "ShadowsRunning": 10, "MaxJobsRunning": 40, "TotalIdleJobs": 30}
    assert rules("lpc").weight(ad) == pytest.approx(0.7 * 50 + 0.2 * 25 + 0.1 * 30)
