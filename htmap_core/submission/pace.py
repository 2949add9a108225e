"""How a map's jobs come into the queue: all at once, or as slots and the schedd's limits have room; and which slots it keeps.

What the user, a plugin or the settings file says stands.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from htmap_core.condor.refusals import PER_OWNER, PER_SUBMISSION, number
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import CondorError
from htmap_core.settings.chain import settings
from htmap_core.settings.layers import BUILT_IN

logger = logging.getLogger("htmap")

AT_ONCE = (
    500  # jobs; each idle job costs the schedd memory and time in each negotiation, whether or not it can run soon
)
_ALWAYS = 100  # jobs, for which no schedd is asked about limits
_TIMES_SLOTS = 3  # idle jobs for each that can run at a time: slots that become free between two negotiations find jobs
_RUNNING = "MAX_JOBS_RUNNING"
_USUAL = 10_000  # jobs: the default of MAX_JOBS_RUNNING, which is an expression of the schedd's memory
_KEEPS = "keep_claim_idle"
_KEEPING = f"MAP_OPTIONS.{_KEEPS}"

LATE = frozenset(
    {"max_idle", "max_materialize", "materialize_max_idle"}
)  # the commands that have the schedd make jobs late


def set_pace(submit: SubmitDescription, plan: MapPlan, parameter: Callable[[str], str | None]) -> None:
    """Have the schedd make the jobs of a large map late, unless the user has said how, and keep slots for those to come.

    :param parameter: returns a parameter of the schedd's configuration, or None; it may raise CondorError.
    """
    is_late = any(submit.has(name) for name in LATE)
    if not is_late and plan.jobs > _ALWAYS:
        most = _limit(parameter)
        if is_late := plan.jobs > min(AT_ONCE, most):
            submit.set("max_idle", max(1, min(_for_slots(submit, plan.pool), most)))
    if is_late:
        submit.set_default(_KEEPS, plan.settings[_KEEPING])


def without_keeping(defaults: MapOptions) -> MapOptions:
    """Return the options of the settings without the built-in time for which slots are kept: few maps need it.

    A slot goes on with the next job of its map by itself. Kept after the last one, it is lost to others, and to the user's next
    map, if that asks for more.
    """
    if settings.origin(_KEEPING) == BUILT_IN:
        defaults.pop(_KEEPS, None)
    return defaults


def _limit(parameter: Callable[[str], str | None]) -> int:
    """Return how many jobs a map may have in the queue: half of what the schedd allows its user, and what can run."""
    try:
        limits = {name: number(parameter(name)) for name in (PER_OWNER, PER_SUBMISSION, _RUNNING)}
    except CondorError as error:  # a schedd may keep its configuration to itself
        logger.info("the schedd's limits are not known: %s", error)
        return _USUAL
    own, together, running = (_USUAL if limit is None else limit for limit in limits.values())
    return min(own // 2, together, running, _USUAL)


def _for_slots(submit: SubmitDescription, pool: PoolView) -> int:
    """Return how many idle jobs keep all slots of a pool busy."""
    cpus = number(submit.get("request_cpus")) or 1
    try:
        totals = [ad.get("TotalSlotCpus") or ad.get("Cpus") or 1 for ad in pool.slots(["TotalSlotCpus", "Cpus"])]
    except CondorError as error:
        logger.info("how many jobs can run at a time is not known: %s", error)
        return AT_ONCE
    return max(AT_ONCE, _TIMES_SLOTS * sum(int(total) // cpus for total in totals))
