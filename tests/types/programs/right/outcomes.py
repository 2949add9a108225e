"""An outcome has a value of the function's type, or what happened."""

from __future__ import annotations

from typing_extensions import assert_type

import htmap


def inverse(number: float) -> float:
    return 1 / number


found = htmap.map(inverse, [1, 0, 4])
values: dict[int, float] = {outcome.component: outcome.value for outcome in found.outcomes() if outcome.ok}

for outcome in found.outcomes(timeout=60):
    assert_type(outcome, htmap.Outcome[float])
    assert_type(outcome.status, htmap.ComponentStatus)
    if outcome.ok:
        assert_type(outcome.value, float)
    if outcome.error is None:
        assert_type(outcome.value, float)
    elif isinstance(outcome.error, htmap.ComponentError):
        print(outcome.error.report())
    else:
        assert_type(outcome.error, htmap.ComponentHold)


def good(outcomes: list[htmap.Outcome[float]]) -> list[float]:
    return [each.value for each in outcomes if each.ok]


def count(outcomes: list[htmap.Outcome]) -> int:
    return sum(each.ok for each in outcomes)


print(good(list(found.outcomes())), count(list(found.outcomes())), values)

try:
    print(found.get(1))
except htmap.exceptions.MapComponentError as error:
    assert_type(error.component, int)
assert_type(found.get_err(1), htmap.ComponentError)
