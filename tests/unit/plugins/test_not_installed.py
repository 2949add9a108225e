"""Delivery methods of ours that are not installed, and would suit a pool: the core names them without having them."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any

import classad2
import pytest

from htmap_core import PoolAddress, Suitability
from htmap_core.diagnosis import of_pool
from htmap_core.exceptions import CondorError
from htmap_core.plugins import calls, not_installed
from htmap_core.plugins.not_installed import candidates, nothing_suits
from htmap_core.plugins.record import FIRST_PARTY, PluginRecord

ARCH = {"OpSys": platform.system().upper(), "Arch": platform.machine()}
ELSEWHERE = {"OpSys": "WINDOWS", "Arch": "X86_64"}
DOCKER = {"HasDocker": True, "HasContainer": True, "HasDockerURL": True}
APPTAINER = {"HasSingularity": True, "HasContainer": True, "HasDockerURL": True, "HasSIF": True}
PILOT = {"HAS_SINGULARITY": True}
DOMAIN = {"FileSystemDomain": "example.org"}


class Slots:
    """A pool that counts its slots as a collector does."""

    address = PoolAddress("site")

    def __init__(self, *ads: dict[str, Any], is_local: bool = False, parameters: dict[str, str] | None = None) -> None:
        self.ads = [classad2.ClassAd(ad) for ad in ads]
        self.is_local = is_local
        self._parameters = parameters or {}

    def slots(self, projection: Sequence[str] = ()) -> list[Any]:
        return [dict(ad) for ad in self.ads]

    def count(self, expression: str) -> tuple[int, int]:
        tree = classad2.ExprTree(expression)
        return sum(tree.eval(ad) is True for ad in self.ads), len(self.ads)

    def parameter(self, name: str) -> str | None:
        return self._parameters.get(name)


def record(name: str, **more: Any) -> PluginRecord:
    return PluginRecord(name, f"htmap-{name}", "1", **more)


def named(pool: Slots, *installed: str, is_sure: bool = True) -> list[str]:
    found = candidates(pool, [record(name) for name in installed])
    return [each.name for each in found if each.is_sure == is_sure]


@pytest.mark.parametrize(
    ("pool", "sure"),
    [
        (Slots(ARCH, is_local=True), ["shared", "transplant"]),
        (Slots({**ARCH, **DOCKER}), ["docker", "transplant"]),
        (Slots({**ARCH, **APPTAINER}), ["docker", "singularity", "transplant"]),
        (Slots({**ARCH, **PILOT}), ["singularity", "transplant"]),
        (Slots(ELSEWHERE), []),
        (Slots(), []),
    ],
)
def test_what_the_pool_says_that_it_can_run_is_named_the_best_first(pool: Slots, sure: list[str]) -> None:
    assert named(pool) == sure


def test_what_slots_do_not_tell_comes_last_with_what_it_depends_on() -> None:
    found = candidates(Slots(ARCH), [])
    assert [each.is_sure for each in found] == sorted((each.is_sure for each in found), reverse=True)
    assert found[-1].name == "assume"
    assert named(Slots(), is_sure=False) == []


def test_slots_in_the_domain_of_this_machine_may_share_its_files() -> None:
    told = {"FILESYSTEM_DOMAIN": "example.org", "FULL_HOSTNAME": "submit.example.org"}
    assert named(Slots({**ARCH, **DOMAIN}, parameters=told), is_sure=False)[0] == "shared"
    assert "shared" not in named(Slots(ARCH, parameters=told), is_sure=False)
    by_default = {"FILESYSTEM_DOMAIN": "submit.example.org", "FULL_HOSTNAME": "submit.example.org"}
    assert "shared" not in named(
        Slots({"FileSystemDomain": "submit.example.org"}, parameters=by_default), is_sure=False
    )


def test_what_is_installed_is_not_named_even_if_it_is_off() -> None:
    pool, off = Slots(ARCH, is_local=True), record("shared", state="disabled", reason="by HTMAP_PLUGINS")
    assert named(pool, "shared") == ["transplant"]
    error = nothing_suits(pool, {"docker": Suitability.no("no slot has it")}, [off, record("docker")])
    assert (error.reasons, list(error.switched_off)) == ({"docker": "no slot has it"}, ["shared"])
    assert next(iter(error.not_installed)) == "transplant"


def test_the_doctor_has_a_row_for_each_of_them_and_the_command_for_the_best() -> None:
    *notes, problem = of_pool.no_delivery(nothing_suits(Slots(ARCH, is_local=True), {}, []))
    assert [each.text.split()[0] for each in notes] == ["shared", "transplant", "packages", "assume"]
    assert ({each.verdict for each in notes}, problem.verdict) == ({"note"}, "problem")
    assert "htmap-shared" in problem.advice


def test_a_pool_that_does_not_answer_says_nothing_of_them() -> None:
    class Silent(Slots):
        def count(self, expression: str) -> tuple[int, int]:
            raise CondorError("the collector does not answer")

    assert candidates(Silent(), []) == []


def test_every_delivery_method_of_ours_is_known_here() -> None:
    ours = {
        each.name for each in calls.plugins.records() if each.is_first_party and each.offers.get("delivery methods")
    }
    assert ours - {"htmap"} <= set(not_installed._SUITS)
    assert "shared" in ours


@pytest.mark.usefixtures("htmap_dir")
@pytest.mark.parametrize("name", sorted(set(not_installed._SUITS) & set(FIRST_PARTY)))
@pytest.mark.parametrize("ability", [DOCKER, APPTAINER, PILOT, DOMAIN, {}], ids=str)
def test_what_is_named_as_sure_says_the_same_once_it_is_installed(name: str, ability: dict[str, Any]) -> None:
    pool = Slots({**ARCH, **ability})
    said = calls.plugins.check(calls.plugins.delivery_method(name), pool)
    if name in named(pool):
        assert said.verdict == "yes", said.reason
    if said.verdict == "yes" and ability:
        assert named(pool), "something that suits is named"
