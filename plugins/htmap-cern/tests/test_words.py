"""CERN's words on what happened to a job."""

from __future__ import annotations

import pytest
from htmap_cern import words

from htmap_core import Interruption
from tests.golden_files import Golden


def on(kind: str, reason: str = "", code: int | None = None, subcode: int = 0) -> str:
    return str(words.on(Interruption(kind, "tide", reason, code, subcode)))  # type: ignore[arg-type]  # mypy reads no parameters


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("too-long", "Job removed by SYSTEM_PERIODIC_REMOVE due to wall time exceeded allowed max."),
        ("too-long", "Job removed: it ran for longer than MaxRuntime, 1200 s"),
        ("held", "Job removed by SYSTEM_PERIODIC_REMOVE due to job held time exceeded 24 hours."),
        ("restarts", "Job removed by SYSTEM_PERIODIC_REMOVE due to job restarted undesirably"),
    ],
)
def test_a_removal_by_one_of_its_rules_is_explained(name: str, reason: str, golden: Golden) -> None:
    golden(f"cern/words-on-a-removal-{name}", on("removal", reason))


@pytest.mark.parametrize("reason", ["via condor_rm (by user alice)", "", "The job attribute PeriodicRemove is true"])
def test_on_any_other_removal_it_has_none(reason: str) -> None:
    assert on("removal", reason) == "None"


@pytest.mark.parametrize(("name", "code", "subcode"), [("any", 13, 2), ("memory", 34, 102)])
def test_a_hold_does_not_last_for_ever(name: str, code: int, subcode: int, golden: Golden) -> None:
    golden(f"cern/words-on-a-hold-{name}", on("hold", "no such file", code, subcode))


@pytest.mark.parametrize("code", [12, 13])
def test_a_connection_that_broke_in_a_transfer_is_no_lack_of_disk(code: int) -> None:
    assert "request_cpus" in on("hold", "disk usage exceeded", 34, 104)
    assert "request_cpus" not in on("hold", "Connection reset by peer", code, 104)


def test_a_vacate_counts(golden: Golden) -> None:
    golden("cern/words-on-a-vacate", on("vacate", "preempted", 1000))


def test_a_schedd_that_runs_all_it_may_is_explained(golden: Golden) -> None:
    golden("cern/words-on-a-full-schedd", on("wait", "MAX_JOBS_RUNNING"))
    assert on("wait", "MAX_JOBS_PER_OWNER") == "None"
