"""What the schedd has of one cluster: its jobs, how far it has got where it makes them late, and what it keeps for them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Optional

import attrs

from htmap_core import names
from htmap_core.condor.connection import Connection
from htmap_core.language.expressions import quoted

_HELD = 5  # HTCondor's JobStatus
_FEW = 10  # clusters; each query takes the schedd some milliseconds
_ENTRIES = 10_000  # of a folder in the spool
_OF_CLUSTER = (
    "ClusterId",
    "ProcId",
    "JobStatus",
    "JobMaterializeNextProcId",
    "JobMaterializeLimit",
    "JobMaterializePaused",
    "JobMaterializePauseReason",
)


@attrs.frozen
class Cluster:
    """A cluster in the schedd's queue.

    With late materialization, a cluster without a job is alive while its own ad is in the queue. It has none while other jobs
    have taken up a limit of the schedd, while it is paused, and before its first.

    :param jobs: the ads of its jobs.
    :param made: the number of jobs that the schedd has made so far, the first ones; infinite if it makes no more.
    :param pause: why the schedd makes no more jobs for now; None if it goes on.
    :param places: how many jobs it may have at a time; None if that is not limited.
    """

    jobs: Sequence[Mapping[str, Any]]
    made: float = math.inf
    pause: Optional[str] = None
    places: Optional[int] = None

    @property
    def is_late(self) -> bool:
        """Whether the schedd makes jobs of it later."""
        return self.made < math.inf

    @property
    def awaits_release(self) -> bool:
        """Whether the schedd makes no more jobs before held ones are released: all are on hold, or they take all places."""
        held = sum(ad["JobStatus"] == _HELD for ad in self.jobs)
        return self.pause is not None or (self.places is not None and held >= self.places)


def find(connection: Connection, cluster: int | None, map_id: str, projection: Sequence[str] = ()) -> Cluster:
    """Return what the schedd has of a map's cluster, from one query that it answers without a look at other jobs.

    :param cluster: its number; None if it is not known that the schedd has taken the jobs.
    :param map_id: the map's id; a cluster of anybody else with the same number is as good as none.
    :param projection: attributes that the jobs' ads shall have, beside ProcId and JobStatus.
    :raises CondorError: the schedd does not answer.
    """
    return find_all(connection, [] if cluster is None else [cluster], map_id, projection).get(cluster, Cluster(()))


def find_all(
    connection: Connection, clusters: Collection[int | None], map_id: str, projection: Sequence[str] = ()
) -> Mapping[int | None, Cluster]:
    """Return what the schedd has of some of a map's clusters, without those that it does not have.

    :param clusters: their numbers. A few are a query each, for which the schedd looks at no other jobs. Many are one query, for
        which it looks at its whole queue.
    :raises CondorError: the schedd does not answer.
    """
    wanted = [*_OF_CLUSTER, names.MAP_ID, *projection]
    each = [f"ClusterId == {cluster}" for cluster in clusters]
    constraints = each if len(each) <= _FEW else [f"{names.MAP_ID} == {quoted(map_id)}"]
    ads = (ad for constraint in constraints for ad in connection.query_jobs(constraint, wanted, clusters=True))
    found: dict[int, list[Mapping[str, Any]]] = {}
    for ad in ads:
        if ad.get(names.MAP_ID) == map_id:
            found.setdefault(ad["ClusterId"], []).append(ad)
    return {cluster: _of_ads(found[cluster]) for cluster in clusters if cluster in found}


def _of_ads(ads: Sequence[Mapping[str, Any]]) -> Cluster:
    """Return a cluster from the ads of its jobs, and its own."""
    jobs = [ad for ad in ads if "ProcId" in ad]
    own = next((ad for ad in ads if "ProcId" not in ad), {})
    if "JobMaterializeNextProcId" not in own:  # it is gone, or was made at once
        return Cluster(jobs)
    is_paused = bool(own.get("JobMaterializePaused"))
    pause = str(own.get("JobMaterializePauseReason") or "HTCondor does not say why") if is_paused else None
    return Cluster(jobs, own["JobMaterializeNextProcId"], pause, own.get("JobMaterializeLimit"))


def spool(connection: Connection) -> str | None:
    """Return the folder in which a schedd keeps the files of its jobs, if it is on this machine; None elsewhere.

    No daemon is asked.

    :raises CondorError: the configuration cannot be read.
    """
    return connection.parameter("SPOOL") if connection.is_local_schedd else None


def saved(spool: str, cluster: int, row: int) -> str:
    """Return the folder in the schedd's spool where what it has fetched of a job before its end is, of what the job returns."""
    return f"{spool}/{cluster % _ENTRIES}/{row % _ENTRIES}/cluster{cluster}.proc{row}.subproc0/{names.RETURN}"
