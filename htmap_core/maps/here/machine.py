"""This machine in the place of a pool: it has no slots and no configuration, and takes whatever is submitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from htmap_core import names
from htmap_core.condor import eventlog
from htmap_core.contract.pools import PoolAddress
from htmap_core.storage.mapdir import MapDir


class ThisMachine:
    """What plans and warnings ask of a pool: a ``PoolView``."""

    address = PoolAddress(names.THIS_MACHINE)
    is_local = True

    def slots(self, projection: Sequence[str] = ()) -> Iterable[Mapping[str, Any]]:
        """Return no slots: this machine has none."""
        del projection
        return ()

    def count(self, expression: str) -> tuple[int, int]:
        """Return that none of no slots satisfies *expression*."""
        del expression
        return 0, 0

    def parameter(self, name: str) -> str | None:
        """Return None: HTCondor may not be installed here."""
        del name
        return None


@attrs.frozen
class Accepted:
    """The answer to a submission: the number of its cluster."""

    cluster: int


class LocalQueue:
    """Takes the jobs of one map, which run on this machine.

    :param map_dir: the map's directory.
    """

    def __init__(self, map_dir: MapDir) -> None:
        self._map_dir = map_dir

    def submit(self, text: str) -> Accepted:
        """Take the jobs of the submission that the map intends."""
        del text  # the map's directory has the same
        cluster = 1 + self._map_dir.submissions.all()[-1].number
        self._map_dir.add_event(eventlog.submitted(cluster))
        return Accepted(cluster)

    def remove(self, constraint: str, reason: str) -> None:
        """Do nothing: what is left of earlier jobs does not run."""
