"""Maps on a pool where a site's plugin does not work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import htmap
from htmap import ComponentStatus
from tests.throwaway_plugins import Site

pytestmark = pytest.mark.pool

PROJECT = """
@hookimpl
def htmap_rewrite_submit(submit): submit.set_default("+Project", '"tides"')
"""
MISTAKE = PROJECT.replace("(submit)", "(submit, map)")
PROGRAM = """
import htmap
tide = htmap.map(abs, [-1], tag="tide")
print(list(tide.iter(timeout=120)), tide.submit_file().count("Project"))
"""


def run(site: Site, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python where the plugins of a site are installed."""
    inherited = {**os.environ, "PYTHONPATH": str(site.folder), **environment}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=inherited, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(("source", "projects"), [(PROJECT, 1), (MISTAKE, 0)])
def test_a_map_that_goes_without_a_sites_plugin_says_so(
    personal_pool: Path, tmp_path: Path, source: str, projects: int
) -> None:
    site = Site(tmp_path)
    site.install("boats", source)
    ran = run(site, "-c", PROGRAM)
    assert ran.stdout == f"[1] {projects}\n", ran.stderr
    assert ("PluginIsOff" in ran.stderr) == ("htmap-boats" in ran.stderr) == (projects == 0)


def test_a_map_that_must_not_go_without_it_is_not_made(personal_pool: Path, tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.install("boats", MISTAKE)
    before = sorted(personal_pool.rglob("*"))
    ran = run(site, "-c", PROGRAM, HTMAP_PLUGINS_REQUIRED="boats")
    assert ran.returncode == 1
    assert "RequiredPluginError" in ran.stderr
    assert "tide" not in htmap.get_tags()
    assert [path for path in personal_pool.rglob("*") if path not in before and "maps" in path.parts] == []


def test_components_are_not_run_again_without_it_either(personal_pool: Path, tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.install("boats", MISTAKE)
    tide = htmap.map(abs, [-1], tag="tide")
    tide.wait(timeout=120)
    refused = run(site, "-m", "htmap", "rerun", "map", "tide", HTMAP_PLUGINS_REQUIRED="boats")
    assert (refused.returncode, "htmap-boats" in refused.stderr) == (1, True)
    assert (tide.component_statuses, tide[0]) == ([ComponentStatus.COMPLETED], 1)
    warned = run(site, "-m", "htmap", "rerun", "map", "tide")
    assert (warned.returncode, "htmap-boats" in warned.stderr) == (0, True)
    assert list(tide.iter(timeout=120)) == [1]


CARGO = """
@hookimpl
def htmap_checks(): return [Check("cargo", "{verdict}", "there is none")]
"""


@pytest.mark.parametrize(("verdict", "code"), [("note", 0), ("problem", 1)])
def test_a_plugin_that_finds_a_problem_makes_doctor_fail(
    personal_pool: Path, tmp_path: Path, verdict: str, code: int
) -> None:
    site = Site(tmp_path)
    site.install("boats", CARGO.format(verdict=verdict))
    ran = run(site, "-m", "htmap", "doctor")
    assert (ran.returncode, [line.split()[:2] for line in ran.stdout.splitlines() if "cargo" in line]) == (
        code,
        [["cargo", verdict]],
    )
