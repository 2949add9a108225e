"""Whether results go straight into a list, so that no line of the program runs between two of them."""

from __future__ import annotations

import sys

import attrs

# Frames from here to who has called the map's method: this module's method, that method, and the check of the map's existence.
_TO_CALLER = 4


@attrs.define(eq=False)
class Gathering:
    """An iterator that somebody has asked for.

    :param caller: who has, and at which instruction.
    :param is_straight: whether the results go straight into a list.
    """

    caller: tuple[int, int]
    is_straight: bool = False


class Gatherings:
    """Tells ``list(map)`` from ``for result in map``.

    ``list``, ``tuple`` and ``sorted`` ask for an iterator and then for the length, in one instruction of their caller. A loop
    never asks for the length there. What is drawn for a list need not be taken away between two results: nobody can print.
    """

    def __init__(self) -> None:
        self._last: Gathering | None = None  # another thread may replace it: then a list has no bar

    def begun(self) -> Gathering:
        """Note that the caller of the map's method has asked for an iterator."""
        self._last = begun = Gathering(_instruction())
        return begun

    def length_asked(self) -> None:
        """Note that the caller of the map's method has asked for the length."""
        last = self._last
        if last is not None and last.caller == _instruction():
            last.is_straight = True


def _instruction() -> tuple[int, int]:
    caller = sys._getframe(_TO_CALLER)  # noqa: SLF001 -- documented, for such purposes
    return id(caller), caller.f_lasti
