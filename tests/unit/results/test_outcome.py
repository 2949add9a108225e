"""Outcomes: a value, or what happened instead."""

from __future__ import annotations

import pytest

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.results.errors import ComponentError
from htmap_core.results.outcome import NoResult, Outcome

FULL = ComponentHold(13, "Disk quota exceeded")
FAILED = ComponentError(component=3, exception_msg="ValueError: 3", headline="ValueError: 3, in tide")


def test_an_outcome_with_a_result_has_it_also_if_that_is_none() -> None:
    outcome = Outcome[None](3, ComponentStatus.COMPLETED, None)
    assert (outcome.ok, outcome.value, outcome.error) == (True, None, None)


@pytest.mark.parametrize(("status", "error"), [("HELD", FULL), ("ERRORED", FAILED)])
def test_an_outcome_without_a_result_says_so_when_it_is_asked_for(
    status: str, error: ComponentError | ComponentHold
) -> None:
    outcome = Outcome[int](3, ComponentStatus(status), error=error)
    assert not outcome.ok
    with pytest.raises(NoResult) as caught:
        _ = outcome.value
    assert not hasattr(outcome, "value")  # so what looks at any object can look at this one
    assert (caught.value.component, caught.value.status, caught.value.error) == (3, status, str(error))


def test_the_repr_of_an_outcome_has_its_value_or_what_happened() -> None:
    assert repr(Outcome(3, ComponentStatus.COMPLETED, [42])).endswith("value=[42])")
    assert repr(Outcome(3, ComponentStatus.HELD, error=FULL)).endswith(f"error={FULL!r})")
