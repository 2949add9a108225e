"""What the line says."""

from __future__ import annotations

import math

from htmap_core.components import ComponentStatus
from htmap_core.progress.words import State, fitting, words
from tests.golden_files import Golden

HUNDRED = 100


def state(ended: int = 0, elapsed: float = 10.0, left: float | None = None, first: str = "", **counts: int) -> State:
    by_status = {ComponentStatus(name): count for name, count in counts.items()}
    return State("blue tide".replace(" ", "-"), by_status, ended, HUNDRED, elapsed, left, first)


STATES = {
    "the schedd has them": state(UNKNOWN=100),
    "none runs": state(IDLE=60, UNMATERIALIZED=40),
    "none has run for long": state(IDLE=100, elapsed=100),
    "some run": state(RUNNING=3, IDLE=97),
    "some have ended": state(2, RUNNING=3, IDLE=95, COMPLETED=2, first="12:34:56"),
    "some have ended, and it is known how long it takes": state(
        12, RUNNING=3, IDLE=85, COMPLETED=12, left=200.0, first="12:34:56"
    ),
    "something is wrong": state(
        12, RUNNING=3, IDLE=70, COMPLETED=12, HELD=2, ERRORED=3, REMOVED=4, SUSPENDED=6, left=1e6
    ),
    "all have ended": state(100, COMPLETED=100, first="12:34:56"),
}


def test_what_is_told(golden: Golden) -> None:
    told = [
        f"{name} ({room} characters): {fitting(list(words(each)), room)}"
        for name, each in STATES.items()
        for room in (math.inf, 40, 12)
    ]
    golden("progress/words", "\n".join(told))


def test_what_matters_most_is_left_out_last() -> None:
    parts = list(words(STATES["something is wrong"]))
    kept = [fitting(parts, room).count(", ") + 1 for room in range(80, 0, -1)]
    assert kept == sorted(kept, reverse=True)
    assert all(len(fitting(parts, room)) <= room for room in range(80, 0, -1))
    assert fitting(parts, 30).startswith(parts[0].text)
