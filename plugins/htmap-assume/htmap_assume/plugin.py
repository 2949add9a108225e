"""The plugin ``assume``."""

from __future__ import annotations

import sys
from collections import Counter

from htmap_core import DeliveryMethod, MapPlan, PoolView, SubmitDescription, Suitability, hookimpl

_SYSTEMS = 4  # only the most common ones are shown, so that the reason fits into a line


class Assume(DeliveryMethod):
    """Run components with the first ``python3`` on the execute node's PATH."""

    name = "assume"

    def check(self, pool: PoolView) -> Suitability:
        """Say that HTMap cannot know, and name the slots' systems: people may know which Python each system has."""
        needed = f"{sys.version_info.major}.{sys.version_info.minor}"
        reason = f"needs Python {needed} on the execute nodes, and slots do not say whether they have it"
        systems = Counter(str(slot.get("OpSysAndVer") or "unknown") for slot in pool.slots(["OpSysAndVer"]))
        if systems:
            found = ", ".join(f"{count} {name}" for name, count in systems.most_common(_SYSTEMS))
            others = ", ..." if len(systems) > _SYSTEMS else ""
            reason = f"{reason}; their systems: {found}{others}"
        return Suitability.unknown(reason)

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Change nothing: the runtime archive starts itself with the first ``python3`` on PATH."""


@hookimpl
def htmap_delivery_methods() -> list[DeliveryMethod]:
    """Offer ``assume``."""
    return [Assume()]
