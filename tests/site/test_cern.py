"""htmap-cern on a batch service like CERN's: real tickets of a real realm, a credd, a schedd with the site's rules."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from htmap_cern import tickets
from htmap_cern.errors import CannotSendCredential, OtherSchedds, TicketNeeded

import htmap
from htmap_core import Pool
from htmap_core.condor import connection
from htmap_core.plugins.calls import plugins
from htmap_core.testing import eventually, run_htmap
from tests.docs.sessions import environment, session
from tests.site import batch_service, realm
from tests.site.batch_service import SCHEDD, BatchService
from tests.site.evidence import EVIDENCE
from tests.site.realm import Realm

TIMEOUT = 240
PASSWORD = "correct horse"
ALICE = f"alice@{Realm.name}"
TEN = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]


@pytest.fixture(scope="module")
def service(request: pytest.FixtureRequest, installed_htcondor: Path) -> Iterator[BatchService]:
    """Run a realm and a batch service for the tests of this module."""
    if reason := realm.why_not() or batch_service.why_not():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="htmap-cern-", dir=installed_htcondor))
    kerberos = Realm(folder / "realm")
    made = BatchService(folder, kerberos, (installed_htcondor / "pool" / "htcondor").resolve())
    request.node.stash[EVIDENCE] = made.evidence
    try:
        kerberos.start()
        kerberos.add_user("alice", PASSWORD)
        made.start()
        yield made
    finally:
        made.stop()
        kerberos.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def lxplus(
    service: BatchService,
    htmap_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[BatchService]:
    """Be on lxplus: with the service's configuration, and a ticket cache of the test's own that is still empty."""
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'cache'}")
    yield service
    for tag in htmap.get_tags():
        htmap.load(tag).remove(force=True)


@pytest.fixture
def ticket() -> None:
    """Have a ticket that will do."""
    kinit()


def kinit(*options: str) -> None:
    """Get a ticket for alice, for a day and forwardable unless told otherwise."""
    type_password(f"kinit {' '.join(options or ['-f', '-l', '24h'])} {ALICE}")


def type_password(command: str) -> None:
    done = subprocess.run(command.split(), input=f"{PASSWORD}\n", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def doubling() -> Callable[[int], int]:
    """Return a function that travels with its code, because no module has it."""
    return lambda x: 2 * x


def queued(number: int = 1, **options: Any) -> dict[str, Any]:
    """Return the ad of a job that was submitted with these options, and never runs; the first of so many."""
    mapped = htmap.map(doubling(), range(number), map_options=htmap.MapOptions(hold="true", **options))
    ad, *_ = connection.Connection(mapped._map_dir.record.pool).query_jobs(f'JobBatchName == "{mapped.tag}"')
    return ad


def cern() -> Pool:
    """Return the plugin's pool."""
    return next(pool for pool in plugins.pools() if pool.name == "cern")


def jobs_in_the_queue() -> int:
    address = cern().find()
    assert address is not None
    return len(connection.Connection(address).query_jobs("true", ["ClusterId"]))


def run_script(text: str, folder: Path, python: Path | str = sys.executable, **environment: str) -> str:
    (folder / "script.py").write_text(textwrap.dedent(text))
    done = subprocess.run(
        [python, "script.py"],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- our tutorial, and CERN's own examples, but for the name of the bindings


@pytest.mark.usefixtures("ticket")
def test_who_follows_the_tutorial_sees_what_it_shows(htmap_dir: Path, tmp_path: Path, service: BatchService) -> None:
    (folder := tmp_path / "work").mkdir()
    lxplus = {**environment(tmp_path / "own", htmap_dir), **service.environment, "HTMAP_DELIVERY_METHOD": "assume"}
    assert session("cern", folder, lxplus) == []


@pytest.mark.usefixtures("ticket")
class TestTheExamplesOfCernsPage:
    def test_the_first_one_runs(self, tmp_path: Path) -> None:
        script = """
            import htcondor2 as htcondor
            import htmap

            def double(x):
                return 2 * x

            credd = htcondor.Credd()
            print("[CREDD] Adding user credentials to credd daemon")
            credd.add_user_cred(htcondor.CredTypes.Kerberos, None)

            htmap.settings["DELIVERY_METHOD"] = "assume"
            mapped = htmap.map(double, range(10),
                map_options = htmap.MapOptions(custom_options={
                    "MY.SendCredential": "true",
                    "JobFlavour": '"espresso"',
                    }))

            print(mapped)
            doubled = list(mapped)
            print(doubled)
            """
        lines = run_script(script, tmp_path).splitlines()
        assert lines[1].startswith("Map(tag = ")
        assert lines[2:] == [str(TEN)]

    def test_the_one_with_an_external_program_runs(self, tmp_path: Path, eos_factor: str) -> None:
        (tmp_path / "dbl.sh").write_text(f"#!/bin/bash\n\nFACTOR=$(cat {eos_factor})\necho $(($FACTOR * $1))\n")
        script = """
            import htcondor2 as htcondor
            import htmap
            import subprocess
            import time
            import sys

            def add_credentials():
                credd = htcondor.Credd()
                credd.add_user_cred(htcondor.CredTypes.Kerberos, None)

            @htmap.mapped(map_options=htmap.MapOptions(fixed_input_files="dbl.sh",
                custom_options={'JobFlavour' : '"espresso"', "MY.SendCredential": "true"}))
            def jobs(i):
                process = subprocess.run(
                         ["bash", "dbl.sh", str(i)],
                         stdout=subprocess.PIPE,
                         )

                if process.returncode != 0:
                    raise Exception("call to dbl.sh failed!")

                return_value = process.stdout

                return int(return_value)

            if __name__ == "__main__":
                add_credentials()
                htmap.settings["DELIVERY_METHOD"] = "assume"
                new_map = jobs.map(range(5))
                new_map.wait(show_progress_bar = True)
                print(list(new_map))
            """
        assert run_script(script, tmp_path).splitlines() == ["[0, 2, 4, 6, 8]"]


@pytest.fixture
def eos_factor() -> Iterator[str]:
    """The file on EOS that the example reads, which is made where this machine is not at CERN and may have it."""
    path = Path("/eos/project/l/lxbatch/public/batchdocs/factor")
    if path.exists():
        yield str(path)
        return
    missing = [folder for folder in path.parents if not folder.exists()]  # all of it, unless a run was killed here
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("2\n")
    except OSError as error:
        pytest.skip(f"{path} is not there, and cannot be made: {error}")
    yield str(path)
    path.unlink()
    for folder in missing:
        folder.rmdir()


# --- the short form


@pytest.mark.usefixtures("ticket")
class TestWithoutAnyOption:
    def test_a_map_runs_on_the_users_schedd_by_the_method_that_the_site_prefers(self) -> None:
        mapped = htmap.map(doubling(), range(10))
        assert list(mapped.iter(timeout=TIMEOUT)) == TEN
        record = mapped._map_dir.record
        assert (record.delivery_method, record.pool.pool, record.pool.schedd) == ("assume", "cern", SCHEDD)

    def test_a_job_has_the_users_ticket(self) -> None:
        def show_tickets(_: int) -> tuple[str, str, str]:
            shown = subprocess.run(["klist", "-f"], capture_output=True, text=True, check=True).stdout
            return shown, os.environ["KRB5CCNAME"], str(Path.cwd())

        shown, cache, scratch = htmap.map(show_tickets, [0]).get(0, timeout=TIMEOUT)
        assert f"Default principal: {ALICE}" in shown
        assert f"krbtgt/{Realm.name}@{Realm.name}" in shown
        assert cache.startswith(f"FILE:{scratch}")

    def test_a_job_may_run_for_as_long_as_the_site_says(self) -> None:
        ad = queued()
        assert (ad["MaxRuntime"], ad.get("JobFlavour")) == (1200, None)


# --- an environment on AFS


@pytest.fixture
def on_afs() -> Iterator[Path]:
    """An environment of the system's Python on AFS, which is made for it, with a package that it alone has."""
    afs, system = Path("/afs"), Path("/usr/bin/python3")
    if afs.exists() or not system.exists():
        pytest.skip(f"{afs} is there, so it may be real" if afs.exists() else f"{system} is not there")
    try:
        afs.mkdir()
    except OSError as error:
        pytest.skip(f"{afs} cannot be made: {error}")
    folder = afs / "cern.ch" / "user" / "a" / "alice" / "htmap-env"
    subprocess.run([system, "-m", "venv", "--without-pip", "--system-site-packages", folder], check=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "checkout.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    (packages / "tides.py").write_text("HIGH = 21\n")
    yield folder / "bin" / "python3"
    shutil.rmtree(afs)


@pytest.mark.usefixtures("ticket")
def test_an_environment_on_afs_is_used_where_it_is_with_its_packages(on_afs: Path, tmp_path: Path) -> None:
    script = """
        import htmap
        import sys
        import tides

        def times(x):
            return sys.executable, x * tides.HIGH

        mapped = htmap.map(times, [2])
        print(mapped._map_dir.record.delivery_method, *mapped.get(0))
        """
    assert run_script(script, tmp_path, python=on_afs).split() == ["shared", str(on_afs), "42"]


# --- run times, accounting groups, systems


@pytest.mark.usefixtures("ticket")
class TestRuntime:
    @pytest.mark.parametrize(
        ("settings", "own", "seconds"),
        [
            ({"JOB_FLAVOUR": "workday"}, {}, 28800),
            ({"MAX_RUNTIME": "90 min"}, {}, 7200),
            ({"MAX_RUNTIME": datetime.timedelta(days=2)}, {}, 259200),
            ({}, {"JobFlavour": "microcentury"}, 3600),
            ({}, {"JobFlavour": '"microcentury"'}, 3600),
            ({}, {"MaxRuntime": "90 min"}, 5400),
            ({"JOB_FLAVOUR": "workday"}, {"JobFlavour": "espresso"}, 1200),
            ({"MAX_RUNTIME": "1w"}, {"MaxRuntime": datetime.timedelta(hours=3)}, 10800),
        ],
    )
    def test_the_schedd_gives_a_job_the_time_that_was_meant(
        self, settings: dict[str, Any], own: dict[str, Any], seconds: int
    ) -> None:
        for name, value in settings.items():
            htmap.settings[f"CERN.{name}"] = value
        assert queued(custom_options=own)["MaxRuntime"] == seconds

    def test_the_walltime_of_any_site_is_the_time_that_a_job_gets(self) -> None:
        ad = queued(walltime="2h")
        assert (ad["MaxRuntime"], ad["AllowedExecuteDuration"], ad["JobFlavour"]) == (8100, 7500, "workday")

    def test_a_job_beyond_its_walltime_is_held_and_not_removed(self) -> None:
        htmap.settings["WALLTIME_MARGIN"] = 1
        mapped = htmap.map(lambda _: time.sleep(600), [0], map_options=htmap.MapOptions(walltime=3))
        with pytest.raises(htmap.exceptions.MapComponentHeld):
            mapped.get(0, timeout=TIMEOUT)

    def test_components_can_have_flavours_of_their_own(self) -> None:
        options = htmap.MapOptions(hold="true", custom_options={"JobFlavour": ['"espresso"', '"tomorrow"']})
        mapped = htmap.map(doubling(), [1, 2], map_options=options)
        ads = connection.Connection(mapped._map_dir.record.pool).query_jobs(
            f'JobBatchName == "{mapped.tag}"', ["ProcId", "MaxRuntime"]
        )
        assert {ad["ProcId"]: ad["MaxRuntime"] for ad in ads} == {0: 1200, 1: 86400}

    def test_a_job_that_runs_too_long_ends_with_a_report_that_says_so(self) -> None:
        options = htmap.MapOptions(custom_options={"MaxRuntime": 2})
        mapped = htmap.map(lambda _: time.sleep(600), [0], map_options=options)
        with pytest.raises(htmap.exceptions.MapComponentRemoved, match=r"MaxRuntime, 2 s\b"):
            mapped.get(0, timeout=TIMEOUT)
        (report,) = mapped.error_reports()
        assert "MaxRuntime, 2 s" in report
        assert "`walltime`" in report  # CERN's words

    def test_the_settings_name_group_and_system_and_own_options_win(self) -> None:
        htmap.settings["CERN.ACCOUNTING_GROUP"] = "group_u_X.y"
        htmap.settings["CERN.WANT_OS"] = "el9"
        ad = queued()
        assert (ad["AccountingGroup"], ad["WantOS"]) == ("group_u_X.y", "el9")
        own = queued(custom_options={"AccountingGroup": '"group_u_Z"', "WantOS": '"el8"'})
        assert (own["AccountingGroup"], own["WantOS"]) == ("group_u_Z", "el8")


@pytest.mark.usefixtures("ticket")
class TestTheCleanUp:
    def test_a_job_that_is_held_for_too_long_is_removed_and_both_are_explained(self) -> None:
        options = htmap.MapOptions(hold="true", custom_options={"MostHeld": 3600})
        mapped = htmap.map(doubling(), [1], map_options=options)
        eventually(lambda: mapped.holds, says="it is held")
        assert "24 hours" in run_htmap("why", mapped.tag).stdout
        connection.Connection(mapped._map_dir.record.pool).edit(f'JobBatchName == "{mapped.tag}"', "MostHeld", 0)
        eventually(lambda: mapped.component_statuses == ["REMOVED"], says="it is removed", within=TIMEOUT)
        assert "24 hours" in run_htmap("errors", mapped.tag).stdout

    def test_a_job_that_starts_too_often_is_removed_and_that_is_explained(self) -> None:
        mapped = htmap.map(
            lambda _: time.sleep(600), [0], map_options=htmap.MapOptions(custom_options={"MostStarts": 0})
        )
        with pytest.raises(htmap.exceptions.MapComponentRemoved, match="ten times"):
            mapped.get(0, timeout=TIMEOUT)
        (explanation,) = mapped.why([0])
        assert "ten times" in explanation.site[0]


@pytest.mark.usefixtures("ticket")
class TestRequests:
    def test_a_job_gets_the_memory_and_the_disk_of_its_cores(self) -> None:
        ad = queued(request_cpus=2)
        assert (ad["RequestMemory"], ad["RequestDisk"]) == (4000, 40_960_000)
        assert queued(request_cpus=["2", "3"], number=2)["RequestMemory"] in {"2000 * (2)", "2000 * (3)"}

    def test_cores_and_memory_of_each_component_find_slots(self) -> None:
        options = htmap.MapOptions(request_cpus=["1", "1 + 1"])
        assert list(htmap.map(doubling(), [1, 2], map_options=options).iter(timeout=TIMEOUT)) == [2, 4]

    def test_the_users_own_request_wins(self) -> None:
        htmap.settings["MAP_OPTIONS.request_disk"] = "5GB"
        ad = queued(request_memory="500MB")
        assert (ad["RequestMemory"], ad["RequestDisk"]) == (500, 5 * 1024 * 1024)

    def test_names_of_groups_systems_and_images_need_no_quotes(self) -> None:
        image = "/cvmfs/unpacked.cern.ch/registry.hub.docker.com/library/python:3.9"
        ad = queued(
            custom_options={"AccountingGroup": "group_u_BE.ABP.NORMAL", "WantOS": "el9", "SingularityImage": image}
        )
        found = (ad["AccountingGroup"], ad["WantOS"], ad["SingularityImage"])
        assert found == ("group_u_BE.ABP.NORMAL", "el9", image)


@pytest.mark.usefixtures("ticket")
@pytest.mark.parametrize("module", ["eossubmit", "spool"])
def test_while_a_module_names_other_schedds_nothing_is_submitted_and_doctor_says_so(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = jobs_in_the_queue()
    monkeypatch.setenv("LOADEDMODULES", f"lxbatch/{module}")
    with pytest.raises(OtherSchedds):
        htmap.map(doubling(), [1])
    assert (htmap.get_tags(), jobs_in_the_queue()) == ((), before)
    checked = json.loads(run_htmap("doctor", "--json").stdout)["checks"]
    assert [each["area"] for each in checked if f"lxbatch/{module}" in each["text"]] == ["files"]


# --- tickets


class TestTickets:
    def refused(self) -> TicketNeeded:
        """Return why a map is refused, after seeing that nothing is left of it."""
        before = jobs_in_the_queue()
        with pytest.raises(TicketNeeded) as caught:
            htmap.map(doubling(), [1])
        assert htmap.get_tags() == ()
        assert list(Path(os.environ["HTMAP_DIR"]).glob("maps/*")) == []
        assert jobs_in_the_queue() == before
        return caught.value

    def test_without_one_nothing_is_submitted_and_the_message_says_what_to_type(self) -> None:
        error = self.refused()
        assert error.command.startswith("kinit -f ")
        assert f"`{error.command}`" in str(error)

    def test_an_expired_one_is_refused_and_what_the_message_says_helps(self) -> None:
        kinit("-f", "-l", "1s")
        eventually(lambda: subprocess.run(["klist", "-s"], check=False).returncode, says="the ticket has expired")
        error = self.refused()
        assert ALICE in error.problem
        assert error.command == f"kinit -f {ALICE}"
        type_password(error.command)
        assert htmap.map(doubling(), [1]).get(0, timeout=TIMEOUT) == 2

    def test_one_that_ends_soon_is_refused_and_renewed_where_it_can_be(self) -> None:
        kinit("-f", "-l", "30m", "-r", "5d")
        error = self.refused()
        assert "CERN.TICKET_LIFETIME (1 h)" in error.problem
        assert error.command == "kinit -R"
        kinit("-f", "-l", "30m")
        assert self.refused().command == f"kinit -f {ALICE}"
        htmap.settings["CERN.TICKET_LIFETIME"] = "20 min"
        assert queued()["SendCredential"] is True

    def test_one_that_is_not_forwardable_is_refused(self) -> None:
        kinit("-F", "-l", "24h")
        assert "forwardable" in self.refused().problem

    def test_a_schedd_that_does_not_answer_may_want_one(self) -> None:
        htmap.settings["CERN.SCHEDD"] = "bigbird97.cern.ch"
        assert "bigbird97.cern.ch" in cern().advice()
        assert "Kerberos" in cern().advice()

    def test_who_sends_none_needs_none(self) -> None:
        assert (
            htmap.map(doubling(), [1], map_options=htmap.MapOptions(custom_options={"SendCredential": False})).get(
                0, timeout=TIMEOUT
            )
            == 2
        )
        htmap.settings["CERN.SEND_CREDENTIAL"] = False
        assert queued().get("SendCredential") is None

    @pytest.mark.parametrize("kind", ["FILE", "DIR"])
    def test_one_is_found_in_any_cache_whatever_the_users_language_and_clock(
        self, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KRB5CCNAME", f"{kind}:{tmp_path}/{'tickets' if kind == 'DIR' else 'cache'}")
        (tmp_path / "tickets").mkdir(mode=0o700)
        monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        kinit("-f", "-l", "2h", "-r", "3h")
        now = datetime.datetime.now(datetime.timezone.utc)
        ticket = tickets.needed(3600, now)
        assert ticket.principal == ALICE
        assert abs(ticket.ends - now - datetime.timedelta(hours=2)) < datetime.timedelta(minutes=5)
        assert ticket.renewable_until is not None
        assert abs(ticket.renewable_until - now - datetime.timedelta(hours=3)) < datetime.timedelta(minutes=5)


def test_doctor_knows_how_long_the_ticket_lasts_and_whether_the_credd_has_it() -> None:
    def found() -> dict[str, str]:
        return {each["area"]: each["verdict"] for each in json.loads(run_htmap("doctor", "--json").stdout)["checks"]}

    assert found()["ticket"] == "problem"
    kinit()
    assert (found()["ticket"], found()["credd"]) == ("ok", "ok")


# --- the credd


@pytest.mark.usefixtures("ticket")
class TestCredentials:
    def test_a_ticket_is_handed_over_once_and_a_new_one_again(self, lxplus: BatchService) -> None:
        before = lxplus.times_produced
        queued(), queued()
        assert lxplus.times_produced - before == 1
        time.sleep(1.1)  # tickets of the same second look alike
        kinit()
        queued(), queued()
        assert lxplus.times_produced - before == 2

    def test_a_ticket_is_handed_over_again_where_the_credd_has_forgotten_it(self, lxplus: BatchService) -> None:
        queued()
        lxplus.forget_users()
        before = lxplus.times_produced
        queued()
        assert lxplus.times_produced - before == 1

    def test_a_ticket_is_handed_over_again_for_components_that_run_again(self, lxplus: BatchService) -> None:
        mapped = htmap.map(lambda _: Path(os.environ["KRB5CCNAME"].removeprefix("FILE:")).exists(), [0])
        assert mapped.get(0, timeout=TIMEOUT) is True
        lxplus.forget_users()
        mapped.rerun()
        assert mapped.get(0, timeout=TIMEOUT) is True

    def test_what_the_producer_prints_reaches_the_credd_byte_for_byte(
        self, lxplus: BatchService, tmp_path: Path
    ) -> None:
        htmap.settings["CERN.CREDENTIAL_PRODUCER"] = f"cat {tmp_path / 'cache'}"
        queued()
        (stored,) = lxplus.credentials.glob("*.cred")
        assert b"\0" in stored.read_bytes()
        assert stored.read_bytes() == (tmp_path / "cache").read_bytes()

    @pytest.mark.parametrize(
        ("producer", "said"),
        [
            ("/nowhere/producer", "/nowhere/producer"),
            ("sh -c 'echo no such service >&2; exit 3'", "3 (no such service)"),
            ("true", "printed"),
        ],
    )
    def test_a_producer_that_fails_is_an_error_before_submission(self, producer: str, said: str) -> None:
        htmap.settings["CERN.CREDENTIAL_PRODUCER"] = producer
        with pytest.raises(CannotSendCredential) as caught:
            htmap.map(doubling(), [1])
        assert said in caught.value.problem
        assert htmap.get_tags() == ()

    def test_without_a_credd_nothing_is_submitted_and_nothing_is_left(self, lxplus: BatchService) -> None:
        before = jobs_in_the_queue()
        lxplus.stop_credd()
        try:
            with pytest.raises(CannotSendCredential) as caught:
                htmap.map(doubling(), [1], tag="half-made")
        finally:
            lxplus.start_credd()
        assert SCHEDD in caught.value.problem
        assert "CERN.SEND_CREDENTIAL = false" in str(caught.value)
        assert htmap.get_tags() == ()
        assert list(Path(os.environ["HTMAP_DIR"]).glob("maps/*")) == []
        assert jobs_in_the_queue() == before

    def test_a_monitor_that_does_not_work_is_an_error_before_submission(self, lxplus: BatchService) -> None:
        lxplus.forget_users()
        with lxplus.sleeping_monitor(), pytest.raises(CannotSendCredential, match="credmon"):
            htmap.map(doubling(), [1])
        assert htmap.get_tags() == ()

    def test_a_ticket_that_the_monitor_overlooks_is_handed_over_again(self, lxplus: BatchService) -> None:
        lxplus.forget_users()
        lxplus.miss_a_signal()
        assert queued()["SendCredential"] is True
        assert lxplus.monitor_has_missed_it
        assert [path.suffix for path in lxplus.credentials.glob("*.cc")] == [".cc"]

    def test_a_credd_that_was_restarted_takes_a_ticket_at_once(self, lxplus: BatchService) -> None:
        queued()
        lxplus.stop_credd()
        lxplus.start_credd()
        assert queued()["SendCredential"] is True


@pytest.fixture(scope="class")
def address(service: BatchService) -> Iterator[str]:
    """Hide the credd from the collector, and return its address."""
    with service.unknown_credd() as address:
        yield address


@pytest.mark.usefixtures("ticket")
class TestACreddThatTheCollectorDoesNotKnow:
    @pytest.fixture(autouse=True)
    def elsewhere(self, lxplus: BatchService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be on a machine that has no files of the schedd and the credd."""
        (tmp_path / "condor_config").write_text(lxplus.client())
        monkeypatch.setenv("CONDOR_CONFIG", str(tmp_path / "condor_config"))

    def test_it_is_the_one_that_credd_host_names(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("_condor_CREDD_HOST", address)
        assert queued()["SendCredential"] is True

    @pytest.mark.parametrize("named", [None, SCHEDD, "bigbird98.cern.ch"])
    def test_without_its_address_nothing_is_submitted_and_the_message_names_the_parameter(
        self, address: str, named: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if named is not None:
            monkeypatch.setenv("_condor_CREDD_HOST", named)
        with pytest.raises(CannotSendCredential) as caught:
            htmap.map(doubling(), [1])
        assert "CREDD_HOST" in caught.value.problem
        assert named is None or named in caught.value.problem
        assert htmap.get_tags() == ()

    def test_one_of_another_schedd_gets_no_ticket(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("_condor_SCHEDD_HOST", "bigbird98.cern.ch")
        monkeypatch.setenv("_condor_CREDD_HOST", "bigbird98.cern.ch")
        htmap.settings["CERN.SCHEDD"] = SCHEDD
        with pytest.raises(CannotSendCredential) as caught:
            htmap.map(doubling(), [1])
        assert "another schedd" in caught.value.problem


# --- the schedd


@pytest.mark.usefixtures("ticket")
class TestAnotherLxplusNode:
    def test_it_finds_the_jobs_whatever_schedd_it_would_submit_to(self, tmp_path: Path) -> None:
        htmap.map(doubling(), [1], map_options=htmap.MapOptions(hold="true"), tag="from-elsewhere")
        before = jobs_in_the_queue()
        script = "import htmap; htmap.load('from-elsewhere').remove()"
        run_script(script, tmp_path, _condor_SCHEDD_HOST="bob@bigbird98.cern.ch")
        assert before - jobs_in_the_queue() == 1

    def test_the_schedd_that_a_program_prints_is_kept_when_it_prints_another(
        self, lxplus: BatchService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program, configuration = tmp_path / "myschedd.sh", tmp_path / "condor_config"
        configuration.write_text(f"{lxplus.client()}LOCAL_CONFIG_FILE = {program} |\n")
        program.write_text(f"#!/bin/sh\necho SCHEDD_HOST = {SCHEDD}\n")
        program.chmod(0o700)
        monkeypatch.delenv("_condor_SCHEDD_HOST")
        held = """
            import htmap
            options = htmap.MapOptions(hold="true")
            print(htmap.map(lambda x: x, [1], map_options=options, tag="bumped")._map_dir.record.pool.schedd)
            """
        before = jobs_in_the_queue()
        assert run_script(held, tmp_path, CONDOR_CONFIG=str(configuration)).strip() == SCHEDD
        program.write_text("#!/bin/sh\necho SCHEDD_HOST = bob@bigbird98.cern.ch\n")
        assert jobs_in_the_queue() - before == 1
        script = "import htmap; htmap.load('bumped').remove()"
        run_script(script, tmp_path, CONDOR_CONFIG=str(configuration))
        assert jobs_in_the_queue() == before

    def test_a_schedd_in_the_settings_wins_and_is_named_where_it_does_not_answer(self) -> None:
        htmap.settings["CERN.SCHEDD"] = "bigbird97.cern.ch"
        with pytest.raises(htmap.exceptions.CondorError, match=r"bigbird97\.cern\.ch"):
            cern().find()


# --- EOS


@pytest.mark.usefixtures("ticket")
class TestEos:
    def test_files_come_from_there_by_root_urls(self, lxplus: BatchService, eos_factor: str) -> None:
        (lxplus.eos / "times").write_text("21\n")
        there = lxplus.eos / Path(eos_factor).relative_to("/eos")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text("3\n")  # where jobs fetch it by root://; this machine has another number in it
        options = htmap.MapOptions(fixed_input_files=["root://eosuser.cern.ch//eos/times", eos_factor])
        mapped = htmap.map(
            lambda x: x * int(Path("times").read_text()) * int(Path("factor").read_text()), [2], map_options=options
        )
        assert mapped.get(0, timeout=TIMEOUT) == 126

    def test_files_go_there_by_root_urls_into_folders_that_are_made(self, lxplus: BatchService) -> None:
        def write(x: int) -> None:
            Path("result").write_text(str(x))
            htmap.transfer_output_files("result")

        to = "root://eosuser.cern.ch//eos/results/$(component)"
        mapped = htmap.map(write, [5, 6], map_options=htmap.MapOptions(output_remaps={"result": to}))
        mapped.wait(timeout=TIMEOUT)
        assert {path.name: path.read_text() for path in (lxplus.eos / "results").iterdir()} == {"0": "5", "1": "6"}
