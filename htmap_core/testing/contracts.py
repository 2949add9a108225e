"""The promises of plugins, as test classes."""

from __future__ import annotations

import importlib.metadata
import os
import socket
from pathlib import Path
from typing import Any, ClassVar

import pytest

from htmap_core.contract.delivery import DeliveryMethod, Suitability
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolAddress
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import MapComponentError
from htmap_core.maps import creating
from htmap_core.plugins import pools
from htmap_core.plugins.calls import Plugins, plugins
from htmap_core.settings import model
from htmap_core.settings.chain import Settings, settings


class PluginContract:
    """What every plugin promises.

    Set :attr:`plugin` and :attr:`distribution`::

        class TestSite(PluginContract):
            plugin = "site"
            distribution = "htmap-site"

    Since 0.7.
    """

    plugin: ClassVar[str]
    distribution: ClassVar[str]

    def test_it_is_found_through_its_entry_point_and_works(self) -> None:
        """The installed plugin is found and not broken."""
        records = [record for record in Plugins().records() if record.name == self.plugin]
        assert [(record.distribution, record.state) for record in records] == [(self.distribution, "ok")], records

    def test_it_has_the_version_of_its_distribution(self) -> None:
        """`htmap plugins list` shows the distribution's version."""
        record = next(record for record in Plugins().records() if record.name == self.plugin)
        assert record.version == importlib.metadata.version(self.distribution)

    def test_every_setting_says_what_it_means(self) -> None:
        """`htmap settings --explain` shows what each setting of the plugin is for."""
        found = Plugins()
        record = next(record for record in found.records() if record.name == self.plugin)
        tables = {name: found.settings_tables()[name] for name in record.offers.get("settings", ())}
        settings_of_plugin = [each for name, cls in tables.items() for each in model.settings_of(name, cls)]
        assert [setting.name for setting in settings_of_plugin if not setting.meaning] == []


class DeliveryMethodContract(PluginContract):
    """What every delivery method promises.

    Set :attr:`method`, and override :meth:`method_settings` where it needs some::

        class TestSw(DeliveryMethodContract):
            plugin = "sw"
            distribution = "htmap-sw"
            method = "sw"

    The tests marked ``pool`` run maps on the personal pool. They prove that the method works where the submit side's files can
    be seen; that it works where they cannot, only a test on another host can prove.

    Since 0.7.
    """

    method: ClassVar[str]

    personal_pool_lacks: ClassVar[str] = ""
    """What the method needs and a personal pool has not; tests on one are skipped then, and a site test must prove the rest."""

    def method_settings(self) -> dict[str, Any]:
        """Return the settings that the method needs for a map on the personal pool."""
        return {}

    @pytest.fixture
    def delivery(self) -> DeliveryMethod:
        """Return the delivery method, as a map would get it."""
        return plugins.delivery_method(self.method)

    @pytest.fixture
    def plan(self, tmp_path: Path) -> MapPlan:
        """Return the plan of a map of three components on a pool without slots."""
        return MapPlan(
            tag="contract",
            map_dir=tmp_path,
            runtime=tmp_path / "_htmap_runtime.pyz",
            components=3,
            jobs=3,
            options=MapOptions(),
            settings=Settings(self.method_settings()),
            pool=EmptyPool(),
        )

    def test_describing_twice_describes_the_same(self, delivery: DeliveryMethod, plan: MapPlan) -> None:
        """Describing is pure."""
        first, second = SubmitDescription(), SubmitDescription()
        delivery.describe(first, plan)
        delivery.describe(second, plan)
        assert first == second

    def test_describing_changes_no_file(self, delivery: DeliveryMethod, plan: MapPlan) -> None:
        """Describing has no side effects on disk."""
        delivery.describe(SubmitDescription(), plan)
        assert list(plan.map_dir.iterdir()) == []

    def test_it_says_whether_a_pool_without_slots_suits_it(self, delivery: DeliveryMethod) -> None:
        """A pool that has nothing suits nobody, and the check does not raise."""
        found = plugins.check(delivery, EmptyPool())
        assert isinstance(found, Suitability)
        assert found.verdict != "yes"
        assert found.reason

    @pytest.fixture
    def chosen(self, request: pytest.FixtureRequest, delivery: DeliveryMethod) -> None:
        """Choose the method for maps on the personal pool."""
        if self.personal_pool_lacks:
            pytest.skip(f"a personal pool has no {self.personal_pool_lacks}; a site test proves it")
        request.getfixturevalue("personal_pool")  # not before it is known to be needed
        settings["DELIVERY_METHOD"] = self.method
        for name, value in self.method_settings().items():
            settings[name] = value
        found = plugins.check(delivery, pools.find_pool()[1])
        if found.verdict == "no":  # rather than to wait for jobs that never start
            pytest.fail(
                f"{self.method!r} does not suit a personal pool: {found.reason}. If it needs what such a pool cannot have, "
                f"say what in personal_pool_lacks, and test it on a pool that has it"
            )

    @pytest.mark.pool
    @pytest.mark.usefixtures("chosen")
    def test_results_come_back_and_the_components_ran_in_jobs(self) -> None:
        """A function runs in jobs, and its results come back."""

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


class EmptyPool:
    """A pool that has no slot at all."""

    address = PoolAddress("empty")
    is_local = False

    def slots(self, projection: Any = ()) -> list[Any]:
        """Return none."""
        return []

    def count(self, expression: str) -> tuple[int, int]:
        """Return that none of none satisfies it."""
        return 0, 0

    def parameter(self, name: str) -> str | None:
        """Return a file system domain, and nothing else."""
        return socket.gethostname() if name == "FILESYSTEM_DOMAIN" else None
