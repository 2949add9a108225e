"""Whoever waits for components of a map that is followed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Optional

from htmap_core.components import ComponentStatus

Statuses = Sequence[ComponentStatus]
Pause = Optional[float]


class Listener(ABC):
    """Somebody who waits for components of one map. The following thread calls it, and no other."""

    @abstractmethod
    def hear(self, statuses: Statuses, changed: Iterable[int]) -> None:
        """Take note of news; quick, for nothing is read.

        :param statuses: those of all components.
        :param changed: the components whose status may be another one than before; at first all.
        """

    @abstractmethod
    def work(self, until: float) -> Pause:
        """Read what has come, and tell it to those who wait.

        :param until: the time on the monotonic clock when to stop: others wait, too.
        :returns: after how many seconds to call it again, if there are no news; None if nobody waits any more.
        """

    @abstractmethod
    def fail(self, error: Exception) -> None:
        """Tell those who wait that there will be no more news."""
