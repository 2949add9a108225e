"""The choice of a map's delivery method, and what was decided for its pool, with the plugins that are installed."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

import htmap
from htmap.exceptions import (
    DeliveryForModules,
    LackingModules,
    NoSuitableDeliveryMethod,
    NotDecided,
    OtherDeliveryMethod,
    UnknownPythonDeliveryMethod,
    UnsuitableDeliveryMethod,
)
from htmap_core import (
    DeliveryMethod,
    MapOptions,
    MapPlan,
    Pool,
    PoolAddress,
    PoolView,
    SubmitDescription,
    Suitability,
    user_warnings,
)
from htmap_core.files.sealed import seal
from htmap_core.plugins.calls import plugins
from htmap_core.storage import decisions
from htmap_core.storage.content.formats import FORMAT
from htmap_core.storage.decisions import Decision, Written
from htmap_core.submission.delivery_choice import (
    best,
    choose_anew,
    choose_delivery_method,
    present_choice,
    scope_of,
    why,
)
from tests.golden_files import Golden

pytestmark = pytest.mark.usefixtures("htmap_dir")


class Site(Pool):
    """A pool."""

    name = "site"

    def find(self) -> PoolAddress:
        return PoolAddress(self.name)

    def advice(self) -> str:
        return "it is always there"


class Pleased(Site):
    """A pool whose site prefers a method."""

    delivery_method = "singularity"


class Raft(DeliveryMethod):
    """A method that a program registers for itself."""

    name = "raft"

    def check(self, pool: PoolView) -> Suitability:
        there_is_water = pool.count("true")[0] > 0
        return Suitability.yes("it floats", rank=1000) if there_is_water else Suitability.no("0 of 0 slots have water")

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        pass


@pytest.fixture
def raft() -> Iterator[Raft]:
    plugins.register_delivery_method(method := Raft())
    yield method
    del plugins._registered["raft"]


class Slots:
    """What a pool's collector says: how many slots have Docker, how many Apptainer, and how many there are."""

    is_local = False

    def __init__(self, docker: int = 0, apptainer: int = 0, others: int = 0, collector: str = "cm.example.org") -> None:
        self.address = PoolAddress("site")
        self._docker, self._apptainer, self._total = docker, apptainer, docker + apptainer + others
        self._collector = collector
        self.asked: list[str] = []

    def slots(self, projection: Sequence[str] = ()) -> list[dict[str, Any]]:
        return [{}] * self._total

    def count(self, expression: str) -> tuple[int, int]:
        self.asked.append(expression)
        if expression == "true":
            return self._total, self._total
        return (
            self._docker if "HasDocker =" in expression else self._apptainer if "Has" in expression else 0,
            self._total,
        )

    def parameter(self, name: str) -> str | None:
        return {"COLLECTOR_HOST": self._collector}.get(name)


POOL = Site()
DOCKER, APPTAINER, NIGHT = Slots(docker=8, apptainer=2), Slots(docker=1, apptainer=9), Slots()


def chosen(view: Slots = DOCKER, pool: Pool = POOL, *modules: str, **options: Any) -> str:
    return choose_delivery_method(pool, view, modules, MapOptions(**options)).method.name


def written(view: Slots = DOCKER) -> Decision:
    decision = decisions.read(scope_of(POOL, view)).decision
    assert decision is not None
    return decision


def put(decision: Decision) -> None:
    """Leave a decision on disk as other plugins, or another program, would have."""
    decisions.replace(decisions.read(decision.scope), decision)


class TestPlanned:
    def test_what_is_chosen_for_a_plan_is_not_written_down(self) -> None:
        found = choose_delivery_method(POOL, DOCKER, writes_down=False)
        assert found.method.name == "docker"
        assert found.found["docker"].verdict == "yes"
        assert decisions.read(scope_of(POOL, DOCKER)).decision is None

    @pytest.mark.parametrize("by", ["auto", "written", "setting", "site", "modules"])
    def test_the_choice_has_a_reason(self, by: str, golden: Golden) -> None:
        if by == "setting":
            htmap.settings["DELIVERY_METHOD"] = "docker"
        if by == "written":
            chosen(DOCKER)
        pool = Pleased() if by == "site" else POOL
        modules = ["numpy"] if by == "modules" else []
        with user_warnings.gathered() as warnings:
            reason = choose_delivery_method(pool, DOCKER, modules, writes_down=False).reason
        assert [type(each) for each in warnings] == [DeliveryForModules] * len(modules)
        golden(f"delivery/reason-{by}", reason, hide={re.compile(r"\d{4}-\d\d-\d\d"): "DAY"})


class TestDecidedOnce:
    def test_what_was_decided_holds_when_the_shares_change(self) -> None:
        assert chosen(DOCKER) == "docker"
        before = written()
        assert chosen(APPTAINER) == "docker"
        assert written() == before

    def test_the_methods_method_date_and_reason_are_written_down(self) -> None:
        chosen()
        decision = written()
        assert (decision.method, decision.by_user) == ("docker", False)
        assert decision.found["docker"].rank > decision.found["singularity"].rank
        assert decision.since > 0

    def test_then_nothing_is_asked_but_what_the_chosen_method_asks(self) -> None:
        chosen()
        second = Slots(docker=8, apptainer=2)
        chosen(second)
        assert {expression.split(" ")[0] for expression in second.asked} == {"HasDocker"}

    def test_another_pool_in_the_same_folder_has_its_own(self) -> None:
        assert chosen(DOCKER) == "docker"
        elsewhere = Slots(docker=1, apptainer=9, collector="cm.example.com")
        assert chosen(elsewhere) == "singularity"
        assert chosen(DOCKER) == "docker"

    @pytest.mark.parametrize(
        ("one", "other"),
        [("cm1.example.org, cm2.example.org", "CM2.example.org:9618 cm1.example.org"), ("127.0.0.1:0", "127.0.0.1:0")],
    )
    def test_a_pool_is_the_same_however_its_collector_is_spelt(self, one: str, other: str) -> None:
        assert scope_of(POOL, Slots(collector=one)) == scope_of(POOL, Slots(collector=other))

    def test_a_collector_on_loopback_is_another_on_each_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        here = scope_of(POOL, Slots(collector="127.0.0.1"))
        monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
        assert scope_of(POOL, Slots(collector="127.0.0.1")) != here

    def test_the_schedd_does_not_count(self) -> None:
        other = Slots()
        other.address = PoolAddress("site", schedd="bigbird7.example.org")
        assert scope_of(POOL, other) == scope_of(POOL, Slots())


class TestDecidedAnew:
    @pytest.fixture(autouse=True)
    def decided(self, htmap_dir: Path) -> None:
        assert chosen(DOCKER) == "docker"

    def doubt(self, view: Slots = APPTAINER) -> OtherDeliveryMethod:
        with pytest.warns(OtherDeliveryMethod) as caught:
            chosen(view)
        (warning,) = caught
        assert isinstance(warning.message, OtherDeliveryMethod)
        assert chosen(view) == warning.message.method == written().method  # and is told no more
        return warning.message

    def test_when_the_method_suits_no_more(self) -> None:
        doubt = self.doubt(Slots(others=5))
        assert (doubt.pool, doubt.before, doubt.method) == ("site", "docker", "packages")
        assert "0 of 5" in doubt.reason

    def test_when_it_is_not_installed_any_more(self) -> None:
        said = {**written().found, "ferry": Suitability.yes("there is water", 100)}
        put(attrs.evolve(written(), method="ferry", found=said))
        assert self.doubt().before == "ferry"

    def test_when_another_is_installed(self) -> None:
        said = {name: found for name, found in written().found.items() if name != "singularity"}
        put(attrs.evolve(written(), found=said))
        doubt = self.doubt()
        assert doubt.method == "singularity"
        assert "'singularity'" in doubt.reason

    def test_when_a_setting_of_the_plugins_changes(self) -> None:
        htmap.settings["DOCKER.IMAGE"] = "me/analysis:1"
        assert "DOCKER.IMAGE" in self.doubt().reason
        assert "me/analysis" not in written().scope.path.read_text()  # values may be secrets

    def test_when_what_is_written_is_damaged(self) -> None:
        path = written().scope.path
        path.write_bytes(path.read_bytes()[:-20])
        doubt = self.doubt()
        assert (doubt.before, doubt.method) == (None, "singularity")

    def test_in_silence_when_the_method_stays_the_same(self) -> None:
        htmap.settings["DOCKER.IMAGE"] = "me/analysis:1"
        before = written()
        assert chosen(DOCKER) == "docker"
        assert written().since > before.since


class TestNotDecided:
    def test_without_slots_nothing_is_written_and_what_is_written_holds(self) -> None:
        assert chosen(NIGHT) == "packages"
        assert decisions.read(scope_of(POOL, NIGHT)) == Written()
        assert chosen(DOCKER) == "docker"
        assert chosen(NIGHT) == "docker"

    def test_a_no_for_want_of_slots_is_no_reason_to_decide_anew(self, request: pytest.FixtureRequest) -> None:
        chosen()
        request.getfixturevalue("raft")
        before = attrs.evolve(written(), method="raft", found={**written().found, "raft": Suitability.yes("it floats")})
        put(before)
        assert chosen(NIGHT) == "raft"
        assert written() == before

    def test_a_method_that_this_program_has_registered_is_used_and_not_written(self, raft: Raft) -> None:
        assert chosen() == "raft"
        assert decisions.read(scope_of(POOL, DOCKER)) == Written()

    def test_a_registered_method_is_no_reason_to_decide_anew(self, request: pytest.FixtureRequest) -> None:
        chosen()
        before = written()
        request.getfixturevalue("raft")
        assert chosen(APPTAINER) == "docker"
        assert written() == before

    def test_what_a_newer_htmap_has_written_is_left_alone(self) -> None:
        chosen()
        path = written().scope.path
        content = {**json.loads(path.read_text()), "format": FORMAT + 1}
        path.write_text(text := seal({key: value for key, value in content.items() if key != "checksum"}))
        assert chosen(APPTAINER) == "singularity"
        with pytest.raises(NotDecided):
            choose_anew(POOL, APPTAINER)
        assert path.read_text() == text

    def test_looking_writes_nothing(self) -> None:
        assert present_choice(POOL, DOCKER).method == "docker"
        assert decisions.read(scope_of(POOL, DOCKER)) == Written()


class TestChosenByAPerson:
    def test_the_setting_counts_most(self) -> None:
        choose_anew(Pleased(), DOCKER, "docker")
        htmap.settings["DELIVERY_METHOD"] = "assume"
        assert chosen(DOCKER, Pleased()) == "assume"

    def test_then_the_users_choice_for_the_pool_then_the_sites(self) -> None:
        assert chosen(DOCKER, Pleased()) == "singularity"
        assert decisions.read(scope_of(POOL, DOCKER)) == Written()
        assert choose_anew(Pleased(), DOCKER, "docker").by == "user"
        assert chosen(APPTAINER, Pleased()) == "docker"
        assert choose_anew(Pleased(), DOCKER).by == "site"

    def test_it_is_used_as_told_with_a_warning_and_whatever_changes(self) -> None:
        choose_anew(POOL, DOCKER, "docker")
        htmap.settings["DOCKER.UNIVERSE"] = "docker"
        with pytest.warns(UnsuitableDeliveryMethod):
            assert chosen(Slots(others=3)) == "docker"

    def test_htmap_decides_again_on_demand(self) -> None:
        choose_anew(POOL, DOCKER, "assume")
        assert choose_anew(POOL, APPTAINER).method == "singularity"
        assert not written().by_user

    def test_by_night_it_cannot_decide_but_the_user_can(self) -> None:
        with pytest.raises(NotDecided):
            choose_anew(POOL, NIGHT)
        assert choose_anew(POOL, NIGHT, "docker").method == "docker"

    def test_a_method_that_there_is_not_is_refused(self) -> None:
        with pytest.raises(UnknownPythonDeliveryMethod):
            choose_anew(POOL, DOCKER, "dokcer")

    def test_who_has_chosen_is_said(self, golden: Golden) -> None:
        said = [
            why(present_choice(POOL, DOCKER)),
            why(choose_anew(POOL, DOCKER)),
            why(choose_anew(POOL, DOCKER, "docker")),
        ]
        said.append(why(present_choice(Pleased(), Slots(docker=1, collector="cm.example.com"))))
        htmap.settings["DELIVERY_METHOD"] = "docker"
        golden(
            "delivery/who-has-chosen-is-said",
            "\n".join([*said, why(present_choice(POOL, DOCKER))]),
            hide={time.strftime("%Y-%m-%d"): "DAY"},
        )


class TestModules:
    """The default image of docker and singularity has the standard library alone."""

    def warned(self, kind: type[Warning], name: str, *modules: str, **options: Any) -> Any:
        with pytest.warns(kind) as caught:
            assert chosen(DOCKER, POOL, *modules, **options) == name
        (warning,) = caught
        return warning.message

    def test_a_map_that_needs_some_takes_the_next_method_that_may_have_them(self) -> None:
        assert chosen() == "docker"
        doubt = self.warned(DeliveryForModules, "packages", "numpy", "scipy")
        assert (doubt.before, doubt.modules) == ("docker", ["numpy", "scipy"])
        assert written().method == "docker"
        assert chosen() == "docker"

    def test_an_image_of_the_users_may_have_them(self) -> None:
        assert chosen(DOCKER, POOL, "numpy", docker_image="me/analysis:1") == "docker"
        htmap.settings["DOCKER.IMAGE"] = "me/analysis:1"
        assert chosen(DOCKER, POOL, "numpy") == "docker"

    def test_an_image_of_another_method_may_have_them(self) -> None:
        htmap.settings["SINGULARITY.IMAGE"] = "docker://me/analysis:1"
        self.warned(DeliveryForModules, "singularity", "numpy")

    @pytest.mark.parametrize(("there", "name"), [(["numpy", "scipy"], "singularity"), (["scipy"], "packages")])
    def test_an_image_that_is_said_to_have_them_is_preferred_to_one_that_is_said_not_to(
        self, there: list[str], name: str
    ) -> None:
        htmap.settings["SINGULARITY.IMAGE"] = "docker://me/analysis:1"
        htmap.settings["SINGULARITY.MODULES"] = there
        self.warned(DeliveryForModules, name, "numpy")

    def test_a_method_that_a_person_has_named_is_used_with_a_warning(self) -> None:
        choose_anew(POOL, DOCKER, "docker")
        doubt = self.warned(LackingModules, "docker", "numpy")
        assert (doubt.method, doubt.modules) == ("docker", ["numpy"])
        assert "DOCKER.IMAGE" in doubt.remedy

    def test_where_no_other_method_suits_the_first_is_used_with_a_warning(self) -> None:
        chosen()
        said = {
            name: found if name == "docker" else Suitability.no("it rains") for name, found in written().found.items()
        }
        put(attrs.evolve(written(), found=said))
        self.warned(LackingModules, "docker", "numpy")


def test_if_no_method_suits_the_error_has_all_reasons() -> None:
    with pytest.raises(NoSuitableDeliveryMethod) as caught:
        best({"docker": Suitability.no("no slot has it")}, APPTAINER)
    assert caught.value.reasons == {"docker": "no slot has it"}


def test_the_python_is_this_environment() -> None:
    assert scope_of(POOL, DOCKER).python == sys.prefix
