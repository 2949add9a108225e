"""The check that some slot of a pool can run a map: the demands of its jobs, compared with the slots' ads."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping

import attrs

from htmap_core.condor.classads import seen_by_job
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import CondorError
from htmap_core.language.added_requirements import about_architecture, all_added, of_image
from htmap_core.language.expressions import TOTALS, about_slot, conjunction, conjuncts, without_scope
from htmap_core.user_warnings import DeliveryFitsNoSlot, NoSlotFits

logger = logging.getLogger("htmap")


@attrs.frozen
class Demand:
    """A condition that a slot must satisfy to run a map's jobs.

    :param text: the condition in the words of its author, for messages.
    :param expression: the condition as an expression for the slot's own ad.
    :param author: who makes it, as messages say.
    """

    text: str
    expression: str
    author: str = ""


def no_slot_fits(submit: SubmitDescription, pool: PoolView, tag: str, method: str = "") -> NoSlotFits | None:
    """Return a warning if no slot of a pool can run a map, with the number of slots that meet each demand; else None.

    There is no warning if that cannot be known: the pool does not answer, or has no slots now, like a pool that grows on demand.
    Demands that only the schedd can evaluate are left out: the values of single components, macros, and values computed from
    attributes of the job that HTMap does not set. So are the slots' own ``START`` expressions.

    :param method: the name of the delivery method; where what it requires is alone to blame, the warning says so.
    """
    try:
        demanded = list(demands(submit, pool))
        if not demanded:
            return None
        matching, total = pool.count(conjunction(demand.expression for demand in demanded))
        if matching or not total:
            return None
        counts = {demand.text: pool.count(demand.expression)[0] for demand in demanded}
        unmet = {demand: count for demand, count in counts.items() if count == 0}
        scarce = {demand: count for demand, count in counts.items() if count < total}
        others = _without(demanded, method, pool) if method else 0
        if others:
            return DeliveryFitsNoSlot(tag, unmet or scarce or counts, total, method=method, others=others)
        is_foreign = any(demand.startswith("Arch ") and demand.endswith(_ADDED) for demand in unmet)
        return NoSlotFits(tag, unmet or scarce or counts, total, _about_architecture(pool) if is_foreign else "")
    except CondorError as error:
        logger.info("whether a slot can run map %r is not known: %s", tag, error)
        return None


def _without(demanded: list[Demand], method: str, pool: PoolView) -> int:
    """Return how many slots meet the demands of a map that its delivery method does not make; 0 if it makes none of them."""
    # The author is its plugin, or the program that has registered it.
    left = [demand.expression for demand in demanded if repr(method) not in demand.author]
    if len(left) == len(demanded):
        return 0
    return pool.count(conjunction(left) or "true")[0]


@attrs.frozen
class Fit:
    """How many slots of a pool can run a map.

    :param matching: those that meet all demands.
    :param slots: all slots.
    :param demands: how many meet each demand, by its text.
    """

    matching: int
    slots: int
    demands: Mapping[str, int]


def fit(submit: SubmitDescription, pool: PoolView) -> Fit | None:
    """Return how many slots of a pool can run a map, as far as their ads tell; None if the pool does not say."""
    try:
        demanded = list(demands(submit, pool))
        matching, total = pool.count(conjunction(demand.expression for demand in demanded) or "true")
        return Fit(matching, total, {demand.text: pool.count(demand.expression)[0] for demand in demanded})
    except CondorError:
        return None


def demands(submit: SubmitDescription, pool: PoolView) -> Iterator[Demand]:
    """Yield the demands of a submit description that a slot's ad can answer, with those that HTCondor will add."""
    if submit.universe in _UNIVERSES:
        attribute = _UNIVERSES[submit.universe]
        by = submit.authors.of("universe")
        yield Demand(f"the universe {submit.universe!r} ({attribute})", f"{attribute} =?= true", by)
    image = (submit.get("container_image") or "").strip('"')
    if image and "$(" not in image:
        ability = of_image(image)
        yield Demand(f"{ability}{_ADDED}", f"{ability} =?= true", submit.authors.of("container_image"))
    requests = dict(requested(submit))
    # A macro is an amount of which nothing is known here but that there is one.
    is_asked = {name: "0" for name in submit.attributes if name.startswith("Request")}
    job = {**is_asked, **{name: text for name, text in submit.attributes.items() if "$(" not in text}}
    job.update({f"Request{resource}": str(amount) for resource, amount in requests.items()})
    required = submit.requirements or "true"
    brings_plugins, saves = bool(submit.transfer_plugins), submit.has("checkpoint_exit_code")
    # With an image, HTCondor makes a container of the vanilla universe, too.
    in_container = submit.universe != "vanilla" or submit.has("docker_image") or submit.has("container_image")
    added = all_added(
        required, in_container, pool.parameter, submit.attributes, brings_plugins=brings_plugins, saves=saves
    )
    own = {each: _by_plugin(submit, each) for each in conjuncts(required)}
    for requirement, by in {**dict.fromkeys(added, _ADDED), **own}.items():
        left = seen_by_job(without_scope(requirement, job), job)
        if left is not None and left.casefold() not in {"true", "false"} and (asked := about_slot(left)) is not None:
            yield Demand(f"{requirement}{by}", asked, submit.authors.of(requirement))
    for resource, amount in requests.items():
        command = f"request_{resource.casefold()}"
        yield Demand(
            f"{command} = {submit.get(command)}{_by_plugin(submit, command)}",
            f"{TOTALS[resource.casefold()]} >= {amount}",
            submit.authors.of(command),
        )


def _by_plugin(submit: SubmitDescription, name: str) -> str:
    by = submit.authors.plugin(name)
    return "" if by is None else f" (from {by})"


_ADDED = " (which HTCondor adds)"
_UNIVERSES = {"docker": "HasDocker", "container": "HasContainer"}
_UNITS = {"Cpus": "", "GPUs": "", "Memory": "m", "Disk": "k"}  # HTCondor's units of numbers without a unit
_POWERS = {"k": 0, "m": 1, "g": 2, "t": 3, "p": 4}
_AMOUNT = re.compile(r"(\d+)\s*(?:([kmgtp])b?)?", re.IGNORECASE)


def requested(submit: SubmitDescription) -> Iterator[tuple[str, int]]:
    """Yield the requested amount of each resource in HTCondor's units, without expressions and amounts that differ."""
    for resource, unit in _UNITS.items():
        found = _AMOUNT.fullmatch(submit.get(f"request_{resource.casefold()}") or "")
        if found is None or (found[2] and not unit):
            continue
        power = _POWERS[(found[2] or unit).lower()] - _POWERS[unit] if unit else 0
        yield resource, int(found[1]) * 1024**power if power >= 0 else -(-int(found[1]) // 1024**-power)


def _about_architecture(pool: PoolView) -> str:
    return about_architecture(Counter(str(slot.get("Arch") or "unknown") for slot in pool.slots(["Arch"])))
