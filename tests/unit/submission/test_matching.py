"""Whether any slot of a pool can run a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from htmap_core.contract.pools import PoolAddress
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import PoolUnavailable
from htmap_core.submission import matching
from htmap_core.user_warnings import DeliveryFitsNoSlot, NoSlotFits


class Pool:
    """A pool that answers each question with a number of slots."""

    address = PoolAddress("test")
    is_local = False

    def __init__(self, total: int, **matching_slots: int) -> None:
        self.total, self.matching = total, matching_slots

    def slots(self, projection: Sequence[str] = ()) -> list[dict[str, Any]]:
        return []

    def count(self, expression: str) -> tuple[int, int]:
        return min((n for word, n in self.matching.items() if word in expression), default=self.total), self.total

    def parameter(self, name: str) -> str | None:
        return None


def demanded(**commands: Any) -> list[str]:
    submit = SubmitDescription()
    for name, value in commands.items():
        submit.set(name, value)
    return [demand.expression for demand in matching.demands(submit, Pool(0)) if demand.expression != "HasFileTransfer"]


def test_the_doubt_names_what_no_slot_has_with_the_number_of_slots() -> None:
    submit = SubmitDescription()
    submit.require("HasDocker")
    submit.set("request_memory", "1GB")
    doubt = matching.no_slot_fits(submit, Pool(214, HasDocker=0), "tide")
    assert doubt is not None
    assert (doubt.tag, doubt.demands, doubt.slots) == ("tide", {"HasDocker": 0}, 214)


def test_demands_that_no_slot_meets_together_are_said_to_be_such() -> None:
    submit = SubmitDescription()
    submit.require("HasDocker")
    submit.require("HasTeX")

    class Disjoint(Pool):
        def count(self, expression: str) -> tuple[int, int]:
            return (0 if "&&" in expression else 9 if expression == "HasFileTransfer" else 3), 9

    doubt = matching.no_slot_fits(submit, Disjoint(9), "tide")
    assert doubt is not None
    assert doubt.demands == {"HasDocker": 3, "HasTeX": 3}


def test_slots_are_counted_for_all_demands_and_for_each() -> None:
    submit = SubmitDescription()
    submit.require("HasDocker")
    assert matching.fit(submit, Pool(9, HasDocker=3)) == matching.Fit(
        3, 9, {"HasFileTransfer (which HTCondor adds)": 9, "HasDocker": 3}
    )


@pytest.mark.parametrize("pool", [Pool(5, HasDocker=1), Pool(0, HasDocker=0)], ids=["one matches", "no slot at all"])
def test_there_is_no_doubt_where_a_slot_matches_or_none_is_there_to_be_asked(pool: Pool) -> None:
    submit = SubmitDescription()
    submit.require("HasDocker")
    assert matching.no_slot_fits(submit, pool, "tide") is None


def test_a_pool_that_does_not_answer_is_no_reason_for_doubt() -> None:
    class Silent(Pool):
        def count(self, expression: str) -> tuple[int, int]:
            raise PoolUnavailable("machine", "it does not answer")

    submit = SubmitDescription()
    submit.require("HasDocker")
    assert matching.no_slot_fits(submit, Silent(0), "tide") is None
    assert matching.fit(submit, Silent(0)) is None


@pytest.mark.parametrize(
    ("requirement", "asked"),
    [
        ('TARGET.HasDocker || target.Arch == "TARGET.X"', 'HasDocker || Arch == "TARGET.X"'),
        ("OpSysMajorVer >= MY.WantMajor", "OpSysMajorVer >= 9"),
        ("OpSysMajorVer >= WantMajor", "OpSysMajorVer >= 9"),
        ("Cpus > 1", "ifThenElse(PartitionableSlot =?= true, TotalSlotCpus, Cpus) > 1"),
    ],
)
def test_requirements_are_asked_as_the_slots_own_ads_understand_them(requirement: str, asked: str) -> None:
    assert demanded(**{"requirements": requirement, "MY.WantMajor": 9}) == [asked]


@pytest.mark.parametrize(
    "requirement",
    ["false", "TARGET.FileSystemDomain == MY.FileSystemDomain", "$(wanted)"],
    ids=["meant so", "about the job", "a macro"],
)
def test_requirements_that_no_slot_can_be_asked_are_left_out(requirement: str) -> None:
    assert demanded(requirements=requirement) == []


@pytest.mark.parametrize(
    ("command", "value", "amount"),
    [
        ("request_cpus", 2, "Cpus) >= 2"),
        ("request_memory", "128", "Memory) >= 128"),
        ("request_memory", "2 GB", "Memory) >= 2048"),
        ("request_memory", "1500kb", "Memory) >= 2"),
        ("request_disk", "1G", "Disk) >= 1048576"),
        ("request_gpus", 1, "GPUs) >= 1"),
    ],
)
def test_requests_are_asked_in_the_units_of_slots(command: str, value: Any, amount: str) -> None:
    (asked,) = demanded(**{command: value})
    assert asked.endswith(amount)


@pytest.mark.parametrize("value", ["$(htmap_option0)", "ifThenElse(NumJobStarts > 0, 2048, 1024)"])
def test_requests_that_differ_or_are_computed_are_left_out(value: str) -> None:
    assert demanded(request_memory=value) == []


@pytest.mark.parametrize(
    ("value", "asked"),
    [("7200", ["Runtime >= 7200"]), ("$(htmap_walltime) + 600", ["Runtime >= 0"]), ('"long"', []), ("true", [])],
)
def test_an_attribute_that_htcondor_takes_for_a_request_is_a_demand(value: str, asked: list[str]) -> None:
    assert demanded(**{"MY.RequestRuntime": value}) == asked


def test_a_universe_is_a_demand() -> None:
    submit = SubmitDescription()
    submit.set_universe("docker")
    asked = [demand.expression for demand in matching.demands(submit, Pool(0))]
    assert asked == ["HasDocker =?= true", "HasFileTransfer"]


class Submitting(Pool):
    """A pool that one submits to from a machine with a configuration."""

    def __init__(self, architectures: Sequence[str] = (), **parameters: str) -> None:
        foreign = {} if "X86_64" in architectures else {'Arch == "X86_64"': 0}
        super().__init__(len(architectures), **foreign)
        self.architectures = architectures
        self.parameters = {"ARCH": "X86_64", "OPSYS": "LINUX", **parameters}

    def slots(self, projection: Sequence[str] = ()) -> list[dict[str, Any]]:
        return [{"Arch": architecture} for architecture in self.architectures]

    def parameter(self, name: str) -> str | None:
        return self.parameters.get(name)


ARCHITECTURE, SYSTEM = 'Arch == "X86_64"', 'OpSys == "LINUX"'


@pytest.mark.parametrize(
    ("requirements", "added"),
    [
        ("Memory > 1", {ARCHITECTURE, SYSTEM}),
        ('TARGET.ARCH == "aarch64"', {SYSTEM}),
        ('Name == "Arch"', {ARCHITECTURE, SYSTEM}),
        ('OpSysAndVer == "AlmaLinux9"', {ARCHITECTURE}),
        ("OpSysMajorVer > 8", {ARCHITECTURE, SYSTEM}),
        ("$(wanted)", set()),
    ],
)
def test_what_htcondor_adds_to_requirements_is_a_demand_unless_they_name_it(requirements: str, added: set[str]) -> None:
    submit = SubmitDescription()
    submit.set("requirements", requirements)
    asked = {demand.expression for demand in matching.demands(submit, Submitting())}
    assert asked & {ARCHITECTURE, SYSTEM} == added


def test_what_the_administrator_appends_is_a_demand_and_counts_for_what_htcondor_adds() -> None:
    pool = Submitting(APPEND_REQUIREMENTS="ignored", APPEND_REQ_VANILLA='Arch == "ppc64le"')
    asked = {demand.expression for demand in matching.demands(SubmitDescription(), pool)}
    assert asked == {'Arch == "ppc64le"', SYSTEM, "HasFileTransfer"}


def test_slots_must_be_able_to_save_what_there_is_of_jobs_that_exit_for_it() -> None:
    assert demanded() == []
    assert demanded(checkpoint_exit_code="85") == ["HasSelfCheckpointTransfers"]


@pytest.mark.parametrize(
    ("image", "ability"),
    [
        ("/images/sea.sif", "HasSIF"),
        ("osdf:///sea/sea.sif", "HasSIF"),
        ("docker://sea:1", "HasDockerURL"),
        ("/images/sea", "HasSandboxImage"),
    ],
)
def test_slots_must_be_able_to_run_the_kind_of_image(image: str, ability: str) -> None:
    submit = SubmitDescription()
    submit.set_universe("container")
    submit.set("container_image", image)
    asked = {demand.expression for demand in matching.demands(submit, Pool(0))}
    assert asked == {"HasContainer =?= true", f"{ability} =?= true", "HasFileTransfer"}


def test_no_operating_system_is_a_demand_in_a_container() -> None:
    submit = SubmitDescription()
    submit.set_universe("container")
    asked = {demand.expression for demand in matching.demands(submit, Submitting())}
    assert asked == {"HasContainer =?= true", ARCHITECTURE, "HasFileTransfer"}


def test_slots_of_another_architecture_alone_are_told_with_what_to_do() -> None:
    doubt = matching.no_slot_fits(SubmitDescription(), Submitting(["aarch64"] * 3), "tide")
    assert doubt is not None
    assert (doubt.slots, list(doubt.demands.values())) == (3, [0])
    assert "requirements='Arch == \"aarch64\"'" in doubt.advice


def test_one_slot_of_this_architecture_is_enough() -> None:
    assert matching.no_slot_fits(SubmitDescription(), Submitting(["aarch64", "X86_64"]), "tide") is None


@pytest.mark.parametrize("author", ["plugin 'docker'", "delivery method 'docker' of this program"])
def test_a_delivery_method_that_alone_asks_for_too_much_is_to_blame(author: str) -> None:
    submit = SubmitDescription()
    submit.set("request_memory", "1GB")
    with submit.authors.writing(author):
        submit.require("HasDocker")
    doubt = matching.no_slot_fits(submit, Pool(214, HasDocker=0, Memory=12), "tide", "docker")
    assert isinstance(doubt, DeliveryFitsNoSlot)
    assert (doubt.method, doubt.demands, doubt.others) == ("docker", {f"HasDocker{author_of(author)}": 0}, 12)
    for others in (0, 12):
        other = matching.no_slot_fits(
            submit, Pool(214, HasDocker=0, Memory=others), "tide", "docker" if not others else "sif"
        )
        assert type(other) is NoSlotFits


def author_of(author: str) -> str:
    return f" (from {author})" if author.startswith("plugin") else ""
