from __future__ import annotations

import os
from pathlib import Path

import pytest
from htmap_pool.errors import NoSuchLog
from htmap_pool.places import Places
from htmap_pool.running import report

from tests.golden_files import Golden


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places.of(tmp_path)
    places.make()
    for age, name in enumerate(["SchedLog", "MasterLog", "StarterLog.slot1_1", "StarterLog.slot1_2", "SchedLog.old"]):
        (places.log / name).write_text("".join(f"line {n} of {name}\n" for n in range(30)))
        os.utime(places.log / name, (1000 + age, 1000 + age))
    return places


@pytest.mark.parametrize("name", ["schedd", "condor_schedd", "SCHEDD", "SchedLog", "schedlog"])
def test_a_log_is_found_under_people_s_and_htcondor_s_names(places: Places, name: str) -> None:
    assert report.log(places, name) == places.log / "SchedLog"


def test_of_several_logs_of_a_daemon_the_newest_is_shown(places: Places) -> None:
    assert report.log(places, "starter").name == "StarterLog.slot1_2"
    assert report.log(places, "StarterLog.slot1_1").name == "StarterLog.slot1_1"


def test_an_unknown_daemon_is_answered_with_the_known_logs(places: Places, golden: Golden) -> None:
    with pytest.raises(NoSuchLog) as caught:
        report.log(places, "nonesuch")
    golden("pool/an-unknown-daemon-is-answered-with-the-known-logs", caught.value)


def test_the_end_of_a_log_is_shown(places: Places) -> None:
    assert report.tail(places.log / "SchedLog", 2) == ["line 28 of SchedLog", "line 29 of SchedLog"]


def test_a_pool_that_never_ran_has_no_logs_and_no_status(tmp_path: Path, golden: Golden) -> None:
    never = Places.of(tmp_path / "never")
    assert report.status(never) is None
    with pytest.raises(NoSuchLog) as caught:
        report.log(never, "schedd")
    golden("pool/a-pool-that-never-ran-has-no-logs-and-no-status", caught.value)
