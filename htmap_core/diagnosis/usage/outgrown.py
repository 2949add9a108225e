"""What jobs need at least that are held for memory: more than their slots gave them, however little of it was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from htmap_core.diagnosis.usage.measured import GIVEN_IN, REQUEST_MEMORY, RETRY_REQUEST_MEMORY, Used, amount
from htmap_core.results.engine import Engine
from htmap_core.storage.jobs import Job
from htmap_core.tracking import holds


def outgrown(engine: Engine) -> Sequence[Used]:
    """Return what each job needs at least, in MB, that is held for memory, as far as that is known."""
    limit, found = _limit(engine.map_dir.record.options), dict[Job, Used]()
    for component, hold in engine.holds().items():
        if holds.is_for_memory(hold):
            measured = engine.states.memory(component)
            least = max(measured, 0 if limit is None else limit + 1)
            if least:
                found.setdefault(engine.job(component), Used(component, least, limit))
    return list(found.values())


def _limit(options: Mapping[str, str]) -> int | None:
    """Return the memory that slots give jobs which ask for it, at their last try; None if that is not the same for all."""
    steps = options.get(RETRY_REQUEST_MEMORY, "").split(",") if RETRY_REQUEST_MEMORY in options else []
    asked = [amount(each, "MB") for each in (options.get(REQUEST_MEMORY), *steps)]
    known = [each for each in asked if each is not None]
    step = GIVEN_IN[REQUEST_MEMORY]
    return math.ceil(max(known) / step) * step if known and len(known) == len(asked) else None
