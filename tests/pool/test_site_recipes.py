"""The recipes for sites, as their users take them, on a pool whose schedd and slots advertise what those of the sites do.

Each recipe is a file of settings and a file of rules, which are put where the former says. Then a program makes a plan and a map.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import classad2
import pytest
import trustme

from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.testing import eventually, pool_of_its_own

pytestmark = pytest.mark.pool

POOL = """
HasCHTCStaging = true
IS_GLIDEIN = true
Runtime = 604800
STARTD_ATTRS = $(STARTD_ATTRS) HasCHTCStaging IS_GLIDEIN Runtime
FERMIHTC_SCHEDD_TYPE = "CMSLPC"
FERMIHTC_DRAIN_LPCSCHEDD = false
SCHEDD_ATTRS = $(SCHEDD_ATTRS) FERMIHTC_SCHEDD_TYPE FERMIHTC_DRAIN_LPCSCHEDD
EXTENDED_SUBMIT_COMMANDS @=end
    want_campus_pools = true
    want_ospool = true
@end
"""

# What the configuration of the site's machines says, besides.
CLIENTS = {
    "desy": "UID_DOMAIN = desy.de",
    "chtc": "UID_DOMAIN = chtc.wisc.edu",
    "lpc": "FERMIHTC_REMOTE_POOL = 127.0.0.1:1, $(COLLECTOR_HOST)",  # one of the collectors is down
    "ligo": "SEC_CREDENTIAL_STORER = {folder}/storer",
}

PROGRAM = """
import json, sys, warnings
import htmap

def double(x):
    return 2 * x

told = json.loads(sys.argv[1])
htmap.settings["DELIVERY_METHOD"] = told["method"]
options = htmap.MapOptions(**told["options"])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    plan = htmap.plan(double, range(told["components"]), options, chunksize=1)
    found = {"pool": plan.pool, "schedd": plan.schedd, "commands": plan.commands, "method": plan.delivery_method}
    if told["runs"]:
        made = htmap.map(double, range(told["components"]), options, chunksize=1)
        found["results"] = list(made.iter(timeout=180))
        found["submit"] = made.submit_file()
    if told["reruns"]:
        made.rerun()
        found["again"] = list(made.iter(timeout=180))
found["warnings"] = [*map(str, plan.warnings), *(type(each.message).__name__ for each in caught)]
print(json.dumps(found))
"""


@attrs.frozen
class Users:
    """The users of a site, who have its recipe."""

    site: str
    home: Path
    configuration: Path

    def environment(self) -> dict[str, str]:
        named = {"HOME": self.home, "HTMAP_DIR": self.home / ".htmap", "CONDOR_CONFIG": self.configuration}
        return {**os.environ, **{name: str(path) for name, path in named.items()}, "HTMAP_CONFIG": ""}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command], env=self.environment(), capture_output=True, text=True, timeout=500, check=False
        )

    def tried(
        self, *, runs: bool = False, reruns: bool = False, method: str = "shared", components: int = 2, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        told = {"runs": runs, "reruns": reruns, "method": method, "components": components, "options": options}
        return self.run("-c", PROGRAM, json.dumps(told))

    def plan(self, **told: Any) -> dict[str, Any]:
        """Return what came of a plan, or of a plan and a map."""
        ran = self.tried(**told)
        assert ran.returncode == 0, ran.stderr
        return dict(json.loads(ran.stdout))

    def refusal(self, **told: Any) -> str:
        """Return the error with which a map is refused."""
        ran = self.tried(**told)
        assert ran.returncode == 1, ran.stdout
        return ran.stderr.strip().rpartition("\nTraceback")[2]

    def dry_run(self, submit: str) -> Any:
        """Return the ad that condor_submit makes of a description."""
        file, out = self.home / "tide.sub", self.home / "dry"
        file.write_text(submit)
        program = self.configuration.parent / "condor_submit"
        made = subprocess.run(
            [program, "-dry-run", out, file], env=self.environment(), capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, made.stderr
        return classad2.parseOne(out.read_text())


@pytest.fixture(scope="module")
def sites(installed_htcondor: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Users]]:
    folder = tmp_path_factory.mktemp("sites")
    with pool_of_its_own(installed_htcondor, POOL) as own:
        pool = (own / "pool").resolve()
        (folder / "condor_submit").symlink_to(pool / "htcondor" / "usr" / "bin" / "condor_submit")
        yield {name: made(name, folder, pool) for name in CLIENTS}


def made(name: str, folder: Path, pool: Path) -> Users:
    """Return users who have done what the recipe's file of settings says."""
    home, configuration = folder / name, folder / f"{name}.conf"
    (home / "htmap-sites").mkdir(parents=True)
    (home / ".htmap").mkdir()
    configuration.write_text(f"include : {pool}/condor_config\n{CLIENTS[name].format(folder=folder)}\n")
    users = Users(name, home, configuration)
    for file, place in ((f"{name}.py", home / "htmap-sites" / f"{name}.py"), (f"{name}.toml", home / ".htmaprc")):
        place.write_text(users.run("-m", "htmap", "docs", file).stdout)
    return users


class TestDesy:
    @pytest.fixture
    def users(self, sites: dict[str, Users]) -> Users:
        return sites["desy"]

    def test_a_map_runs_with_the_runtime_that_it_wants_and_the_sites_memory(self, users: Users) -> None:
        found = users.plan(runs=True, method="auto", walltime="2h")
        assert (found["results"], found["pool"], found["method"]) == ([0, 2], "naf", "shared")
        ad = users.dry_run(found["submit"])
        assert (ad["RequestMemory"], ad.eval("RequestRuntime") > 7200) == (1500, True)

    def test_without_a_walltime_the_site_gives_three_hours(self, users: Users) -> None:
        commands = users.plan()["commands"]
        assert "MY.RequestRuntime" not in commands
        assert commands["MY.HTMapTimeLimit"] == "10800"

    def test_a_strangers_accounting_group_is_refused_with_the_groups_of_the_user(self, users: Users) -> None:
        refused = users.refusal(accounting_group="af-strangers")
        assert "NotYourGroup" in refused
        assert "id -Gn" in refused
        assert users.plan(accounting_group="root")["commands"]["accounting_group"] == "root"

    def test_the_doctor_looks_for_ticket_and_token(self, users: Users) -> None:
        found = json.loads(users.run("-m", "htmap", "doctor", "--json").stdout)["checks"]
        assert {"ticket", "AFS token"} <= {each["area"] for each in found}


class TestChtc:
    @pytest.fixture
    def users(self, sites: dict[str, Users]) -> Users:
        return sites["chtc"]

    def test_a_file_in_staging_sends_jobs_to_slots_that_see_it(self, users: Users) -> None:
        (users.home / "sea.txt").write_text("salt")
        found = users.plan(runs=True, fixed_input_files=f"file://{users.home}/sea.txt")
        assert (found["results"], found["pool"]) == ([0, 2], "chtc")
        assert "HasCHTCStaging" in str(users.dry_run(found["submit"])["Requirements"])

    def test_such_a_map_cannot_run_elsewhere(self, users: Users) -> None:
        assert "want_ospool" in users.refusal(fixed_input_files="file:///etc/hostname", want_ospool=True)

    def test_maps_that_may_run_elsewhere_say_so_in_the_sites_own_commands(self, users: Users) -> None:
        found = users.plan(want_campus_pools=True, want_ospool=True)
        assert {found["commands"][name] for name in ("want_campus_pools", "want_ospool")} == {"true"}
        assert "HasCHTCStaging" not in found["commands"].get("requirements", "")

    def test_ten_thousand_jobs_get_a_word(self, users: Users) -> None:
        assert "chtc@cs.wisc.edu" in str(users.plan(components=10_000)["warnings"])
        assert "chtc@cs.wisc.edu" not in str(users.plan(components=9_999)["warnings"])


class TestLpc:
    @pytest.fixture(scope="class")
    @classmethod
    def users(cls, sites: dict[str, Users], installed_htcondor: Path) -> Users:
        users = sites["lpc"]
        proxy = users.home / f"x509up_u{os.getuid()}"
        certificate = trustme.CA().issue_cert("ada.example.org")
        chain = b"".join(each.bytes() for each in certificate.cert_chain_pems)
        proxy.write_bytes(chain + certificate.private_key_pem.bytes())
        proxy.chmod(0o600)
        pool = Connection(PoolAddress("machine", configuration=users.configuration))
        load = {"FERMIHTC_SCHEDD_TYPE": "CMSLPC", "MaxJobsRunning": 100, "ShadowsRunning": 0, "TotalIdleJobs": 0}
        others = {
            "busy.example": {**load, "RecentDaemonCoreDutyCycle": 0.99, "ShadowsRunning": 99, "TotalIdleJobs": 9000},
            "draining.example": {**load, "RecentDaemonCoreDutyCycle": 0.0, "FERMIHTC_DRAIN_LPCSCHEDD": True},
            "strangers.example": {**load, "RecentDaemonCoreDutyCycle": 0.0, "FERMIHTC_SCHEDD_TYPE": "GRID"},
        }
        address = {"MyType": "Scheduler", "MyAddress": "<127.0.0.1:9>", "ScheddIpAddr": "<127.0.0.1:9>"}
        ads = [classad2.ClassAd({**address, "Name": name, "Machine": name, **ad}) for name, ad in others.items()]
        with pool._daemons.bindings() as condor:
            condor.Collector().advertise(ads, "UPDATE_SCHEDD_AD")
        eventually(lambda: len(pool.schedds()) == 4, says="the collector has all schedds")
        return users

    def test_a_map_runs_by_the_schedd_that_has_least_to_do_with_the_proxy(self, users: Users) -> None:
        found = users.plan(runs=True, reruns=True)
        assert (found["results"], found["again"], found["pool"]) == ([0, 2], [0, 2], "lpc")
        assert found["schedd"] not in {"busy.example", "draining.example", "strangers.example", None}
        ad = users.dry_run(found["submit"])
        assert ad["x509userproxy"] == str(users.home / f"x509up_u{os.getuid()}")

    def test_jobs_run_in_the_image_that_the_settings_name(self, users: Users) -> None:
        commands = users.plan(method="singularity")["commands"]
        assert commands["MY.SingularityImage"].startswith('"/cvmfs/unpacked.cern.ch/')

    def test_without_a_proxy_nothing_is_submitted_and_the_next_command_is_named(self, users: Users) -> None:
        refused = users.refusal(runs=True, x509userproxy=str(users.home / "gone"))
        assert "ProxyNeeded" in refused
        assert "voms-proxy-init" in refused
        found = json.loads(users.run("-m", "htmap", "doctor", "--json").stdout)["checks"]
        assert [each["verdict"] for each in found if each["area"] == "proxy"] == ["ok"]

    def test_maps_lie_where_schedds_see_them(self, users: Users, tmp_path: Path) -> None:
        elsewhere = attrs.evolve(users, home=tmp_path)
        moved = {**elsewhere.environment(), "HOME": str(users.home)}
        told = json.dumps({"runs": True, "reruns": False, "method": "shared", "components": 1, "options": {}})
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, told], env=moved, capture_output=True, text=True, timeout=300, check=False
        )
        assert "NotSeenBySchedds" in ran.stderr


class TestLigo:
    @pytest.fixture(scope="class")
    @classmethod
    def users(cls, sites: dict[str, Users]) -> Users:
        users = sites["ligo"]
        storer = users.home.parent / "storer"
        storer.write_text(f'#!/bin/sh\necho "$@" >> {users.home}/stored\ntest ! -e {users.home}/forbidden\n')
        storer.chmod(0o755)
        return users

    def test_a_map_runs_with_its_tag_on_glideins(self, users: Users) -> None:
        found = users.plan(runs=True, accounting_group_user="ada.lovelace", requirements="IS_GLIDEIN =?= true")
        assert (found["results"], found["pool"]) == ([0, 2], "machine")
        ad = users.dry_run(found["submit"])
        assert ad["AcctGroup"] == "ligo.dev.o4.cbc.explore.test"
        assert ad["AcctGroupUser"] == "ada.lovelace"
        assert "IS_GLIDEIN" in str(ad["Requirements"])

    def test_a_map_without_a_tag_is_refused_with_the_next_command(self, users: Users) -> None:
        settings = users.home / ".htmaprc"
        complete = settings.read_text()
        settings.write_text(complete.replace("accounting_group =", "# accounting_group ="))
        try:
            refused = users.refusal()
        finally:
            settings.write_text(complete)
        assert "TagNeeded" in refused
        assert "htmap set MAP_OPTIONS.accounting_group" in refused

    def test_jobs_of_a_shared_account_must_say_whose_they_are(self, users: Users) -> None:
        assert "htmap set MAP_OPTIONS.accounting_group_user" in users.refusal()  # root's name has no full stop

    def test_tokens_are_stored_before_the_map_is_submitted(self, users: Users) -> None:
        token = {"use_oauth_services": "igwn", "igwn_oauth_permissions": "read:/ligo read:/virgo", "hold": True}
        (users.home / "forbidden").touch()
        refused = users.refusal(runs=True, accounting_group_user="ada.lovelace", **token)
        (users.home / "forbidden").unlink()
        assert "NoToken" in refused
        assert (users.home / "stored").read_text() == "igwn&scopes=read:/ligo,read:/virgo\n"
        planned = users.plan(accounting_group_user="ada.lovelace", **token)["commands"]
        assert planned["use_oauth_services"] == "igwn"
        assert planned["MY.IgwnTokens"] == '"igwn&scopes=read:/ligo,read:/virgo"'
