"""On a machine that is no access point of the OSPool the plugin does nothing, and says so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from htmap_ospool import site

import htmap
from htmap_core.testing import run_htmap


@pytest.mark.pool
@pytest.mark.usefixtures("personal_pool")
class TestElsewhere:
    def test_the_list_of_plugins_says_why_the_pool_is_not_used(self) -> None:
        listed = subprocess.run(
            [sys.executable, "-m", "htmap", "plugins", "list"], capture_output=True, text=True, check=True
        ).stdout
        (line,) = [line for line in listed.splitlines() if line.startswith("ospool ") and " no " in line]
        assert {"COLLECTOR_HOST", "OSPOOL.ENABLED"} <= set(line.split())

    def test_maps_need_no_project_and_doctor_asks_for_none(self) -> None:
        mapped = htmap.map(str, [1], map_options=htmap.MapOptions(walltime="30h", hold="true"))
        found = json.loads(run_htmap("job", mapped.tag, "0", "--json").stdout)["attributes"]
        assert {"ProjectName", "JobDurationCategory"} & found.keys() == set()
        checked = json.loads(run_htmap("doctor", "--json").stdout)["checks"]
        assert "project" not in {each["area"] for each in checked}


@pytest.fixture
def configured(htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """HTCondor's configuration of a machine, to which tests add lines."""
    path = tmp_path / "condor_config"
    path.write_text(f"LOG = {tmp_path}\nCOLLECTOR_HOST = cm.tidewater.example\n")
    monkeypatch.setenv("CONDOR_CONFIG", str(path))
    return path


def add(configured: Path, line: str) -> None:
    with configured.open("a") as file:
        file.write(f"{line}\n")


@pytest.mark.parametrize(
    ("line", "is_access_point"),
    [
        ("COLLECTOR_HOST = cm-1.ospool.osg-htc.org", True),
        ("COLLECTOR_HOST = cm-1.ospool.osg-htc.org:9618, cm-2.ospool.osg-htc.org:9618?sock=collector", True),
        ("COLLECTOR_HOST = CM-1.OSPool.OSG-HTC.org", True),
        ("COLLECTOR_HOST = cm-1.ospool-itb.osg-htc.org", True),
        ("COLLECTOR_HOST = flock.opensciencegrid.org", True),
        ("COLLECTOR_HOST = cm-1.ospool.osg-htc.org.example.net", False),
        ("COLLECTOR_HOST = notospool.osg-htc.org", False),
        ("COLLECTOR_HOST = cm-1.path-facility.osg-htc.org", False),
        ("COLLECTOR_HOST =", False),
        ("FLOCK_TO = cm-1.ospool.osg-htc.org", False),
    ],
)
def test_an_access_point_is_known_by_its_collector(line: str, is_access_point: bool, configured: Path) -> None:
    add(configured, line)
    assert (site.why_not() is None) is is_access_point


@pytest.mark.parametrize("flocks", [True, False])
def test_a_machine_that_only_flocks_to_the_ospool_is_told_so(flocks: bool, configured: Path) -> None:
    add(configured, "FLOCK_TO = cm.other.example, cm-2.ospool.osg-htc.org" if flocks else "FLOCK_TO = cm.other.example")
    assert site.Ospool().find() is None
    said = site.Ospool().advice()
    assert ("FLOCK_TO" in said, "COLLECTOR_HOST" in said) == (flocks, not flocks)
    assert "OSPOOL.ENABLED = true" in said


def test_a_collector_of_the_settings_counts_before_that_of_the_configuration(configured: Path) -> None:
    htmap.settings["HTCONDOR.COLLECTOR"] = "cm-1.ospool.osg-htc.org"
    assert site.why_not() is None
    add(configured, "COLLECTOR_HOST = cm-1.ospool.osg-htc.org")
    htmap.settings["HTCONDOR.COLLECTOR"] = "cm.tidewater.example"
    assert site.why_not() is not None


def test_who_switches_it_on_or_off_gets_it(configured: Path) -> None:
    htmap.settings["OSPOOL.ENABLED"] = True
    assert site.why_not() is None
    add(configured, "COLLECTOR_HOST = cm-1.ospool.osg-htc.org")
    htmap.settings["OSPOOL.ENABLED"] = False
    assert "OSPOOL.ENABLED" in str(site.why_not())
    assert site.Ospool().find() is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("OSPOOL.ENABLED", True), ("HTCONDOR.SCHEDULER", "ap40"), ("HTCONDOR.COLLECTOR", "cm-1.ospool.osg-htc.org")],
)
def test_settings_that_name_it_or_its_schedd_name_the_pool(name: str, value: object, configured: Path) -> None:
    add(configured, "COLLECTOR_HOST = cm-1.ospool.osg-htc.org")
    assert site.Ospool().named_by() is None
    htmap.settings[name] = value
    assert name in str(site.Ospool().named_by())
    htmap.settings["OSPOOL.ENABLED"] = False
    assert site.Ospool().named_by() is None


@pytest.mark.usefixtures("htmap_dir")
def test_the_list_of_plugins_names_the_steps_in_which_it_takes_a_hand() -> None:
    listed = json.loads(run_htmap("plugins", "list", "--json").stdout)
    (row,) = [row for row in listed["plugins"] if row["name"] == "ospool"]
    assert row["steps"] == ["places", "input files", "submit description"]
    assert row["answers"] == ["checks", "site words"]
