"""News of a map: how often the schedd is asked where none come."""

from __future__ import annotations

import math

import attrs
import pytest

import htmap
from htmap.exceptions import SilentPool
from htmap.exceptions import TimeoutError as PatienceEnded
from htmap_core.components import ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.results import news
from htmap_core.results.engine import Engine
from htmap_core.tracking import source
from tests.unit.conftest import MakeMap
from tests.unit.fixed_states import FixedStates


@attrs.define
class Silent(FixedStates):
    """States of which no news come; it counts how often the schedd is asked."""

    asked: int = 0

    def poll(self) -> bool:
        return False

    def ask_the_schedd(self, connection: Connection) -> str | None:
        self.asked += 1
        return "it sleeps"


@attrs.define
class Late(Silent):
    """States of which news come with the tenth look."""

    looked: int = 0

    def poll(self) -> bool:
        self.looked += 1
        if self.looked == 10:
            self.looks = [[ComponentStatus.COMPLETED]]
        return self.looked == 10


def test_news_that_come_soon_are_seen_soon_whatever_the_longest_pause_is(
    make_map: MakeMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = Late([[ComponentStatus.RUNNING]])
    monkeypatch.setattr(source, "of", lambda _: states)
    htmap.settings["WAIT_TIME"] = 1000
    engine = Engine("tide", make_map("tide", 1, {}), lambda: None, lambda _: math.inf)
    assert engine.await_component(0, timeout=60) is ComponentStatus.COMPLETED
    assert states.looked == 10


def test_the_schedd_is_asked_less_often_the_longer_nothing_comes(
    make_map: MakeMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = Silent([[ComponentStatus.RUNNING]])
    monkeypatch.setattr(source, "of", lambda _: states)
    monkeypatch.setattr(news, "QUIET", 0.02)  # a minute would be long for a test
    htmap.settings["WAIT_TIME"] = 0.001
    engine = Engine("tide", make_map("tide", 1, {}), lambda: None, lambda _: math.inf)
    with pytest.warns(SilentPool), pytest.raises(PatienceEnded):
        engine.wait(1.0, frozenset(), show_progress_bar=False)
    assert 1 <= states.asked <= 6  # 0.02 s, 0.04 s and so on
