"""The OSPool's words on what happened to a job."""

from __future__ import annotations

import pytest
from htmap_ospool import words

from htmap_core import Interruption
from tests.golden_files import Golden


def on(kind: str, reason: str = "", code: int | None = None, subcode: int = 0) -> str:
    return str(words.on(Interruption(kind, "high tide", reason, code, subcode)))  # type: ignore[arg-type]  # mypy reads no parameters


DUPLICATE = "Transfer output files failure at execution point slot1_4@glidein using protocol osdf. Details: "
DUPLICATE += "Pelican Client Error: remote object already exists, upload aborted"
LOST = "Transfer input files failure at execution point slot1@glidein using protocol osdf. Details: object not found"
DISK = "Error from slot1_2@glidein: disk usage exceeded request_disk"
MEMORY = "Job in status 2 put on hold by SYSTEM_PERIODIC_HOLD due to memory usage 3000 being larger than 2048"


@pytest.mark.parametrize(
    ("name", "reason", "code", "subcode"),
    [
        ("too-long", "The job exceeded allowed execute duration of 20:00:00", 47, 0),
        ("too-long", "The job exceeded allowed execute duration of 1+16:00:00", 47, 0),
        ("any", "The job exceeded allowed execute duration of 1:05:00", 47, 0),
        ("any", "", 47, 0),
        ("memory", "", 34, 102),
        ("disk", "", 21, 104),
        ("too-long", "Held by a rule: over the limit of its JobDurationCategory", 26, 0),
        ("memory", "Error from slot1_40@glidein: memory usage exceeded request_memory", 34, 102),
        ("memory", MEMORY, 26, 0),
        ("disk", DISK, 21, 104),
        ("disk", DISK, 26, 0),
        ("starts", "The job (shadow) restarted too many times", 26, 0),
        ("starts", "Held: NumJobStarts > 30", 26, 0),
        ("osdf-again", DUPLICATE, 12, 256),
        ("osdf", LOST, 13, 256),
        ("any", "no such file", 13, 2),
        ("any", "via condor_hold (by user ada)", 1, 0),
    ],
)
def test_a_hold_is_explained_with_what_to_do(name: str, reason: str, code: int, subcode: int, golden: Golden) -> None:
    golden(f"ospool/words-on-a-hold-{name}", on("hold", reason, code, subcode))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("held", "Job removed by SYSTEM_PERIODIC_REMOVE due to job held for more than 14 days."),
        ("queued", "Job removed by SYSTEM_PERIODIC_REMOVE: QDate is more than 90 days ago"),
    ],
)
def test_a_removal_by_one_of_its_rules_is_explained(name: str, reason: str, golden: Golden) -> None:
    golden(f"ospool/words-on-a-removal-{name}", on("removal", reason))


@pytest.mark.parametrize("reason", ["via condor_rm (by user ada)", "", "The job attribute PeriodicRemove is true"])
def test_on_any_other_removal_it_has_none(reason: str) -> None:
    assert on("removal", reason) == "None"


def test_an_eviction_is_usual_and_counts(golden: Golden) -> None:
    golden("ospool/words-on-a-vacate", on("vacate", "preempted", 1000))
