"""Programs with an executor are killed before each step that they take, and at any time: run again, nothing runs twice."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.drills import soundness, steps
from tests.drills.executors import PROGRAMS, check
from tests.drills.frame import Drill

pytestmark = [pytest.mark.pool, pytest.mark.timeout(3600)]

_NUMBER = itertools.count()
_CASE = re.compile(r"(?P<name>.+?) (?:before step (?P<step>\d+)|after (?P<share>.+) of its time)(?P<twice>, twice)?")


@pytest.fixture(scope="module", autouse=True)
def _preloaded() -> None:
    steps.preload()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


def prepared(name: str, place: Path) -> tuple[str, str]:
    """Have what an earlier run has left, and return the tag of the executor and the folder in which its calls note their runs."""
    number = next(_NUMBER)
    tag, folder = f"study-{number}", place / f"ran-{number}"
    folder.mkdir()
    PROGRAMS[name][0](tag, str(folder))
    return tag, str(folder)


@pytest.fixture
def whole(drill: Drill, personal_pool: Path, place: Path) -> Mapping[str, steps.Did]:
    """Return how programs go that nobody kills; one of them in the short run."""
    found = {}
    is_short = drill.share is None and not drill.only
    for name in drill.chance.sample([*PROGRAMS], 1) if is_short else PROGRAMS:
        tag, folder = prepared(name, place)
        found[name] = steps.do(PROGRAMS[name][1], tag, folder, told=place / "told")
        check(folder, PROGRAMS[name][2])
        soundness.clear(personal_pool)
    return found


def cases_of(whole: Mapping[str, steps.Did], chance: random.Random) -> Iterator[str]:
    """Yield each step of each program once, with some of which the second run is killed, too, and then any moments."""
    at_steps = [f"{name} before step {step + 1}" for name in whole for step in range(len(whole[name].steps))]
    together = [*at_steps, *(f"{each}, twice" for each in chance.sample(at_steps, len(at_steps) // 8))]
    yield from chance.sample(together, len(together))
    while True:
        yield f"{chance.choice([*whole])} after {chance.random():.3f} of its time"


def test_run_again_a_program_loses_nothing_and_runs_nothing_twice(
    drill: Drill, personal_pool: Path, whole: Mapping[str, steps.Did], place: Path
) -> None:
    for case in drill.chosen(lambda chance: cases_of(whole, chance), full=300, short=2):
        with drill.trying(case):
            matched = _CASE.fullmatch(case)
            assert matched is not None
            name, step, share, twice = matched.group("name", "step", "share", "twice")
            program, told, (tag, folder) = PROGRAMS[name][1], place / "told", prepared(name, place)
            for _ in range(2 if twice else 1):
                moment = float(share or 0) * whole[name].seconds
                steps.do(program, tag, folder, before=int(step or 0), after=moment, told=told)
            assert not steps.do(program, tag, folder, told=told).was_killed
            check(folder, PROGRAMS[name][2])
            soundness.finish_what_was_interrupted()
            soundness.check(personal_pool)
        soundness.clear(personal_pool)
