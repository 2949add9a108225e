"""The promises of delivery methods."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from htmap_core.contract.delivery import DeliveryMethod, Suitability
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import MapComponentError, MapComponentHeld
from htmap_core.maps import creating
from htmap_core.names import RUNTIME
from htmap_core.plugins import pools
from htmap_core.plugins.calls import plugins
from htmap_core.settings.chain import Settings, settings
from htmap_core.testing.contracts.plugin import PluginContract
from htmap_core.testing.empty_pool import EmptyPool
from htmap_core.testing.isolation import only_plugins


class DeliveryMethodContract(PluginContract):
    """The promises of every delivery method.

    Subclass it, and set :attr:`method`. Override :meth:`method_settings` if the method needs settings::

        class TestSw(DeliveryMethodContract):
            plugin = "sw"
            distribution = "htmap-sw"
            method = "sw"

    The tests marked ``pool`` run maps on the personal pool, on this machine. They prove that the method works on execute nodes
    that see the files of the submit side. Only a test on another host can prove that it works on others.

    Since 0.7.
    """

    method: ClassVar[str]
    reasons: ClassVar[tuple[str, ...]] = ("personal_pool_lacks",)

    personal_pool_lacks: ClassVar[str] = ""
    """The thing that the method needs and a personal pool lacks. If it is set, the tests on such a pool are skipped; test the
    method on a pool that has it."""

    def method_settings(self) -> dict[str, Any]:
        """Return the settings that the method needs for a map on the personal pool; called for each test."""
        return {}

    @pytest.fixture
    def delivery(self) -> DeliveryMethod:
        """Return the delivery method, as a map gets it."""
        return plugins.delivery_method(self.method)

    @pytest.fixture
    def plan(self, tmp_path: Path) -> MapPlan:
        """Return the plan of a map of three components on a pool without slots."""
        map_dir = tmp_path / "map"
        map_dir.mkdir()
        return MapPlan(
            tag="contract",
            map_dir=map_dir,
            runtime=map_dir / "_htmap_runtime.pyz",
            components=3,
            jobs=3,
            options=MapOptions(),
            settings=Settings(self.method_settings()),
            pool=EmptyPool(),
        )

    def test_describing_twice_describes_the_same(self, delivery: DeliveryMethod, plan: MapPlan) -> None:
        """``describe`` adds the same to two equal submit descriptions."""
        first, second = SubmitDescription(), SubmitDescription()
        delivery.describe(first, plan)
        delivery.describe(second, plan)
        assert first == second

    def test_describing_changes_no_file(self, delivery: DeliveryMethod, plan: MapPlan) -> None:
        """``describe`` writes nothing into the map's directory."""
        delivery.describe(SubmitDescription(), plan)
        assert list(plan.map_dir.iterdir()) == []

    def test_a_plan_is_told_what_would_be_prepared_and_nothing_is(
        self, delivery: DeliveryMethod, plan: MapPlan
    ) -> None:
        """``unprepared`` returns a phrase or None, and writes nothing into the map's directory."""
        assert isinstance(delivery.unprepared(plan), (str, type(None)))
        assert list(plan.map_dir.iterdir()) == []

    def test_the_program_that_it_sends_is_in_its_distribution(self, delivery: DeliveryMethod, plan: MapPlan) -> None:
        """The program of ``launch_with(..., transfer=True)`` is a file, unless ``prepare`` makes it."""
        submit = SubmitDescription()
        delivery.describe(submit, plan)
        if submit.transfer_executable and submit.executable != RUNTIME and not _prepares(delivery):
            assert Path(submit.executable).is_absolute(), submit.executable
            assert Path(submit.executable).is_file(), submit.executable

    def test_it_says_whether_a_pool_without_slots_suits_it(self, delivery: DeliveryMethod) -> None:
        """``check`` does not say yes to a pool without slots, gives a reason, and raises nothing."""
        found = plugins.check(delivery, EmptyPool())
        assert isinstance(found, Suitability)
        assert found.verdict != "yes"
        assert found.reason

    def test_it_lacks_no_modules_but_those_that_it_is_asked_about(self, delivery: DeliveryMethod) -> None:
        """``lacks`` returns some of the modules that it gets, and raises nothing."""
        asked = {"numpy", "a_module_that_nobody_has"}
        assert set(delivery.lacks(frozenset(asked), MapOptions())) <= asked
        assert set(delivery.lacks(frozenset(), MapOptions())) == set()

    @pytest.fixture
    def chosen(self, request: pytest.FixtureRequest) -> Iterator[None]:
        """Choose the method for maps on the personal pool."""
        if self.personal_pool_lacks:
            pytest.skip(f"a personal pool has no {self.personal_pool_lacks}; a site test proves it")
        request.getfixturevalue("personal_pool")  # a skipped test must not start it
        settings["DELIVERY_METHOD"] = self.method
        for name, value in self.method_settings().items():
            settings[name] = value
        with only_plugins(self.plugin, "pool", *self.beside):
            found = plugins.check(plugins.delivery_method(self.method), pools.find_pool()[1])
            if found.verdict == "no":  # its jobs would never start
                pytest.fail(
                    f"{self.method!r} does not suit a personal pool: {found.reason}. If it needs something that such a pool "
                    f"cannot have, name that in personal_pool_lacks, and test the method on a pool that has it"
                )
            yield

    @pytest.mark.pool
    @pytest.mark.usefixtures("chosen")
    def test_results_come_back_and_the_components_ran_in_jobs(self) -> None:
        """A function runs in jobs, not in this process, and its results come back."""

        def double_and_tell(x: int) -> tuple[int, str | None, int]:
            return 2 * x, os.environ.get("HTMAP_ON_EXECUTE"), os.getpid()

        mapped = creating.map(double_and_tell, [1, 2, 3])
        results = list(mapped.iter(timeout=600))
        assert [doubled for doubled, _, _ in results] == [2, 4, 6]
        assert all(on_execute == "1" for _, on_execute, _ in results)
        assert os.getpid() not in {pid for _, _, pid in results}

    @pytest.mark.pool
    @pytest.mark.usefixtures("chosen")
    def test_an_exception_comes_back_with_its_report(self) -> None:
        """An exception comes back with its traceback and local variables."""

        def invert(divisor: int) -> float:
            return 1 / divisor

        mapped = creating.map(invert, [0])
        with pytest.raises(MapComponentError, match="ZeroDivisionError") as caught:
            mapped.get(0, timeout=600)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert "divisor = 0" in caught.value.report

    @pytest.mark.pool
    @pytest.mark.usefixtures("chosen")
    def test_a_python_that_cannot_start_says_why_in_its_own_words(self) -> None:
        """Where the environment keeps Python from starting, the map tells what Python said."""
        broken = MapOptions(environment="PYTHONHASHSEED=nonsense", max_retries=0)
        with pytest.raises(MapComponentHeld, match="PYTHONHASHSEED"):
            creating.map(str, [0], map_options=broken).get(0, timeout=600)


def _prepares(delivery: DeliveryMethod) -> bool:
    return type(delivery).prepare is not DeliveryMethod.prepare
