"""Jobs that HTCondor would start again and again without end."""

from __future__ import annotations

from pathlib import Path

import pytest

import htmap
from htmap_core.testing import eventually

pytestmark = pytest.mark.pool

TIMEOUT = 300


def test_a_job_that_never_begins_is_held_with_the_reason_and_until_then_why_tells_it(personal_pool: Path) -> None:
    # The starter cannot get what a credd would have, and no pool for one user has one.
    mapped = htmap.map(str, [0], map_options=htmap.MapOptions(custom_options={"SendCredential": "true"}))

    def failing() -> bool:
        return any(each.verdict is not None and each.verdict.starts.is_failing for each in mapped.why())

    eventually(failing, says="why tells that starts fail")
    with pytest.raises(htmap.exceptions.MapComponentHeld) as held:
        mapped.get(0, timeout=TIMEOUT)
    (hold,) = mapped.holds.values()
    assert (hold.code, "1007" in hold.reason) == (3, True)
    assert hold.reason in str(held.value)
    mapped.release()
    eventually(failing, says="it has as many attempts as before")


def test_of_a_component_that_runs_again_why_tells_that_it_was_vacated(personal_pool: Path, tmp_path: Path) -> None:
    def stay(_: int) -> None:
        import time

        while not (tmp_path / "enough").exists():
            time.sleep(0.1)

    mapped = htmap.map(stay, [0])
    running = [htmap.ComponentStatus.RUNNING]
    eventually(lambda: mapped.component_statuses == running, says="it runs")
    (fresh,) = mapped.why()
    mapped.vacate()
    eventually(lambda: [each.text for each in mapped.why()] != [fresh.text], says="it has been vacated")
    eventually(lambda: mapped.component_statuses == running, says="it runs again")
    found = eventually(
        lambda: [each for each in mapped.why() if "vacate code" in each.text], says="why tells that it was vacated"
    )
    assert [(each.components, each.status) for each in found] == [((0,), htmap.ComponentStatus.RUNNING)]
    (tmp_path / "enough").touch()
    assert mapped.get(0, timeout=TIMEOUT) is None
