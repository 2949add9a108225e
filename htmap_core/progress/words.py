"""What the line says: what the components of a map do, what came of them, and how long it will take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Optional

import attrs

from htmap_core.components import ComponentStatus
from htmap_core.wording import in_shell

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_LONG = 60.0  # seconds without a slot after which to say who knows why


class Word(NamedTuple):
    """A part of the line.

    :param rank: where there is little room, the highest are left out first.
    """

    rank: int
    text: str


@attrs.frozen
class State:
    """How far a map is.

    :param counts: how many components have each status.
    :param ended: how many count as ended.
    :param elapsed: seconds since the beginning of the wait.
    :param left: seconds that it will take, if that is known.
    :param first: the time of day at which the first result came, if that was seen.
    """

    tag: str
    counts: Mapping[ComponentStatus, int]
    ended: int
    total: int
    elapsed: float
    left: Optional[float] = None
    first: str = ""

    def with_left(self, left: float | None) -> State:
        """Return the same with an estimate."""
        return attrs.evolve(self, left=left)

    @property
    def running(self) -> int:
        """How many components run."""
        return self.counts.get(ComponentStatus.RUNNING, 0)

    @property
    def waiting(self) -> int:
        """How many components wait for a slot."""
        return self.counts.get(ComponentStatus.IDLE, 0) + self.counts.get(ComponentStatus.UNMATERIALIZED, 0)

    @property
    def phase(self) -> tuple[bool, ...]:
        """What a reader wants to know at once: whether some run, some have ended, and something is wrong."""
        return self.running > 0, self.ended > 0, *(self.counts.get(status, 0) > 0 for status in _WRONG)


_WRONG = {
    ComponentStatus.HELD: "{} held",
    ComponentStatus.ERRORED: "{} failed",
    ComponentStatus.REMOVED: "{} removed",
}


def words(state: State) -> Iterator[Word]:
    """Yield the parts of the line, in the order in which they are read."""
    for status, text in _WRONG.items():
        if count := state.counts.get(status, 0):
            yield Word(0, text.format(count))
    if state.running:
        yield Word(1, f"{state.running} running")
    if count := state.counts.get(ComponentStatus.SUSPENDED, 0):
        yield Word(2, f"{count} suspended")
    yield from _of_waiting(state)
    if state.left is not None:
        yield Word(1, in_words(state.left))
    elif state.first and state.ended < state.total:
        yield Word(4, f"first result at {state.first}")


def _of_waiting(state: State) -> Iterator[Word]:
    if not state.waiting:
        if state.counts.get(ComponentStatus.UNKNOWN, 0):
            yield Word(1, "submitted")
    elif state.running:
        yield Word(3, f"{state.waiting} waiting")
    else:
        yield Word(1, f"{state.waiting} waiting for a slot")
        if state.elapsed > _LONG:
            yield Word(5, f"`htmap why {in_shell(state.tag)}` says why")


def in_words(left: float) -> str:
    """Return an estimate as people give it, without more digits than it is worth.

    >>> in_words(3), in_words(42), in_words(200), in_words(10000), in_words(300000)
    ('~10 s left', '~50 s left', '~4 min left', '~3 h left', '~4 d left')
    """
    for unit, size, limit in (("s", 1, _MINUTE), ("min", _MINUTE, 1.5 * _HOUR), ("h", _HOUR, 1.5 * _DAY)):
        count = -int(-left // (10 if unit == "s" else size)) * (10 if unit == "s" else 1)
        if left < limit - size / 2:
            return f"~{count} {unit} left"
    return f"~{-int(-left // _DAY)} d left"


def fitting(parts: Sequence[Word], room: float, first: str = "") -> str:
    """Return *parts* with commas between them, as many as have room in so many characters: the most important ones.

    :param first: what stands before them, if there are any.
    """
    kept = list(parts)
    while kept and sum(len(part.text) + 2 for part in kept) > room:
        kept.remove(max(kept, key=lambda part: part.rank))
    return first * bool(kept) + ", ".join(part.text for part in kept)
