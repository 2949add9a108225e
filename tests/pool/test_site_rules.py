"""Input files that a site has jobs fetch from elsewhere, and places where it forbids maps."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import htmap
from tests.throwaway_plugins import Site

pytestmark = pytest.mark.pool

STORE = """
@hookimpl
def htmap_rewrite_input(file):
    if file.path.parent.name == "staging":
        file.fetch_from(f"file://{file.path.parent.parent}/store/{file.path.name}-1")
@hookimpl
def htmap_rewrite_submit(submit, plan):
    submit.set_attribute("Schemes", f'"{",".join(plan.input_schemes)}"')
"""
PROGRAM = """
import sys, htmap
from pathlib import Path

def read(path):
    return path.name, path.read_text(), open("tide.csv").read()

staging = htmap.TransferPath(sys.argv[1]) / "staging"
options = htmap.MapOptions(fixed_input_files=staging / "tide.csv")
mapped = htmap.map(read, [staging / "a.csv", staging / "b.csv"], map_options=options, tag="tide", chunksize=2)
mapped.wait(timeout=120)
print(list(mapped), mapped.submit_file().count('Schemes = "file"'))
"""
FORBIDDEN = """
@hookimpl
def htmap_check_place(folder): raise HTMapException(f"not in {folder}")
"""


def run(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python where the plugins of a site are installed."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=site.environment(), capture_output=True, text=True, timeout=300, check=False)


def test_jobs_fetch_files_from_where_the_site_has_them(personal_pool: Path, tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.install("boats", STORE)
    for folder, suffix in (("staging", ""), ("store", "-1")):
        (tmp_path / folder).mkdir()
        for name in ("tide", "a", "b"):
            (tmp_path / folder / f"{name}.csv{suffix}").write_text(f"{name} of the {folder}")
    ran = run(site, "-c", PROGRAM, str(tmp_path))
    expected = [(f"{name}.csv", f"{name} of the store", "tide of the store") for name in "ab"]
    assert ran.stdout == f"{expected} 1\n", ran.stderr


def test_no_component_runs_again_and_doctor_says_so_where_maps_must_not_lie(
    personal_pool: Path, tmp_path: Path
) -> None:
    site = Site(tmp_path)
    tide = htmap.map(abs, [-1], tag="tide")
    tide.wait(timeout=120)
    site.install("boats", FORBIDDEN)
    text = f"not in {personal_pool / 'maps'}"
    refused = run(site, "-m", "htmap", "rerun", "map", "tide")
    assert (refused.returncode, text in refused.stderr, tide[0]) == (1, True, 1)
    checked = json.loads(run(site, "-m", "htmap", "doctor", "--json").stdout)["checks"]
    assert [check["verdict"] for check in checked if check["text"] == text] == ["problem"]
