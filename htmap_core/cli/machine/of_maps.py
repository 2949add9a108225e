"""What commands answer of maps: the facts that their texts spell out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from htmap_core.cli.failures import Failures, grouped
from htmap_core.components import ComponentHold
from htmap_core.maps import overview
from htmap_core.results.engine import Engine
from htmap_core.submission.chunking.reason import Reason
from htmap_core.tracking import holds

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.maps import Chunks, Failure, Hold, Portion


def failures(engine: Engine, most: int | None, *, alone: bool) -> list[Failure]:
    """Return how components of a map have failed so far, those together that have failed alike.

    :param most: how many to return at most; None for all.
    :param alone: keep each for itself.
    """
    errors = engine.errors_so_far()
    groups: Iterable[Failures] = (each for error in errors for each in grouped([error])) if alone else grouped(errors)
    return [
        {
            "components": sorted(component for found in each.components.values() for component in found),
            "texts": [{"text": text, "components": found} for text, found in each.components.items()],
            "report": each.report,
        }
        for each in itertools.islice(groups, most)
    ]


def held(engine: Engine, tag: str) -> list[Hold]:
    """Return why components of a map are held, those together that have the same reason."""
    return [
        {
            "components": components,
            "code": hold.code,
            "subcode": hold.subcode,
            "reason": hold.reason,
            "advice": holds.advice(hold, tag),
            "site": list(engine.site.on_hold(hold)),
        }
        for hold, components in alike(engine.holds()).items()
    ]


def alike(found: dict[int, ComponentHold]) -> dict[ComponentHold, list[int]]:
    """Return the components that are held for each reason."""
    by_reason: dict[ComponentHold, list[int]] = {}
    for component, hold in found.items():
        by_reason.setdefault(hold, []).append(component)
    return by_reason


def chunks(engine: Engine) -> Chunks:
    """Return how the components of a map share jobs, why, and what it has cost so far."""
    engine.map_dir.refresh()
    cost = overview.cost(engine)
    portions: list[Portion] = [
        {
            "first": portion.first,
            "components": len(portion.components),
            "jobs": portion.jobs,
            "sizes": [{"jobs": jobs, "components": size} for jobs, size in portion.sizes.runs],
            "reason": None if chosen is None else str(Reason.of(chosen)),
        }
        for portion, chosen in zip(engine.map_dir.placement.portions, engine.map_dir.chunking())
    ]
    return {
        "portions": portions,
        "call_seconds": None if cost is None else cost[0],
        "overhead": None if cost is None else cost[1],
    }
