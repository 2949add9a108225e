"""When a removal asks the schedd whether its jobs have left."""

from __future__ import annotations

import attrs
import pytest

from htmap_core.maps import removal
from htmap_core.settings import waiting


@attrs.define
class Clock:
    """A clock of which only sleep takes time."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (removal, waiting):
        monkeypatch.setattr(module, "time", clock)
    return clock


def test_it_asks_at_once_when_the_event_log_has_the_end_of_all_jobs(clock: Clock) -> None:
    for _ in removal._worth_asking(lambda: clock.now > 0.09, lambda: None):
        break
    assert 0.09 < clock.now <= 0.2


def test_it_asks_again_soon_when_the_jobs_are_about_to_leave(clock: Clock) -> None:
    asked = [clock.now for _ in removal._worth_asking(lambda: True, lambda: None)]
    assert asked[0] == 0
    assert asked[1] <= 0.2


def test_it_asks_more_and_more_seldom_while_the_event_log_has_none(clock: Clock) -> None:
    asked = [clock.now for _ in removal._worth_asking(lambda: False, lambda: None)]
    pauses = [after - before for before, after in zip(asked, asked[1:])]
    assert len(asked) <= 10
    assert all(after > 1.5 * before for before, after in zip(pauses[:4], pauses[1:5]))
    assert 24 < asked[-1] <= 30
