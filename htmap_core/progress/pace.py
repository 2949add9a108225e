"""How quickly components end, and how long the others will take.

That is what was measured while somebody waited, and nothing where that is too little.
"""

from __future__ import annotations

from typing import NamedTuple

_MARKS = 64  # are kept; more than that tell nothing new


class Mark(NamedTuple):
    """How many components had ended at a time."""

    time: float
    ended: int


class Pace:
    """The pace of one map. Times are seconds of any one clock.

    It begins when the first components run. Of those that run already when somebody begins to wait it is not known since when, so
    their end is only the beginning of what is measured.

    :param per_job: how many components share a job, on average.
    """

    def __init__(self, per_job: float) -> None:
        self._per_job = per_job
        self._marks: list[Mark] = []
        self._is_late = False  # some ran before the first look
        self._most_running = 0
        self._all_began: float | None = None  # when none waited any more

    def saw(self, time: float, ended: int, running: int, waiting: int) -> None:
        """Take down how many components had ended, ran and waited for a slot at a time."""
        marks = self._marks
        if not marks:
            self._is_late = running > 0
        if not marks or ended < marks[-1].ended or (len(marks) == 1 and not self._most_running):
            self._marks, self._all_began = [Mark(time, ended)], None  # it has not begun, or components run again
        elif ended > marks[-1].ended:
            marks.append(Mark(time, ended))
            self._drop()
        self._most_running = max(self._most_running, running)
        if waiting or not running:
            self._all_began = None
        elif self._all_began is None:
            self._all_began = time

    def _drop(self) -> None:
        if self._is_late and self._seen >= self._enough:
            del self._marks[:-1]
            self._is_late = False
        if len(self._marks) > _MARKS:
            del self._marks[1:-1:2]

    @property
    def _seen(self) -> int:
        return self._marks[-1].ended - self._marks[0].ended

    @property
    def _enough(self) -> int:
        """How many must have ended: those that end first are the quickest, so each slot must have had its turn."""
        return max(1, round(self._most_running / self._per_job))

    def left(self, time: float, running: int, waiting: int) -> float | None:
        """Return the seconds until all that run or wait for a slot will have ended; None if too little is known."""
        if not running or not self._marks or self._is_late or self._seen < self._enough:
            return None
        last, since = self._marks[-1], self._recent()
        if last.time <= since.time:
            return None
        rate = (last.ended - since.ended) / (last.time - since.time)
        left = (running + waiting) / rate - (time - last.time)
        if self._all_began is not None and self._per_job == 1:
            one = self._most_running / rate  # seconds that a component takes: the last to begin takes as long
            left = max(left, self._all_began + one - time)
        return left if left > 0 else None

    def _recent(self) -> Mark:
        """Return the mark since which the pace counts.

        What ends comes in rounds, one component for each slot. So it is a whole number of rounds; and only the later half of
        them, because slots come and go.
        """
        rounds = (self._seen // self._enough + 1) // 2
        since = self._marks[-1].ended - rounds * self._enough
        return min(self._marks[:-1], key=lambda mark: (abs(mark.ended - since), -mark.time))
