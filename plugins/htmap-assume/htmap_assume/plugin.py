"""The plugin ``assume``."""

from __future__ import annotations

import sys

from htmap_core import DeliveryMethod, MapPlan, PoolView, SubmitDescription, Suitability, hookimpl


class Assume(DeliveryMethod):
    """Run components with the first ``python3`` on the execute node's PATH."""

    name = "assume"

    def check(self, pool: PoolView) -> Suitability:
        """Say that only trying will tell: no slot says which Python it has."""
        needed = f"{sys.version_info.major}.{sys.version_info.minor}"
        return Suitability.unknown(
            f"needs a Python {needed} on the execute nodes, and slots do not say whether they have one"
        )

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Change nothing: the runtime archive starts itself with the ``python3`` that it finds."""


@hookimpl
def htmap_delivery_methods() -> list[DeliveryMethod]:
    """Offer ``assume``."""
    return [Assume()]
