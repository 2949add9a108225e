"""The doctor's checks, without a pool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from htmap_core.diagnosis.doctor import checks
from htmap_core.storage.mapdir import MapDir
from tests.throwaway_plugins import Site

HARBOUR = """
from collections.abc import Callable
from pathlib import Path
from htmap_core import DeliveryMethod, Pool, PoolAddress, Suitability, hookimpl

def note(what):
    with Path(__file__).with_name(what).open("a") as file:
        file.write("once ")

class Harbour(Pool):
    name = "harbour"
    rank = 1000
    def find(self):
        note("asked")
    def advice(self):
        return "there is no water"

class Sea(Harbour):
    name = "sea"
    rank = 2000
    def find(self):
        note("asked-sea")
        configuration = Path(__file__).with_name("condor_config")
        configuration.write_text(f"LOG = {configuration.parent}\\nCOLLECTOR_HOST = 127.0.0.1:9\\n")  # where nobody answers
        return PoolAddress("sea", configuration=configuration)

class Ferry(DeliveryMethod):
    name = "ferry"
    def check(self, pool):
        note("checked")
        return Suitability.yes("it is always there", rank=1000)
    def describe(self, submit, plan):
        pass

@hookimpl
def htmap_pools():
    return [Harbour(), Sea()]

@hookimpl
def htmap_delivery_methods():
    return [Ferry()]
"""


@pytest.mark.parametrize("chosen", ["auto", "ferry"])
def test_each_pool_and_each_delivery_method_is_asked_once(htmap_dir: Path, tmp_path: Path, chosen: str) -> None:
    (tmp_path / "throwaway_harbour.py").write_text(HARBOUR)
    info = tmp_path / "htmap_harbour-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: htmap-harbour\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[htmap]\nharbour = throwaway_harbour\n")
    command = [sys.executable, "-m", "htmap", "doctor", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "HTMAP_DELIVERY_METHOD": chosen}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    asked = {name: (tmp_path / name).read_text() for name in ("asked", "asked-sea", "checked")}
    assert asked == {"asked": "once ", "asked-sea": "once ", "checked": "once "}
    checks = json.loads(ran.stdout)["checks"]
    assert (checks[-1]["area"], checks[-1]["verdict"], "ferry" in checks[-1]["text"]) == ("delivery", "ok", True)
    of_harbour = [each for each in checks if each["text"].startswith("harbour:")]
    assert of_harbour == [
        {"area": "pool", "verdict": "note", "text": "harbour: there is no water", "advice": ""},
    ]


CARGO = """
@hookimpl
def htmap_checks(pool):
    cargo = Check("cargo", "note", f"there is little of it in the {pool.address.pool}", "Bring some")
    return [cargo, Check("wind", "ok", "west")]
"""


def test_checks_of_a_plugin_stand_among_the_others_for_the_pool_that_maps_go_to(
    htmap_dir: Path, tmp_path: Path
) -> None:
    site = Site(tmp_path)
    site.install("boats", HARBOUR + CARGO)
    _, checked = all_checks(site)
    areas = [each["area"] for each in checked]
    assert areas.index("cargo") + 1 == areas.index("wind") < areas.index("delivery")
    (cargo,) = (each for each in checked if each["area"] == "cargo")
    assert (cargo["verdict"], "the sea" in cargo["text"], cargo["advice"]) == ("note", True, "Bring some")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files to others")
@pytest.mark.parametrize("part", ["", "tags", "maps/id-of-tide", "maps/id-of-tide/map.json", "tags/tide"])
def test_whatever_another_user_owns_in_htmap_dir_is_a_problem(
    htmap_dir: Path, make_map: Callable[..., MapDir], part: str
) -> None:
    make_map("tide")
    assert "problem" not in {each.verdict for each in checks() if each.area == "files"}
    os.chown(htmap_dir / part, 4711, -1)
    found = next(each for each in checks() if each.area == "files")
    assert (found.verdict, str(htmap_dir / part) in found.text, "4711" in found.text) == ("problem", True, True)
    assert found.advice


# --- plugins


def doctor(site: Site, **environment: str) -> tuple[int, list[dict[str, str]]]:
    """Return the exit code of ``htmap doctor`` where the plugins of a site are installed, and its checks of plugins."""
    code, checked = all_checks(site, **environment)
    return code, [each for each in checked if each["area"] == "plugins"]


def all_checks(site: Site, **environment: str) -> tuple[int, list[dict[str, str]]]:
    """Return the exit code, and all checks."""
    command = [sys.executable, "-m", "htmap", "doctor", "--json"]
    inherited = {**os.environ, "PYTHONPATH": str(site.folder), **environment}
    ran = subprocess.run(command, env=inherited, capture_output=True, text=True, timeout=300, check=False)
    return ran.returncode, json.loads(ran.stdout)["checks"]


def problems(checked: list[dict[str, str]]) -> list[dict[str, str]]:
    return [each for each in checked if each["verdict"] == "problem"]


@pytest.mark.parametrize(
    "source",
    ["import nowhere_to_be_found", "@hookimpl\ndef htmap_rewrite_submit(map): pass", "def htmap_pools(): return []"],
)
def test_a_plugin_that_does_not_work_is_a_problem_with_what_to_type(
    htmap_dir: Path, tmp_path: Path, source: str
) -> None:
    site = Site(tmp_path)
    site.install("boats", source)
    code, checked = doctor(site)
    (problem,) = problems(checked)
    assert code == 1
    assert problem["text"].startswith("boats (htmap-boats)")
    assert "`pip uninstall htmap-boats`" in problem["advice"]


def test_a_required_plugin_that_is_not_installed_is_a_problem(htmap_dir: Path, tmp_path: Path) -> None:
    _, checked = doctor(Site(tmp_path), HTMAP_PLUGINS_REQUIRED="cern,boats")
    (problem,) = problems(checked)
    assert problem["text"].startswith("boats ")
    assert "HTMAP_PLUGINS_REQUIRED" in problem["text"]


@pytest.mark.parametrize(("required", "is_ok"), [("", True), ("boats", False)])
def test_a_required_plugin_whose_pool_cannot_be_asked_is_not_said_to_be_well(
    htmap_dir: Path, tmp_path: Path, required: str, is_ok: bool
) -> None:
    site = Site(tmp_path)
    site.install("boats", HARBOUR.replace('note("asked")', "1 / 0"))
    _, checked = all_checks(site, HTMAP_PLUGINS_REQUIRED=required)
    (of_plugin,) = (each for each in checked if each["text"].startswith("boats "))
    assert (of_plugin["verdict"] == "ok") == is_ok
    assert any(each["text"].startswith("harbour") for each in problems(checked)) != is_ok


@pytest.mark.parametrize("starts", [True, False])
def test_that_no_pool_runs_is_a_problem_unless_the_next_map_starts_one(
    htmap_dir: Path, tmp_path: Path, starts: bool
) -> None:
    site = Site(tmp_path)
    named = f"def starts_when_needed(self):\n        return {starts}\n    def named_by(self):\n        return 'QUAY'"
    site.install("boats", HARBOUR.replace(", Sea()]", "]").replace("def advice", f"{named}\n    def advice"))
    _, checked = all_checks(site, HTMAP_PLUGINS="boats")
    last = [each for each in checked if each["area"] == "pool"][-1]
    assert (last["verdict"], "harbour" in last["advice"]) == (("note", True) if starts else ("problem", False))


@pytest.mark.parametrize(("required", "verdict"), [("", "note"), ("boats", "problem")])
def test_a_plugin_that_is_switched_off_is_a_problem_if_it_is_required(
    htmap_dir: Path, tmp_path: Path, required: str, verdict: str
) -> None:
    site = Site(tmp_path)
    site.install("boats", "1 / 0")
    _, checked = doctor(site, HTMAP_PLUGINS_DISABLED="boats", HTMAP_PLUGINS_REQUIRED=required)
    told = [each["verdict"] for each in checked if each["text"].startswith("boats ")]
    assert (told[-1], len(problems(checked))) == (verdict, int(verdict == "problem"))


@pytest.mark.parametrize("name", ["DISABLED", "REQUIRED"])
def test_a_choice_of_plugins_that_is_no_list_is_a_problem(htmap_dir: Path, name: str) -> None:
    command = [sys.executable, "-c", CHECKS.format(name=name)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ran.stdout == "['settings']\n", ran.stderr


CHECKS = """
import htmap
from htmap_core.diagnosis.doctor import checks
htmap.settings["PLUGINS.{name}"] = {{"boats": True}}
print([each.area for each in checks() if each.verdict == "problem" and each.area not in ("pool", "delivery")])
"""
