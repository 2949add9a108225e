"""What is asked about slots, and what is not asked again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from htmap_core.condor.slots import SlotAnswers
from htmap_core.files.answers import Answers

LINUX = {"OpSysAndVer": "AlmaLinux9"}


class Collector:
    """A collector with slots of which a few have Docker."""

    def __init__(self, slots: int = 214, docker: int = 3) -> None:
        self.slots, self.docker = slots, docker
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def answer(self, _: str, constraint: str, projection: Sequence[str]) -> list[dict[str, Any]]:
        self.asked.append((constraint, tuple(projection)))
        number = 0 if "HasTeX" in constraint else self.docker if "HasDocker" in constraint else self.slots
        return [dict(LINUX) if "OpSysAndVer" in projection else {"Name": f"slot{each}"} for each in range(number)]


class Program:
    """A program that asks, with the answers that are kept for all."""

    def __init__(self, collector: Collector, folder: Path, name: str = "one.example.org") -> None:
        self.slots = SlotAnswers(collector.answer, lambda: name, Answers.of(folder, None, None))


def test_what_another_program_has_asked_is_not_asked_again(tmp_path: Path) -> None:
    collector = Collector()
    first = (
        Program(collector, tmp_path).slots.count("HasDocker"),
        Program(collector, tmp_path).slots.ads(["OpSysAndVer"]),
    )
    collector.asked.clear()
    again = Program(collector, tmp_path).slots
    assert (again.count("HasDocker"), again.ads(["OpSysAndVer"])) == first == ((3, 214), [LINUX] * 214)
    assert collector.asked == []


def test_a_count_asks_for_no_attribute_that_a_slot_has(tmp_path: Path) -> None:
    collector = Collector()
    Program(collector, tmp_path).slots.count("HasDocker")
    assert {projection for _, projection in collector.asked} == {("HTMapNothing",)}


def test_a_count_of_zero_is_asked_for_again_by_the_next(tmp_path: Path) -> None:
    collector = Collector(docker=0)
    assert Program(collector, tmp_path).slots.count("HasDocker") == (0, 214)
    collector.docker = 3
    assert Program(collector, tmp_path).slots.count("HasDocker") == (3, 214)


@pytest.mark.parametrize("expression", ["HasDocker", "true"])
def test_a_pool_without_slots_is_asked_how_many_it_has_and_nothing_else(tmp_path: Path, expression: str) -> None:
    collector = Collector(slots=0)
    assert Program(collector, tmp_path).slots.count(expression) == (0, 0)
    assert len(collector.asked) == 1


def test_the_answers_of_one_collector_are_not_those_of_another_with_the_same_configuration(tmp_path: Path) -> None:
    Program(Collector(), tmp_path).slots.count("HasDocker")
    other = Program(Collector(slots=7, docker=7), tmp_path, "other.example.org")
    assert other.slots.count("HasDocker") == (7, 7)


def test_ads_that_all_differ_are_not_kept(tmp_path: Path) -> None:
    collector = Collector()
    assert len(Program(collector, tmp_path).slots.ads(["Name"])) == 214
    assert list(tmp_path.iterdir()) == []
    assert len(Program(collector, tmp_path).slots.ads(["Name"])) == 214
    assert len(collector.asked) == 2
