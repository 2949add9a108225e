"""How many jobs of a map can run at a time: in the slots that match, as many as the user's limits allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from htmap_core.condor.errors import number
from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import CondorError
from htmap_core.language.expressions import conjunction
from htmap_core.storage.log import logger
from htmap_core.submission.known_commands import OWN_OPTIONS
from htmap_core.submission.matching import demands, requested
from htmap_core.submission.submit import ALWAYS, most_jobs

# Not the disk space: it differs from slot to slot and from minute to minute, and seldom is what there is too little of.
_COUNTED = ("Cpus", "Memory", "GPUs")
_PROJECTION = [*(f"{total}{name}" for name in _COUNTED for total in ("", "TotalSlot")), "PartitionableSlot"]
_AT_MOST = "max_materialize"
_REQUEST = "request_"


def places(options: MapOptions, pool: PoolView, parameter: Callable[[str], str | None]) -> int:
    """Return how many jobs of a map can run at a time; 0 where the pool has no slot for them now, or does not answer.

    What the delivery method and the site add to the requirements is not known yet. Busy slots count: they become free.

    :param parameter: returns a parameter of the schedd's configuration, or None; it may raise CondorError.
    """
    try:
        found = _in_slots(options, pool)
    except CondorError as error:
        logger.info("how many jobs can run at a time is not known: %s", error)
        return 0
    if found > ALWAYS:
        found = min(found, most_jobs(parameter))
    at_most = number(options.text(_AT_MOST))
    return found if at_most is None else max(1, min(found, at_most))


def _in_slots(options: MapOptions, pool: PoolView) -> int:
    fixed, requirements = SubmitDescription(), SubmitDescription()
    for name, value in options.fixed().items():
        if name not in OWN_OPTIONS:
            fixed.set(name, value)
            if not name.casefold().startswith(_REQUEST):
                requirements.set(name, value)
    needed = {"Cpus": 1, **dict(requested(fixed))}
    room = sum(_room(slot, needed) for slot in pool.slots(_PROJECTION))
    matching, total = pool.count(conjunction(demand.expression for demand in demands(requirements, pool)))
    return -(-room * matching // total) if total else 0


def _room(slot: Mapping[str, Any], needed: Mapping[str, int]) -> int:
    """Return how many jobs with these requests fit into a slot, when nothing else runs there."""
    kind = "TotalSlot" if slot.get("PartitionableSlot") else ""
    fits = min(
        int(slot.get(kind + name) or 0) // amount for name, amount in needed.items() if name in _COUNTED and amount
    )
    return fits if kind else min(fits, 1)
