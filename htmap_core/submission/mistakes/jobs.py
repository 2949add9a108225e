"""Maps of very many jobs, because their user wants one for each component."""

from __future__ import annotations

from htmap_core.condor.connection import Connection
from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import Pool
from htmap_core.results.pickling import Pickled
from htmap_core.submission.chunking import choice
from htmap_core.submission.chunking.places import places
from htmap_core.submission.chunking.reason import Reason
from htmap_core.user_warnings import ManyJobs

_TIMES = 10  # the slots: so many jobs for each
_FEW = 100  # jobs, whose starts cost seconds at most on any pool
_LONG = 60.0  # seconds: a call that takes longer is worth a job


def many_jobs(
    jobs: int, options: MapOptions, function: Pickled, pool: Pool, connection: Connection, *, checkpoints: bool
) -> ManyJobs | None:
    """Return a warning if a map with ``chunksize=1`` has far more jobs than slots, and would not have with ``"auto"``.

    There is none if that is not known: the pool has no slots now, or does not answer.

    :param checkpoints: whether the map keeps checkpoints.
    """
    expected = choice.expected_runtime(options)
    if jobs < _FEW or (expected is not None and expected >= _LONG):
        return None
    if any(choice.keeping_apart(options, function, keeps_checkpoints=checkpoints)):
        return None
    found = places(options, connection, connection.schedd_parameter)
    slots = Reason(found, grows=pool.grows and not connection.is_local).slots
    return ManyJobs(jobs, slots) if found and jobs > _TIMES * slots else None
