"""The plugin ``assume``."""

from __future__ import annotations

import sys
from collections import Counter

from htmap_core import DeliveryMethod, MapPlan, PoolView, SubmitDescription, Suitability, hookimpl

_SYSTEMS = 4  # the most common ones, so that the reason stays a line


class Assume(DeliveryMethod):
    """Run components with the first ``python3`` on the execute node's PATH."""

    name = "assume"

    def check(self, pool: PoolView) -> Suitability:
        """Say that only trying will tell, and which systems the slots run: people may know what Python comes with each."""
        needed = f"{sys.version_info.major}.{sys.version_info.minor}"
        reason = f"needs a Python {needed} on the execute nodes, and slots do not say whether they have one"
        systems = Counter(str(slot.get("OpSysAndVer") or "unknown") for slot in pool.slots(["OpSysAndVer"]))
        if systems:
            found = ", ".join(f"{count} {name}" for name, count in systems.most_common(_SYSTEMS))
            others = ", ..." if len(systems) > _SYSTEMS else ""
            reason = f"{reason}; what they run: {found}{others}"
        return Suitability.unknown(reason)

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Change nothing: the runtime archive starts itself with the ``python3`` that it finds."""


@hookimpl
def htmap_delivery_methods() -> list[DeliveryMethod]:
    """Offer ``assume``."""
    return [Assume()]
