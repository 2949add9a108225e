"""What tells of the states of a map's components, wherever it knows them from.

Everything above asks through :class:`StateSource`, and :func:`of` alone chooses who answers: today the event log, always.
"""

from __future__ import annotations

from typing import Protocol

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.storage.mapdir import MapDir
from htmap_core.tracking.states import LoggedStates


class StateSource(Protocol):
    """The states of all components of one map, as of the last :meth:`poll`."""

    def poll(self) -> bool:
        """Look at what has happened since, and return whether anything has.

        Called before each look and again and again while somebody waits, so it must be cheap where there is no news. Which job
        has a component, the map's directory has learnt before.
        """

    def statuses(self) -> list[ComponentStatus]:
        """Return the status of every component."""

    def status(self, component: int) -> ComponentStatus:
        """Return the status of one component."""

    def hold(self, component: int) -> ComponentHold | None:
        """Return why a component is held; None where it is not."""

    def note(self, component: int) -> str:
        """Return how a component ended, where it did not end as it should; else nothing."""

    def memory(self, component: int) -> int:
        """Return the peak memory of a component's job in MB; 0 where it was not measured."""

    def runtime(self, component: int) -> float:
        """Return for how many seconds a component's job runs, or ran last."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more can come of any job."""

    def ask_the_schedd(self, connection: Connection) -> None:
        """Make good what was missed so far: ask the schedd about the jobs that have not ended as far as is known here.

        Called where there was no news for a long time.

        :raises CondorError: the schedd does not answer; nothing was changed.
        """

    def save(self) -> None:
        """Write down what is known, for the next process."""


def of(map_dir: MapDir) -> StateSource:
    """Return what tells of the states of a map's components."""
    return LoggedStates(map_dir)
