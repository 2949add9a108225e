"""A delivery method: components run with a Python of the site's software tree, which is at /sw on every node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from htmap_core import DeliveryMethod, MapPlan, PoolView, SubmitDescription, Suitability, hookimpl, table


@attrs.frozen
class SwSettings:
    """What `[SW]` in ~/.htmaprc can say."""

    python: str = attrs.field(
        default="3.11", metadata={"meaning": "the version of the Python that components run with"}
    )


class Sw(DeliveryMethod):
    """Run with a Python of the site's software tree."""

    name = "sw"

    def check(self, pool: PoolView) -> Suitability:
        return Suitability.of_slots(*pool.count("HasSoftwareTree =?= true"), "have HasSoftwareTree", rank=60)

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        version = table("SW", SwSettings, plan.settings).python
        submit.launch_with(f"/sw/python-{version}/bin/python3", transfer=False)
        submit.require("HasSoftwareTree =?= true")


@hookimpl
def htmap_delivery_methods() -> Sequence[DeliveryMethod]:
    return [Sw()]


@hookimpl
def htmap_settings() -> Mapping[str, type]:
    return {"SW": SwSettings}
