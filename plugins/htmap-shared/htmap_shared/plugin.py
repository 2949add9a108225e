"""The plugin ``shared``."""

from __future__ import annotations

import sys
from pathlib import Path

from htmap_core import DeliveryMethod, HTMapException, MapPlan, PoolView, SubmitDescription, Suitability, hookimpl

RANK = 50  # nothing fits a function better than the Python that it was written with


class NoPythonToShare(HTMapException):
    """The path of the running Python is not known, so nothing can be started by it."""

    def __str__(self) -> str:
        return (
            "Python does not know its own path (sys.executable is empty), so DELIVERY_METHOD = 'shared' cannot use it"
        )


class Shared(DeliveryMethod):
    """Run components with the Python that submits them, found at the same path on a shared file system."""

    name = "shared"

    def check(self, pool: PoolView) -> Suitability:
        """Say yes where all slots are on this machine, or in the file system domain of this machine."""
        if pool.is_local:
            return Suitability.yes("all slots are on this machine", RANK)
        domain = pool.parameter("FILESYSTEM_DOMAIN")
        sharing, total = pool.count(f'FileSystemDomain == "{domain}"') if domain else (0, 0)
        if not sharing:
            return Suitability.no(f"no slot is in the file system domain {domain!r} of this machine")
        return Suitability.yes(
            f"{sharing} of {total} slots are in the file system domain {domain!r} of this machine", RANK
        )

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Start the runtime archive with this Python, and not with one that would travel."""
        if not sys.executable:
            raise NoPythonToShare
        # Not resolve(): the python of a virtual environment is a link, and only by its own path it is that environment's.
        submit.launch_with(Path(sys.executable), transfer=False)


@hookimpl
def htmap_delivery_methods() -> list[DeliveryMethod]:
    """Offer ``shared``."""
    return [Shared()]
