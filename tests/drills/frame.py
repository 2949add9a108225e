"""What all drills have: a seed, a bound, and a count of what was tried, held, and did not.

A drill is a test that tries many cases of a kind. A case is a printable text from which all of it follows, so that one which did
not hold can be tried alone::

    def cases(chance: random.Random) -> Iterator[str]:
        while True:
            yield f"{chance.choice(FILES)} cut at {chance.random():.3f}"

    def test_any_cut(drill: Drill, personal_pool: Path) -> None:
        for case in drill.chosen(cases, full=1000, short=20):
            with drill.trying(case):
                ...  # act, and assert what must hold

In the continuous integration each drill has a short run, always of the same cases. ``make drills`` has the full one.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import shlex
import time
import traceback
from collections.abc import Callable, Iterable, Iterator

import attrs

SHARE = "HTMAP_TEST_DRILLS"  # which part of the full counts is tried: 1 for all; without it, the short run
SEED = "HTMAP_TEST_SEED"
CASE = "HTMAP_TEST_CASE"  # the one case to try
PROPERTY = "drill"  # under which name a row of the table travels to the process that shows it

_SHOWN = 5  # cases that did not hold, of each drill: the first ones mostly tell


@attrs.define
class Drill:
    """A drill that is under way, or over.

    :param test: the test, as pytest names it.
    :param seed: what the choice of cases follows from.
    :param share: which part of the full count is tried; None for the short run.
    :param only: the one case that is tried; empty for those that the seed gives.
    :param tried: how many tries there were.
    :param wrong: the cases that did not hold, with what was seen.
    """

    test: str
    seed: int = 1
    share: float | None = None
    only: str = ""
    tried: int = 0
    wrong: list[tuple[str, str]] = attrs.field(factory=list)
    began: float = attrs.field(factory=time.monotonic)

    @classmethod
    def of(cls, test: str) -> Drill:
        """Return a drill as the environment wants it."""
        share = os.environ.get(SHARE)
        return cls(test, int(os.environ.get(SEED, "1")), float(share) if share else None, os.environ.get(CASE, ""))

    @property
    def chance(self) -> random.Random:
        """A source of chance that begins anew: the same drill with the same seed sees the same."""
        return random.Random(f"{self.test} {self.seed}")

    def count(self, *, full: int, short: int) -> int:
        """Return how many tries there shall be."""
        return short if self.share is None else max(short, round(full * self.share))

    def chosen(self, cases: Callable[[random.Random], Iterable[str]], *, full: int, short: int) -> list[str]:
        """Return the cases to try.

        :param cases: gives any number of cases by chance, or all that there are.
        :param full: how many ``make drills`` tries.
        :param short: how many the continuous integration tries.
        """
        if self.only:
            return [self.only]
        return list(itertools.islice(cases(self.chance), self.count(full=full, short=short)))

    @contextlib.contextmanager
    def trying(self, case: str, times: int = 1) -> Iterator[None]:
        """Try a case in the block. What is raised there did not hold, and is told in the end; the drill goes on.

        :param times: how many tries the block has, where it has more than one.
        """
        self.tried += times
        try:
            yield
        except Exception as problem:
            self.did_not_hold(case, "".join(traceback.format_exception(type(problem), problem, problem.__traceback__)))

    def did_not_hold(self, case: str, seen: str) -> None:
        """Note that a case did not hold, with what was seen."""
        self.wrong.append((case, seen))

    def check(self) -> None:
        """Fail where a case did not hold.

        :raises AssertionError: which has the first of them, each with the command that tries it alone.
        """
        __tracebackhide__ = True
        told = [f"{self.command(case)}\n{seen}" for case, seen in self.wrong[:_SHOWN]]
        assert not self.wrong, f"{len(self.wrong)} of {self.tried} did not hold:\n\n" + "\n\n".join(told)

    def command(self, case: str) -> str:
        """Return the command that tries a case alone."""
        return f"{CASE}={shlex.quote(case)} {SEED}={self.seed} python -m pytest {shlex.quote(self.test)}"


@attrs.frozen
class Row:
    """A row of the table at the end of ``make drills``; plain values, because workers send it to the process that shows it."""

    test: str
    seed: int
    tried: int
    not_held: int
    seconds: float
    commands: list[str]

    @classmethod
    def of(cls, drill: Drill) -> Row:
        """Return the row of a drill that is over."""
        commands = [drill.command(case) for case, _ in drill.wrong]
        return cls(drill.test, drill.seed, drill.tried, len(drill.wrong), time.monotonic() - drill.began, commands)


def table(rows: Iterable[Row]) -> list[str]:
    """Return the table: tried, held, not held, and below it the commands that try again what did not hold."""
    rows = sorted(rows, key=lambda row: row.test)
    lines = [f"{'tried':>8} {'held':>8} {'not held':>8} {'seconds':>8} {'seed':>5}  drill"]
    for row in rows:
        name = row.test.replace("tests/drills/test_", "").replace(".py::test", ":").replace("_", " ")
        held = row.tried - row.not_held
        lines.append(f"{row.tried:>8} {held:>8} {row.not_held:>8} {row.seconds:>8.0f} {row.seed:>5}  {name}")
    return lines + [command for row in rows for command in row.commands]
