"""On a machine that is not CERN the plugin does nothing, and says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from htmap_cern import TicketNeeded, site

import htmap
from htmap_core.exceptions import UnreadableConfiguration
from htmap_core.testing import eventually, run_htmap
from tests.golden_files import Golden


@pytest.mark.pool
@pytest.mark.usefixtures("personal_pool")
class TestElsewhere:
    def test_the_list_of_plugins_says_why_the_pool_is_not_used(self) -> None:
        listed = subprocess.run(
            [sys.executable, "-m", "htmap", "plugins", "list"], capture_output=True, text=True, check=True
        ).stdout
        (line,) = [line for line in listed.splitlines() if line.startswith("cern ") and " no " in line]
        assert {"UID_DOMAIN", "CERN.ENABLED"} <= set(line.split())

    def test_maps_go_elsewhere_and_stay_as_they_are(self) -> None:
        htmap.settings["CERN.JOB_FLAVOUR"] = "espresso"
        mapped = htmap.map(str, [1], map_options=htmap.MapOptions(hold="true"))
        ad = json.loads(run_htmap("job", mapped.tag, "0", "--json").stdout)[
            "attributes"
        ]  # of the personal pool: there is no other
        assert ad["JobBatchName"] == mapped.tag
        assert {"JobFlavour", "SendCredential"} & ad.keys() == set()

    def test_who_insists_gets_it(self, personal_pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CONDOR_CONFIG", str(personal_pool / "pool" / "condor_config"))
        htmap.settings["CERN.ENABLED"] = True
        found = site.CernPool().find()
        assert found is not None
        assert (found.pool, found.schedd) == ("cern", None)

    def test_doctor_asks_for_its_checks_where_maps_go_to_it_and_nowhere_else(
        self, personal_pool: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = json.loads(run_htmap("doctor", "--json").stdout)["checks"]
        assert "ticket" not in {each["area"] for each in elsewhere}
        be_at_cern(personal_pool, monkeypatch)
        checked = json.loads(run_htmap("doctor", "--json").stdout)["checks"]
        assert [each["verdict"] for each in checked if each["area"] == "ticket"] == ["ok"]

    def test_its_words_are_told_of_its_own_maps_alone(
        self, personal_pool: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        options = htmap.MapOptions(hold="true")
        elsewhere = htmap.map(str, [1], map_options=options, tag="elsewhere")
        be_at_cern(personal_pool, monkeypatch)
        there = htmap.map(str, [1], map_options=options, tag="there")
        eventually(lambda: elsewhere.holds and there.holds, says="both are held")
        assert elsewhere.why()[0].site == ()
        (words,) = there.why()[0].site
        assert "24 hours" in words
        for command in ("why", "reasons"):
            assert words in run_htmap(command, "there").stdout
            assert words not in run_htmap(command, "elsewhere").stdout

    def test_who_switches_it_off_is_told_so(self, golden: Golden) -> None:
        htmap.settings["CERN.ENABLED"] = False
        golden("cern/who-switches-it-off-is-told-so", site.CernPool().advice())


def be_at_cern(personal_pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let maps go to the personal pool as if it were CERN's, without a ticket."""
    monkeypatch.setenv("CONDOR_CONFIG", str(personal_pool / "pool" / "condor_config"))
    htmap.settings["CERN.ENABLED"] = True
    htmap.settings["CERN.SEND_CREDENTIAL"] = False


@pytest.mark.usefixtures("htmap_dir")
def test_the_list_of_plugins_names_the_steps_in_which_it_takes_a_hand(golden: Golden) -> None:
    listed = json.loads(run_htmap("plugins", "list", "--json").stdout)
    (row,) = [row for row in listed["plugins"] if row["name"] == "cern"]
    assert row["steps"] == ["places", "input files", "credentials", "submit description"]
    assert row["answers"] == ["checks", "site words"]
    shown = run_htmap("plugins", "list").stdout
    (line,) = (line for line in shown.splitlines() if "htmap-cern" in line)
    golden("cern/the-list-of-plugins-names-the-steps", line.split("; ")[-1])


@pytest.mark.parametrize(
    ("line", "is_cern"),
    [
        ("UID_DOMAIN = cern.ch", True),
        ("UID_DOMAIN = notcern.ch", False),
        ("COLLECTOR_HOST = collector1.cern.ch:9618, collector2.cern.ch", True),
        ("COLLECTOR_HOST = cern.ch.example.org", False),
        ("SCHEDD_HOST = bigbird99.CERN.CH", True),
        ("SCHEDD_HOST = alice@bigbird99.cern.ch", True),
    ],
)
def test_cern_is_known_by_its_domain_in_htcondors_configuration(
    line: str, is_cern: bool, htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "condor_config").write_text(f"LOG = {tmp_path}\nUID_DOMAIN = example.org\n{line}\n")
    monkeypatch.setenv("CONDOR_CONFIG", str(tmp_path / "condor_config"))
    assert (site.why_not() is None) is is_cern


@pytest.mark.parametrize("program", ["myschedd.sh", "other.sh"])
def test_who_has_no_ticket_and_so_no_schedd_is_told_what_to_type(
    program: str, htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / program).write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / program).chmod(0o700)
    (tmp_path / "condor_config").write_text(f"LOCAL_CONFIG_FILE = {tmp_path / program} |\n")
    (tmp_path / "klist").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "klist").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("CONDOR_CONFIG", str(tmp_path / "condor_config"))
    with pytest.raises(TicketNeeded if program == "myschedd.sh" else UnreadableConfiguration):
        site.CernPool().find()


@pytest.mark.usefixtures("htmap_dir")
@pytest.mark.parametrize(
    ("name", "value"),
    [("CERN.SCHEDD", "bigbird99.cern.ch"), ("HTCONDOR.SCHEDULER", "bigbird99"), ("CERN.ENABLED", True)],
)
def test_settings_that_name_its_schedd_name_the_pool(
    name: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "condor_config").write_text(f"LOG = {tmp_path}\nUID_DOMAIN = cern.ch\n")
    monkeypatch.setenv("CONDOR_CONFIG", str(tmp_path / "condor_config"))
    assert site.CernPool().named_by() is None
    htmap.settings[name] = value
    assert name in str(site.CernPool().named_by())
    htmap.settings["CERN.ENABLED"] = False
    assert site.CernPool().named_by() is None
