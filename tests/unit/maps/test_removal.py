"""When a removal asks the schedd whether its jobs have left."""

from __future__ import annotations

import itertools

import pytest

from htmap_core.maps import removal


def test_it_asks_at_once_when_the_event_log_has_the_end_of_all_jobs() -> None:
    looks = iter([False, False, True])
    moments = removal._worth_asking(lambda: next(looks))
    next(moments)
    assert next(looks, None) is None


def test_it_asks_more_and_more_seldom_while_the_event_log_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "PATIENCE", 0.5)
    looks = itertools.count()
    asked = len(list(removal._worth_asking(lambda: next(looks) < 0)))
    assert 2 * asked <= next(looks)
