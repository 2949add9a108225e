"""What delivery methods are asked about: the slots that HTCondor lets jobs of this machine go to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from htmap_core.contract.delivery import DeliveryMethod, Suitability
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolAddress, PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import PoolUnavailable
from htmap_core.plugins.calls import plugins
from htmap_core.plugins.native import native
from htmap_core.settings.chain import settings

OURS, THEIRS = {"Arch": "X86_64", "OpSys": "LINUX"}, {"Arch": "aarch64", "OpSys": "LINUX"}


class Pool:
    """A pool with slots of two architectures; all foreign ones have Docker."""

    address = PoolAddress("test")
    is_local = False

    def __init__(self, ours: int, theirs: int) -> None:
        self.ours, self.theirs = ours, theirs

    def slots(self, projection: Sequence[str] = ()) -> Sequence[Mapping[str, Any]]:
        return [OURS] * self.ours + [THEIRS] * self.theirs

    def count(self, expression: str) -> tuple[int, int]:
        native = 0 if "HasDocker" in expression else self.ours
        return native + (0 if "Arch ==" in expression else self.theirs), self.ours + self.theirs

    def parameter(self, name: str) -> str | None:
        return {"ARCH": "X86_64", "OPSYS": "LINUX"}.get(name)


class Docker(DeliveryMethod):
    name = "docker"

    def check(self, pool: PoolView) -> Suitability:
        matching, total = pool.count("HasDocker")
        return Suitability.yes("", 40 * matching // total) if matching else Suitability.no(f"{matching} of {total}")

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Change nothing."""


def test_slots_that_htcondor_sends_no_job_to_do_not_count_for_the_choice() -> None:
    assert plugins.check(Docker(), Pool(ours=3, theirs=7)) == Suitability.no("0 of 3")


@pytest.mark.parametrize("requirements", ['TARGET.Arch == "aarch64"', 'arch == "X86_64" || arch == "aarch64"'])
def test_they_count_if_the_user_s_requirements_let_jobs_go_there(htmap_dir: None, requirements: str) -> None:
    settings["MAP_OPTIONS.requirements"] = requirements
    assert plugins.check(Docker(), Pool(ours=3, theirs=7)) == Suitability.yes("", 28)


def test_where_no_slot_is_native_all_count_because_only_other_requirements_help() -> None:
    assert plugins.check(Docker(), Pool(ours=0, theirs=7)) == Suitability.yes("", 40)


def test_a_pool_of_native_slots_is_the_pool_itself() -> None:
    pool = Pool(ours=3, theirs=0)
    assert native(pool) is pool


def test_native_slots_alone_are_shown_with_what_was_asked_of_them() -> None:
    found = native(Pool(ours=1, theirs=7))
    assert (found.slots(["arch"]), found.slots()) == ([{"Arch": "X86_64"}], [OURS])
    assert (found.address, found.is_local, found.parameter("ARCH")) == (PoolAddress("test"), False, "X86_64")


def test_the_method_itself_meets_a_collector_that_does_not_answer() -> None:
    class Silent(Pool):
        def count(self, expression: str) -> tuple[int, int]:
            raise PoolUnavailable("test", "it does not answer")

    pool = Silent(1, 1)
    assert native(pool) is pool
    assert plugins.check(Docker(), pool).verdict == "unknown"
