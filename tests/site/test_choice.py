"""The choice of the delivery method, and the doubts about a map, on a pool of several hosts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

import htmap
from htmap.exceptions import NoSlotFits, UnsuitableDeliveryMethod
from htmap_core.plugins import pools
from htmap_core.plugins.calls import plugins
from htmap_core.submission.delivery_choice import choose_delivery_method
from htmap_core.testing import eventually, run_htmap
from tests.site.hosts import Site


@pytest.fixture(scope="module", autouse=True)
def hosts(site: Site) -> None:
    site.add_host("small", config="NUM_CPUS = 1\nMEMORY = 1024\nHasTeX = True\nSTARTD_ATTRS = $(STARTD_ATTRS) HasTeX")
    site.add_host("large", config="NUM_CPUS = 8\nMEMORY = 16384")


@pytest.fixture(autouse=True)
def submitting(on_site: Site) -> Iterator[None]:
    """Submit to the site; what was submitted is removed."""
    yield
    for tag in htmap.get_tags():
        htmap.load(tag).remove(force=True)


class TestTheChoice:
    def test_the_best_of_those_that_suit_is_chosen(self) -> None:
        pool, view = pools.find_pool()
        suits = {name: plugins.check(method, view) for name, method in plugins.delivery_methods().items()}
        chosen = suits[choose_delivery_method(pool, view).method.name]
        assert chosen.verdict == ("yes" if "yes" in {found.verdict for found in suits.values()} else "unknown")
        assert chosen.rank == max(found.rank for found in suits.values() if found.verdict == chosen.verdict)

    def test_plugins_list_says_of_each_method_whether_it_suits_and_why(self) -> None:
        listed = json.loads(run_htmap("plugins", "list", "--json").stdout)
        suits = {name: found for row in listed["plugins"] for name, found in row["delivery_methods"].items()}
        assert suits["shared"]["suits"] == "no"
        assert "2 slots" in suits["shared"]["why"]
        assert suits["assume"]["suits"] == "unknown"

    def test_a_method_that_is_named_is_used_with_a_warning_that_has_its_reason(self) -> None:
        htmap.settings["DELIVERY_METHOD"] = "shared"
        with pytest.warns(UnsuitableDeliveryMethod) as caught:
            mapped = htmap.map(str, [1])
        warned = caught[0].message
        assert isinstance(warned, UnsuitableDeliveryMethod)
        assert warned.method == "shared"
        assert "2 slots" in warned.reason
        assert mapped._map_dir.record.delivery_method == "shared"


class TestDoubts:
    @pytest.fixture(autouse=True)
    def method(self) -> None:
        htmap.settings["DELIVERY_METHOD"] = "assume"

    def doubt(self, **options: Any) -> NoSlotFits:
        with pytest.warns(NoSlotFits) as caught:
            htmap.map(str, [1], map_options=htmap.MapOptions(**options))
        (warning,) = caught
        assert isinstance(warning.message, NoSlotFits)
        assert warning.message.slots == 2
        return warning.message

    def test_a_requirement_that_no_slot_meets_is_named_with_the_number_of_slots(self) -> None:
        doubt = self.doubt(requirements="TARGET.HasQuantumComputer")
        assert doubt.demands == {"TARGET.HasQuantumComputer": 0}

    def test_a_request_that_no_slot_can_hold_is_named_with_the_number_of_slots(self) -> None:
        assert self.doubt(request_cpus="9").demands == {"request_cpus = 9": 0}

    def test_a_requirement_and_a_request_that_no_slot_meets_together_are_named(self) -> None:
        doubt = self.doubt(requirements="HasTeX", request_memory="2GB")
        assert (doubt.demands["HasTeX"], doubt.demands["request_memory = 2GB"]) == (1, 1)

    def test_slots_that_are_busy_count_with_all_that_they_have(self) -> None:
        def wait(path: str) -> None:

            time.sleep(600)

        busy = htmap.map(wait, ["x"], map_options=htmap.MapOptions(request_cpus="8"))
        eventually(lambda: busy.component_statuses == ["RUNNING"], says="the slots are busy")
        assert htmap.map(str, [1], map_options=htmap.MapOptions(requirements="Cpus >= 8", request_cpus="8")).is_active
