"""CERN's names for how long a job may run."""

from __future__ import annotations

import pytest
from htmap_cern.jobs import flavours

HOUR = 3600


@pytest.mark.parametrize(
    ("runtime", "flavour"),
    [
        (1, "espresso"),
        (20 * 60, "espresso"),
        (20 * 60 + 1, "microcentury"),
        (2 * HOUR, "longlunch"),
        (8 * HOUR, "workday"),
        (24 * HOUR, "tomorrow"),
        (25 * HOUR, "testmatch"),
        (7 * 24 * HOUR, "nextweek"),
    ],
)
def test_a_runtime_gets_the_smallest_flavour_that_holds_it(runtime: int, flavour: str) -> None:
    assert flavours.holding(runtime) == flavour


@pytest.mark.parametrize("call", [lambda: flavours.flavour("expresso"), lambda: flavours.holding(8 * 24 * HOUR)])
def test_what_no_flavour_gives_is_answered_with_all_seven_and_their_times(call: object) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match="espresso") as caught:
        call()
    shorter = "espresso (20 min), microcentury (1 h), longlunch (2 h), workday (8 h)"
    assert str(caught.value).endswith(f"{shorter}, tomorrow (1 d), testmatch (3 d), nextweek (1 w)")
