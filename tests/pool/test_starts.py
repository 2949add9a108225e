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
