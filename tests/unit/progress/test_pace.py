"""How long a map will take: estimates of simulated maps, and none where nothing is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from htmap_core.progress.pace import Pace

SLOTS_COME = 5.0
Look = tuple[float, int, int, int]


def looks(seconds: Sequence[float], slots: int, per_job: int = 1) -> Iterator[Look]:
    """Yield the time, and how many components have ended, run and wait, each second, of jobs that slots take in order.

    The first slots come after a few seconds.
    """
    free, ends, begins = [SLOTS_COME] * slots, [], []
    for each in seconds:
        slot = min(range(slots), key=free.__getitem__)
        begins.append(free[slot])
        free[slot] += each
        ends.append(free[slot])
    for time in range(int(max(ends)) + 2):
        ended, begun = sum(end <= time for end in ends), sum(begin <= time for begin in begins)
        counts = ended, begun - ended, len(ends) - begun
        yield (float(time), *(per_job * count for count in counts))  # type: ignore[misc]


def estimates(all_looks: Iterator[Look], per_job: float = 1.0) -> dict[float, float | None]:
    pace, found = Pace(per_job), {}
    for time, ended, running, waiting in all_looks:
        pace.saw(time, ended, running, waiting)
        found[time] = pace.left(time, running, waiting)
    return found


SIMILAR = [60.0 + 7 * (number % 5) for number in range(100)]
MAPS: dict[str, tuple[list[float], int, int]] = {
    "in step": ([60.0] * 96, 8, 1),
    "out of step": (SIMILAR, 8, 1),
    "one slot": ([10.0] * 20, 1, 1),
    "a second round of few": ([60.0] * 10, 8, 1),
    "chunks": ([60.0] * 96, 8, 50),
    "more slots than components": ([60.0] * 8, 20, 1),
}


@pytest.mark.parametrize("name", MAPS)
def test_estimates_are_near_the_truth_once_there_are_any(name: str) -> None:
    seconds, slots, per_job = MAPS[name]
    last = max(time for time, ended, *_ in looks(seconds, slots) if ended < len(seconds)) + 1
    found = estimates(looks(seconds, slots, per_job), per_job)
    wrong = {time: left for time, left in found.items() if left is not None and abs(left - (last - time)) > last / 5}
    assert wrong == {}
    assert name == "more slots than components" or any(left is not None for left in found.values())


def test_there_is_none_before_each_slot_has_had_its_turn() -> None:
    found = estimates(looks([10.0 + number for number in range(8)] * 4, 8))
    assert {left for time, left in found.items() if time < 22} == {None}
    assert found[22] is not None


def test_there_is_none_where_nothing_runs() -> None:
    pace = Pace(1)
    for time, ended, running in ((0, 0, 1), (10, 1, 1), (20, 2, 1)):
        pace.saw(time, ended, running, 9)
    assert pace.left(21, running=1, waiting=7) is not None
    assert pace.left(21, running=0, waiting=8) is None


def test_those_that_ran_before_somebody_waited_do_not_count() -> None:
    late = [(time - 50, *counts) for time, *counts in looks([60.0] * 32, 8) if time >= 50]
    found = estimates(iter(late))  # type: ignore[arg-type]
    assert {left for time, left in found.items() if time < 75} == {None}
    assert found[75] == pytest.approx(120, abs=5)


def test_those_that_end_at_once_tell_nothing() -> None:
    pace = Pace(1)
    pace.saw(0, 5, 0, 5)
    pace.saw(0, 9, 1, 0)
    assert pace.left(0, running=1, waiting=0) is None


def test_components_that_run_again_begin_anew() -> None:
    pace = Pace(1)
    for time in range(10):
        pace.saw(time, time, 1, 10 - time)
    pace.saw(10, 0, 1, 10)
    assert pace.left(10, running=1, waiting=10) is None


def test_what_has_changed_counts_more_than_what_was_long_ago() -> None:
    pace = Pace(1)
    for time in range(101):
        pace.saw(time, time // 10, 1, 1000)
    for time in range(101, 301):
        pace.saw(time, 10 + time - 100, 1, 1000)
    assert pace.left(300, running=1, waiting=99) == pytest.approx(100, abs=10)


def test_it_keeps_little_however_long_a_map_takes() -> None:
    pace = Pace(1)
    for time in range(10_000):
        pace.saw(time, time, 1, 10_000)
    assert len(vars(pace)["_marks"]) < 100
