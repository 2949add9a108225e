"""The choice of the delivery method on a pool of glideins, which come and go. The collector is real, the glideins are ads."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import classad2
import pytest

import htmap
from htmap.exceptions import DeliveryForModules, NotDecided, OtherDeliveryMethod, UnsuitableDeliveryMethod
from htmap_core import names
from htmap_core.condor.connection import Connection
from htmap_core.files.folders import remove_tree
from htmap_core.plugins import pools
from htmap_core.storage import decisions
from htmap_core.storage.root import htmap_dir
from htmap_core.submission.delivery_choice import choose_delivery_method
from htmap_core.testing import eventually, only_plugins, pool_of_its_own, run_htmap
from htmap_core.testing.pools import htmap_dir_with_pool
from tests.answers import answer

pytestmark = pytest.mark.pool

_ABILITIES = {"docker": {"HasDocker": True}, "apptainer": {"HasContainer": True, "HasDockerURL": True}, "bare": {}}


class Glideins:
    """The slots of a pool, all on other machines."""

    def are(self, **living: int) -> None:
        """Let some slots be there, and no others: how many with Docker, with Apptainer, and with neither."""
        view = pools.find_pool()[1]
        gone = classad2.ClassAd({"MyType": "Query", "TargetType": "Machine", "Requirements": classad2.ExprTree("true")})
        come = [self._slot(kind, number) for kind, count in living.items() for number in range(count)]

        def are_told() -> bool:
            with view._daemons.bindings() as condor:
                condor.Collector().advertise([gone], "INVALIDATE_STARTD_ADS")
                condor.Collector().advertise(come, "UPDATE_STARTD_AD")
            return Connection(view.address).count("true")[1] == len(come)

        eventually(
            are_told, says="the collector has the slots, and none that the pool's own startd has told it meanwhile"
        )
        remove_tree(htmap_dir() / names.SLOTS)  # counts are kept for five minutes

    def _slot(self, kind: str, number: int) -> Any:
        machine = f"{kind}.example.org"
        address = f"<10.0.{len(kind)}.1:{1000 + number}>"
        told = {"MyType": "Machine", "Machine": machine, "Name": f"slot{number}@{machine}", "MyAddress": address}
        return classad2.ClassAd({**told, "StartdIpAddr": address, "SlotType": "Partitionable", **_ABILITIES[kind]})


@pytest.fixture(scope="module")
def pool_of_glideins(installed_htcondor: Path) -> Iterator[Path]:
    # The pool's own slot is told once, and then taken out of the collector like the others.
    with pool_of_its_own(installed_htcondor, "UPDATE_INTERVAL = 3600\n") as folder:
        yield folder


@pytest.fixture
def glideins(htmap_dir: Path, pool_of_glideins: Path) -> Iterator[Glideins]:
    with htmap_dir_with_pool(htmap_dir, pool_of_glideins):
        yield Glideins()


def chosen() -> str:
    return choose_delivery_method(*pools.find_pool()).method.name


def test_the_choice_stays_when_the_shares_of_living_glideins_change(glideins: Glideins) -> None:
    glideins.are(docker=8, apptainer=2)
    assert chosen() == "docker"
    glideins.are(docker=1, apptainer=9)
    assert chosen() == "docker"


def test_by_night_without_slots_nothing_is_decided_and_what_was_decided_holds(glideins: Glideins) -> None:
    glideins.are()
    assert chosen() == "packages"
    assert list(decisions.everything(sys.prefix)) == []
    glideins.are(docker=1, bare=9)
    assert chosen() == "docker"
    glideins.are()
    assert chosen() == "docker"
    assert isinstance(run_htmap("delivery", "--choose").exception, NotDecided)


def test_where_no_slot_can_run_the_method_any_more_htmap_decides_anew_and_says_so(glideins: Glideins) -> None:
    glideins.are(docker=8, apptainer=2)
    assert chosen() == "docker"
    glideins.are(bare=2)
    with pytest.warns(OtherDeliveryMethod) as caught:
        assert chosen() == "packages"
    warned = caught[0].message
    assert isinstance(warned, OtherDeliveryMethod)
    assert (warned.pool, warned.before, warned.method) == ("personal", "docker", "packages")
    glideins.are(docker=8, apptainer=2)
    assert chosen() == "packages"


@pytest.mark.filterwarnings("ignore::htmap.exceptions.NoSlotFits")  # the ads have no CPUs
def test_a_map_whose_function_imports_what_the_bare_image_lacks_takes_the_next_method(glideins: Glideins) -> None:
    def fields_of(x: Any) -> Any:
        import attrs

        return attrs.asdict(x)

    glideins.are(docker=8, apptainer=2)
    with pytest.warns(DeliveryForModules) as caught:
        mapped = htmap.map(fields_of, [1])
    assert mapped._map_dir.record.delivery_method == "packages"
    warned = caught[0].message
    assert isinstance(warned, DeliveryForModules)
    assert (warned.before, warned.modules) == ("docker", ["attrs"])
    assert "DOCKER.IMAGE" in warned.remedy
    assert htmap.map(abs, [1])._map_dir.record.delivery_method == "docker"
    of_its_own = htmap.MapOptions(docker_image="me/with-attrs:1")
    assert htmap.map(fields_of, [1], map_options=of_its_own)._map_dir.record.delivery_method == "docker"


def test_the_user_chooses_another_and_leaves_it_to_htmap_again(glideins: Glideins) -> None:
    def told() -> Any:
        return answer("delivery", run_htmap("delivery", "--json").stdout)

    glideins.are(docker=8, apptainer=2)
    assert told()["decisions"] == []  # looking decides nothing
    assert run_htmap("delivery", "--choose", "singularity", "--pool", "personal").exit_code == 0
    assert chosen() == "singularity"
    (decision,) = told()["decisions"]
    assert (decision["method"], decision["by_user"], decision["scope"]["pool"]) == ("singularity", True, "personal")
    assert decision["found"]["docker"]["verdict"] == "yes"
    glideins.are(docker=1)
    with pytest.warns(UnsuitableDeliveryMethod):
        assert chosen() == "singularity"
    htmap.settings["DELIVERY_METHOD"] = "assume"
    assert "'assume'" in run_htmap("delivery", "--choose", "docker").stderr, "it has no effect now"
    htmap.settings["DELIVERY_METHOD"] = "auto"
    assert run_htmap("delivery", "--choose").exit_code == 0
    assert (chosen(), told()["present"]["by"]) == ("docker", "auto")


def test_the_doctor_tells_the_choice_and_writes_nothing(glideins: Glideins) -> None:
    def told() -> str:
        found = [check["text"] for check in json.loads(run_htmap("doctor", "--json").stdout)["checks"]]
        (text,) = (text for text in found if text.startswith("maps use "))
        return str(text)

    glideins.are(docker=8, apptainer=2)
    assert told().startswith("maps use docker ")
    assert list(decisions.everything(sys.prefix)) == []
    chosen()
    glideins.are(docker=1, apptainer=9)
    (decision,) = decisions.everything(sys.prefix)
    assert told().startswith("maps use docker ")
    assert decision.found["docker"].reason in told()


def test_the_doctor_says_in_a_row_of_its_own_that_nothing_suits(glideins: Glideins) -> None:
    with only_plugins("pool"):
        found = json.loads(run_htmap("doctor", "--json").stdout)["checks"]
    (row,) = [each for each in found if (each["area"], each["verdict"]) == ("delivery", "problem")]
    assert ("\n" in row["text"], "htmap" in row["text"], "htmap" in row["advice"]) == (False, False, True)
