"""The plugin ``shared``."""

from __future__ import annotations

import sys
from pathlib import Path

from htmap_core import DeliveryMethod, MapPlan, PoolView, SubmitDescription, Suitability, hookimpl, quoted
from htmap_shared.errors import NoPythonToShare
from htmap_shared.filesystems import NETWORK, PRIVATE, kind_of

RANK = 50  # if all slots can: nothing fits a function better than the Python that it was written with


class Shared(DeliveryMethod):
    """Run components with the Python that submits them, found at the same path on a shared file system."""

    name = "shared"

    def check(self, pool: PoolView) -> Suitability:
        """Say yes if the slots are on this machine, or if they share files with it and this Python is on a shared file system.

        Slots only say what their administrator claims, and by default they claim to share nothing. So the claim is compared
        with the kind of file system that this Python is on.
        """
        if pool.is_local:
            return Suitability.yes("all slots are on this machine", RANK)
        domain, total = _domain(pool), pool.count("true")[1]
        if not total:
            return Suitability.unknown("the pool has no slots now")
        return _without_a_claim(total) if domain is None else _with_a_claim(pool, domain, total)

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Start the runtime archive with this Python, at its path on the execute node.

        If the machine has a file system domain, jobs go only to slots in it. If it has none, the user's choice is trusted.

        :raises NoPythonToShare: this Python does not know its own path.
        """
        if not sys.executable:
            raise NoPythonToShare
        # resolve() would follow the link from a virtual environment to its base Python, and leave the environment.
        submit.launch_with(Path(sys.executable), transfer=False)
        if (domain := _domain(plan.pool)) is not None:
            submit.require(f"TARGET.{_is_in(domain)}")


def _domain(pool: PoolView) -> str | None:
    """Return the file system domain of this machine; None if it is the default, the host's name, which claims nothing."""
    domain = pool.parameter("FILESYSTEM_DOMAIN")
    return domain if domain and domain != pool.parameter("FULL_HOSTNAME") else None


def _is_in(domain: str) -> str:
    return f"FileSystemDomain == {quoted(domain)}"


def _without_a_claim(total: int) -> Suitability:
    place, kind = _least_shared()
    if kind in NETWORK:
        return Suitability.unknown(f"the {total} slots do not say whether they see {place}, which is on {kind}")
    return Suitability.no(
        f"none of {total} slots says that it shares files with this machine, and {place} is on a local disk"
    )


def _with_a_claim(pool: PoolView, domain: str, total: int) -> Suitability:
    sharing = pool.count(_is_in(domain))[0]
    claim = f"{sharing} of {total} slots are in the file system domain {domain!r} of this machine"
    if not sharing:
        return Suitability.no(claim)
    place, kind = _least_shared()
    if kind in PRIVATE:
        return Suitability.no(f"{claim}, but {place} is on a {kind}, which no other machine can see")
    if kind in NETWORK:
        return Suitability.yes(f"{claim}, and {place} is on {kind}", RANK * sharing // total)
    disk = f"on a disk of this machine{f' ({kind})' if kind else ''}"
    return Suitability.unknown(f"{claim}, but {place} is {disk}, which they see only where it is exported")


def _least_shared() -> tuple[Path, str]:
    """Return the folder of this Python that other machines are least likely to see, and the kind of its file system."""
    places = [Path(sys.prefix), *([Path(sys.base_prefix)] if Path("/usr") != Path(sys.base_prefix) else [])]
    kinds = [(place, kind_of(place)) for place in places]
    return min(kinds, key=lambda found: (found[1] in NETWORK, found[1] not in PRIVATE))


@hookimpl
def htmap_delivery_methods() -> list[DeliveryMethod]:
    """Offer ``shared``."""
    return [Shared()]
