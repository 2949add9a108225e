"""The interface to the states of a map's components.

The packages above use :class:`StateSource`, :func:`clusters_known` and :func:`began`. Only this module chooses the
implementation, which today is always the event log.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.tracking.jobs import clusters_logged, first_logged
from htmap_core.tracking.states import LoggedStates
from htmap_core.tracking.usage import Usage, logged


class StateSource(Protocol):
    """The states of all components of one map, as of the last :meth:`poll`. Threads share it."""

    def poll(self) -> bool:
        """Read the news since the last call by any thread, and return whether there were any.

        It is called before each look at the states, and every moment while somebody waits, so it must be cheap without news. The
        caller has refreshed the map's directory, which knows the job of each component.
        """

    def statuses(self) -> list[ComponentStatus]:
        """Return the status of every component."""

    def counts(self) -> Mapping[ComponentStatus, int]:
        """Return how many components have each status, without those that none has.

        It is called after each news while somebody waits, so it must be cheap also for a million components.
        """

    def status(self, component: int) -> ComponentStatus:
        """Return the status of one component."""

    def open_jobs(self, jobs: Iterable[Job]) -> list[Job]:
        """Return those of some jobs that have not ended, whatever has become of their components before."""

    def hold(self, component: int) -> ComponentHold | None:
        """Return the hold of a component; None if it is not held."""

    def note(self, component: int) -> str:
        """Return how the job of a component failed, or since when its machine is silent; an empty text for neither."""

    def memory(self, component: int) -> int:
        """Return the peak memory of a component's job in MB; 0 before the first measurement."""

    def runtime(self, component: int) -> float:
        """Return the duration of the present run of a component's job, or else of its last one, in seconds."""

    @property
    def has_ended(self) -> bool:
        """Whether all jobs have ended and no further news can come."""

    def doubt(self) -> Exception | None:
        """Return what to raise if the source contradicts itself and :meth:`ask_the_schedd` has not settled it; else None.

        It is called after each :meth:`poll`, so it must be cheap.
        """

    def lacks_news(self) -> bool:
        """Return whether something is lost that the source was to be told, so that :meth:`ask_the_schedd` knows better.

        It is called after each :meth:`poll`, so it must be cheap.
        """

    def awaits_release(self, connection: Connection) -> bool:
        """Return whether the schedd makes no jobs for the UNMATERIALIZED components before held ones are released.

        It is called while somebody waits for a map of which all other components have ended or are held, after each news.
        """

    def ask_the_schedd(self, connection: Connection) -> str | None:
        """Ask the schedd about the jobs that seem not to have ended or are doubtful, and correct their states.

        It is called after a long time without news, and when there is a :meth:`doubt`.

        :returns: why no news can come before the user does something; None if they can, or it is not known.

        :raises CondorError: the schedd does not answer. Nothing was changed.
        """

    def silence(self) -> float | None:
        """Return for how many seconds nothing has been heard of the jobs; None if none has told anything, or all have ended."""

    def save(self) -> None:
        """Save the states for the next process."""


def of(map_dir: MapDir) -> StateSource:
    """Return the source of the states of a map's components."""
    return LoggedStates(map_dir)


def clusters_known(map_dir: MapDir) -> set[int]:
    """Return the clusters that the source has seen the schedd accept for a map, even if the map has not recorded them.

    A process may vanish between the schedd's answer and its record. Clusters may be missing: the queue has them still.
    """
    return clusters_logged(map_dir)


def began(map_dir: MapDir) -> float | None:
    """Return a time at which no job of a map had ended, in seconds since the epoch; None if the source does not tell."""
    return first_logged(map_dir)


def used(map_dir: MapDir, jobs: Collection[Job], *, at_most: int | None = None) -> Mapping[Job, Usage]:
    """Return what some jobs that have ended have asked for and used, as far as the source tells.

    :param at_most: how many bytes to read, of the latest that the source has been told; None for all.
    """
    return logged(map_dir, jobs, at_most=at_most)
