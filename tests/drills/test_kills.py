"""Processes are killed before each step that they take, and at any time: the next command finishes what they did or undoes it."""

from __future__ import annotations

import itertools
import os
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import htmap
from htmap_core import names
from tests.drills import interrupted, soundness, steps
from tests.drills.frame import Drill
from tests.drills.interrupted import INTERRUPTED

pytestmark = [pytest.mark.pool, pytest.mark.timeout(3600)]

_NUMBER = itertools.count()
_CASE = re.compile(
    r"(?P<name>.+?) (?:before step (?P<step>\d+)|after (?P<share>.+) of its time)(?:, then settle before step (?P<again>\d+))?"
)
_SHORT = 4  # deeds
_STEPS_OF_SETTLE = 12  # at most, mostly; a kill before a step that is not taken is none


@pytest.fixture(scope="module", autouse=True)
def _preloaded() -> None:
    steps.preload()


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "told"


@pytest.fixture
def whole(drill: Drill, personal_pool: Path, told: Path) -> Mapping[str, steps.Did]:
    """Return how deeds go that nobody kills: all, or in the short run some."""
    found = {}
    is_short = drill.share is None and not drill.only
    for name in drill.chance.sample([*INTERRUPTED], _SHORT) if is_short else INTERRUPTED:
        each, tag = INTERRUPTED[name], f"map-{next(_NUMBER)}"
        each.prepare(tag)
        found[name] = steps.do(each.deed, tag, told=told)
        soundness.clear(personal_pool)
    return found


def cases_of(whole: Mapping[str, steps.Did], chance: random.Random) -> Iterator[str]:
    """Yield each step of each deed once, with second kills among them, and then any moments."""
    at_steps = [f"{name} before step {step + 1}" for name in whole for step in range(len(whole[name].steps))]
    again = [f"{each}, then settle before step {chance.randint(1, _STEPS_OF_SETTLE)}" for each in at_steps]
    together = [*at_steps, *chance.sample(again, len(again) // 8)]
    yield from chance.sample(together, len(together))
    while True:
        yield f"{chance.choice([*whole])} after {chance.random():.3f} of its time"


def test_what_was_killed_is_finished_or_undone_by_the_next_command(
    drill: Drill, personal_pool: Path, whole: Mapping[str, steps.Did], told: Path
) -> None:
    for case in drill.chosen(lambda chance: cases_of(whole, chance), full=700, short=8):
        with drill.trying(case):
            matched = _CASE.fullmatch(case)
            assert matched is not None
            name, step, share, again = matched.group("name", "step", "share", "again")
            tag = f"map-{next(_NUMBER)}"
            INTERRUPTED[name].prepare(tag)
            moment = float(share or 0) * whole[name].seconds
            steps.do(INTERRUPTED[name].deed, tag, before=int(step or 0), after=moment, told=told)
            if again:
                steps.do(interrupted.settle, tag, before=int(again), told=told)
            soundness.finish_what_was_interrupted()
            soundness.check(personal_pool)
            INTERRUPTED[name].check(tag)
        soundness.clear(personal_pool)


def test_a_rerun_or_a_wait_that_was_killed_loses_no_result(drill: Drill, personal_pool: Path, told: Path) -> None:
    count = drill.count(full=60, short=3)
    mapped = htmap.map(interrupted.squares(), range(count + 1), tag="map", quiet=True, chunksize=1)
    mapped.wait(timeout=600)
    rerun, wait = steps.do(interrupted.rerun_one, "map", count, told=told), _waited(mapped, told, 0)

    def cases(chance: random.Random) -> Iterator[str]:
        found = [f"rerun before step {step + 1}" for step in range(len(rerun.steps))]
        found += [f"wait before step {step + 1}" for step in range(len(wait.steps))]
        while True:
            yield from chance.sample(found, len(found))

    chosen = drill.chosen(cases, full=60, short=3)
    for component, case in enumerate(chosen):
        with drill.trying(case):
            step = int(case.rpartition(" ")[2])
            if case.startswith("wait"):
                _waited(mapped, told, step)
            else:
                steps.do(interrupted.rerun_one, "map", component, before=step, told=told)
            soundness.finish_what_was_interrupted()
            soundness.check(personal_pool)
            if mapped.component_statuses[component] == "COMPLETED":
                assert mapped[component] == component**2
    for component, case in enumerate(chosen):
        with drill.trying(case, times=0):
            assert mapped.get(component, timeout=300) == component**2


def _waited(mapped: htmap.Map, told: Path, before: int) -> steps.Did:
    """Wait for a map in another process, which has to read its event log anew."""
    mapped.wait(timeout=300)
    (mapped._map_dir.path / names.STATE).unlink(missing_ok=True)
    return steps.do(interrupted.wait_for, mapped.tag, before=before, told=told)


def test_what_killed_processes_were_writing_is_deleted(personal_pool: Path, told: Path) -> None:
    for number, deed in enumerate([interrupted.wait_for, interrupted.retag]):
        tags = [f"whole-{number}", f"killed-{number}"]
        for tag in tags:
            interrupted.finished_here(tag)
            (htmap.load(tag)._map_dir.path / names.STATE).unlink(missing_ok=True)
        taken = steps.do(deed, tags[0], told=told).steps
        put = next(step for step, what in enumerate(taken, 1) if what.startswith(("os.rename", "os.link")))
        steps.do(deed, tags[1], before=put, told=told)
    left = soundness.temporary(personal_pool)
    assert len(left) == 2
    for path in left:
        os.utime(path, (0, 0), follow_symlinks=False)  # so nobody can be writing it any more
    steps.do(interrupted.settle, "", told=told)
    assert soundness.temporary(personal_pool) == []
