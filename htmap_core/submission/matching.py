"""Whether any slot of a pool can run a map: what its jobs demand, held against what slots say of themselves."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping

import attrs

from htmap_core.condor.classads import seen_by_job
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import CondorError
from htmap_core.language.expressions import TOTALS, about_slot, conjunction, conjuncts, without_scope
from htmap_core.user_warnings import NoSlotFits

logger = logging.getLogger("htmap")


@attrs.frozen
class Demand:
    """Something that a slot must have to run a map's jobs.

    :param text: as who demanded it may know it.
    :param expression: as it is asked of the slot's own ad.
    """

    text: str
    expression: str


def no_slot_fits(submit: SubmitDescription, pool: PoolView, tag: str) -> NoSlotFits | None:
    """Return that no slot of a pool can run a map, with the number of slots that meet each demand; None where some slot can.

    Where that cannot be known, there is no doubt: the pool does not answer, or has no slot at the moment, as pools that grow on
    demand have. So it is with what is not known before the schedd has the job: the values of one component, macros, and what is
    computed from attributes of the job that HTMap does not set. The slots' own ``START`` is not asked.
    """
    demanded = list(demands(submit))
    if not demanded:
        return None
    try:
        matching, total = pool.count(conjunction(demand.expression for demand in demanded))
        if matching or not total:
            return None
        return _complaint(tag, total, {demand.text: pool.count(demand.expression)[0] for demand in demanded})
    except CondorError as error:
        logger.info("whether a slot can run map %r is not known: %s", tag, error)
        return None


def demands(submit: SubmitDescription) -> Iterator[Demand]:
    """Yield what a submit description demands of a slot, as far as it can be asked."""
    if submit.universe in _UNIVERSES:
        attribute = _UNIVERSES[submit.universe]
        yield Demand(f"the universe {submit.universe!r} ({attribute})", f"{attribute} =?= true")
    requests = dict(_requests(submit))
    job = {name: text for name, text in submit.attributes.items() if "$(" not in text}
    job.update({f"Request{resource}": str(amount) for resource, amount in requests.items()})
    for requirement in dict.fromkeys(conjuncts(submit.requirements or "true")):
        left = seen_by_job(without_scope(requirement, job), job)
        if left is not None and left.casefold() not in {"true", "false"} and (asked := about_slot(left)) is not None:
            yield Demand(requirement, asked)
    for resource, amount in requests.items():
        command = f"request_{resource.casefold()}"
        yield Demand(f"{command} = {submit.get(command)}", f"{TOTALS[resource.casefold()]} >= {amount}")


_UNIVERSES = {"docker": "HasDocker", "container": "HasContainer"}
_UNITS = {"Cpus": "", "GPUs": "", "Memory": "m", "Disk": "k"}  # what a number without a unit means, as HTCondor has it
_POWERS = {"k": 0, "m": 1, "g": 2, "t": 3, "p": 4}
_AMOUNT = re.compile(r"(\d+)\s*(?:([kmgtp])b?)?", re.IGNORECASE)


def _requests(submit: SubmitDescription) -> Iterator[tuple[str, int]]:
    """Yield how much of each resource is requested, in HTCondor's units; not where that is an expression, or differs."""
    for resource, unit in _UNITS.items():
        found = _AMOUNT.fullmatch(submit.get(f"request_{resource.casefold()}") or "")
        if found is None or (found[2] and not unit):
            continue
        power = _POWERS[(found[2] or unit).lower()] - _POWERS[unit] if unit else 0
        yield resource, int(found[1]) * 1024**power if power >= 0 else -(-int(found[1]) // 1024**-power)


def _complaint(tag: str, total: int, counts: Mapping[str, int]) -> NoSlotFits:
    unmet = {demand: count for demand, count in counts.items() if count == 0}
    return NoSlotFits(tag, unmet or dict(counts), total)
