from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from htmap_pool.errors import CannotStart
from htmap_pool.places import Places
from htmap_pool.release import Release
from htmap_pool.running.configuration import Shape, text
from htmap_pool.running.identity import Identity

from tests.golden_files import Golden

ALICE = Identity("alice", 1000, 1000)
MASK = Identity("daemon", 1, 1, in_namespace=True)


def configure(root: str = "/home/alice/.htmap/pool", who: Identity = ALICE, **shape: Any) -> dict[str, str]:
    written = text(
        Places(Path(root)), Path("/tmp/r"), Release(Path("/opt/condor"), "a test"), who, Shape(**shape), 4711
    )
    return dict(line.split(" = ", 1) for line in written.splitlines() if " = " in line)


def test_every_level_of_access_is_the_owner_s_alone_and_proven_by_fs() -> None:
    found = configure()
    levels = {name[len("ALLOW_") :] for name in found if name.startswith("ALLOW_")} - {"CLIENT"}
    assert {"READ", "WRITE", "ADMINISTRATOR", "CONFIG", "DAEMON", "NEGOTIATOR", "ADVERTISE_STARTD"} < levels
    assert {found[f"ALLOW_{level}"] for level in levels} == {"alice@personal.htmap"}
    assert {found[f"SEC_{level}_AUTHENTICATION_METHODS"] for level in levels} == {"FS"}
    assert {found[f"SEC_{level}_AUTHENTICATION"] for level in levels} == {"REQUIRED"}


def test_clients_of_root_stay_root_because_as_anybody_else_they_would_look_like_everybody() -> None:
    assert configure(who=MASK)["CONDOR_IDS"] == "0.0"
    assert "CONDOR_IDS" not in configure()


def test_the_number_of_processors_is_the_machine_s_unless_given() -> None:
    assert "NUM_CPUS" not in configure()
    assert configure(cpus=8, memory=1000).items() >= {"NUM_CPUS": "8", "MEMORY": "1000"}.items()


def test_memory_is_enforced_on_request_and_jobs_can_read_that_it_is() -> None:
    found, asked = configure(), configure(enforce_memory=True)
    assert not [name for name in found if "MEMORY" in name.upper()]
    assert asked["HTMapEnforcesMemory"] == "True"
    assert "HTMapEnforcesMemory" in asked["STARTD_ATTRS"]


def test_a_pool_without_an_idle_limit_never_stops_by_itself() -> None:
    assert not [name for name in configure(idle_shutdown=0) if "DAEMON_SHUTDOWN" in name]
    assert "> 1800" in configure(idle_shutdown=1800)["SCHEDD.DAEMON_SHUTDOWN"]


def test_the_port_is_a_fixed_one_so_that_daemons_find_each_other_after_a_crash_of_what_listens_there() -> None:
    found = configure()
    assert found["SHARED_PORT_PORT"] == "4711" == found["COLLECTOR_HOST"].rpartition(":")[2]


def test_jobs_whose_daemons_were_killed_are_waited_for_about_a_minute() -> None:
    assert 20 <= int(configure()["JOB_DEFAULT_LEASE_DURATION"]) <= 90  # HTCondor takes no lease below 20 s


def test_starters_report_at_once_and_often_because_output_is_followed_through_what_they_report() -> None:
    found = configure()
    assert int(found["STARTER_INITIAL_UPDATE_INTERVAL"]) == 0
    assert 0 < int(found["STARTER_UPDATE_INTERVAL"]) < 300


def test_held_jobs_do_not_keep_a_pool_up() -> None:
    expression = configure(idle_shutdown=60)["SCHEDD.DAEMON_SHUTDOWN"]
    assert "TotalIdleJobs" in expression
    assert "Held" not in expression


def test_the_user_s_own_files_are_read_last() -> None:
    assert list(configure().items())[-1] == ("LOCAL_CONFIG_DIR", "/home/alice/.htmap/pool/config.d")


@pytest.mark.parametrize(
    "root", ["/home/a,b/pool", "/home/a$(b)/pool", "/home/a'b/pool", '/home/a"b/pool', "/home/a\nb/pool"]
)
def test_a_path_that_htcondor_would_misread_is_refused(root: str, golden: Golden) -> None:
    with pytest.raises(CannotStart) as caught:
        configure(root)
    golden("pool/a-path-that-htcondor-would-misread-is-refused", caught.value, hide={repr(root): "PATH"})


def test_nothing_holds_back_a_negotiation_that_the_schedd_asks_for() -> None:
    found = configure()
    assert {found[name] for name in ("NEGOTIATOR_MIN_INTERVAL", "NEGOTIATOR_CYCLE_DELAY", "SCHEDD_MIN_INTERVAL")} == {
        "0"
    }
    assert int(found["SCHEDD_INTERVAL"]) == 1  # so often it puts jobs into slots that it has kept
