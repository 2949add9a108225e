"""What is seen of long work on maps: reading results, running on this machine, removing."""

from __future__ import annotations

import io
import itertools
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

import htmap
from htmap_core.components import ComponentStatus
from htmap_core.testing.own_settings import settings_with
from htmap_core.tracking import source
from tests.terminals import last_line
from tests.unit.conftest import Look, MakeMap
from tests.unit.fixed_states import FixedStates
from tests.unit.maps.conftest import Load

pytestmark = pytest.mark.usefixtures("htmap_dir")

GATHERS: dict[str, tuple[Callable[[htmap.Map], Any], bool]] = {
    "list": (list, True),
    "tuple": (tuple, True),
    "sorted": (sorted, True),
    "a display": (lambda tide: [*tide], True),
    "a loop": (lambda tide: [each for each in tide], False),  # noqa: C416 -- it is the loop that matters
    "something between": (lambda tide: list(map(str, tide)), False),
    "an iterator": (lambda tide: list(iter(tide)), False),
    "a length before": (lambda tide: (len(tide), list(iter(tide))), False),
}


@pytest.mark.parametrize("name", GATHERS)
def test_results_that_go_straight_into_a_list_have_a_bar_and_a_loop_may_print(
    name: str, look: Look, load: Load
) -> None:
    gather, has_bar = GATHERS[name]
    tide = load([ComponentStatus.COMPLETED] * 3)
    seen = look()
    gather(tide)
    assert ("reading tide: " in seen.got) == has_bar
    assert last_line(seen.got) == ""


def test_waiting_and_reading_in_turn_show_one_bar_at_a_time(
    look: Look, make_map: MakeMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    completed, running = ComponentStatus.COMPLETED, ComponentStatus.RUNNING
    ended = (2, 2, 5, 5, 6)
    looks = [[completed] * count + [running] * (6 - count) for count in ended]
    monkeypatch.setattr(source, "of", lambda _: FixedStates(looks))
    make_map("tide", 6, {component: component for component in range(6)})
    seen = look()
    assert list(htmap.load("tide")) == list(range(6))
    bars = [name for name, _ in itertools.groupby(re.findall(r"(reading tide|tide): ", seen.got))]
    assert bars == ["reading tide", "tide", "reading tide", "tide"]
    assert "\x1b[A" not in seen.got  # with which a bar is drawn below another
    assert last_line(seen.got) == ""


class TestOnThisMachine:
    def test_who_waits_for_processes_sees_how_far_they_are(self, look: Look) -> None:
        seen = look()

        def slow(number: int) -> int:
            import time

            time.sleep(0.3)
            return number

        with settings_with({"PROCESSES": 1}):
            assert list(htmap.map(slow, range(2), tag="tide", where="processes")) == [0, 1]
        assert re.search(r"tide: .*[01]/2 \[.*1 running", seen.got)

    def test_the_line_is_away_before_the_function_prints(self, look: Look) -> None:
        seen = look()

        def talks(number: int) -> int:
            print("said", number)
            return number

        htmap.map(talks, range(3), tag="tide", where="here")
        assert "1 running" in seen.got
        lines = [last_line(each) for each in seen.got.split("\n")]
        assert [each for each in lines if "said" in each] == ["said 0", "said 1", "said 2"]

    def test_a_prompt_of_the_function_begins_its_own_line(self, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = look()
        monkeypatch.setattr(sys, "stdin", io.StringIO())

        def asks(_: int) -> str:
            try:
                return input("name? ")
            except EOFError:
                return ""

        htmap.map(asks, range(1), tag="tide", where="here")
        assert last_line(seen.got) == "name?"


def test_a_map_of_many_files_tells_while_it_is_removed(look: Look, make_map: MakeMap) -> None:
    seen = look()
    tide = make_map("tide")
    for number in range(3):
        (tide.path / "outputs" / str(number)).mkdir(parents=True)
    htmap.load("tide").remove(force=True)
    assert not tide.path.exists()
    assert " tide [" in seen.got
