"""The promises of plugins, as test classes."""

from __future__ import annotations

import importlib.metadata
import os
import socket
from pathlib import Path
from typing import Any, ClassVar

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from htmap_core.contract.delivery import DeliveryMethod, Suitability
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolAddress
from htmap_core.contract.submit import SubmitDescription
from htmap_core.contract.walltime import Walltime
from htmap_core.exceptions import MapComponentError, MapComponentHeld
from htmap_core.maps import creating
from htmap_core.names import DISTRIBUTION
from htmap_core.plugins import pools
from htmap_core.plugins.calls import Plugins, plugins
from htmap_core.settings import model
from htmap_core.settings.chain import Settings, settings


class PluginContract:
    """The promises of every plugin.

    Subclass it, and set the name of the entry point and the distribution::

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

    def test_the_commands_that_it_offers_are_those_that_its_distribution_declares(self) -> None:
        """`htmap --help` lists the plugin's commands, by the entry points ``htmap.commands``."""
        entry = next(each for each in _entry_points("htmap", self.distribution) if each.name == self.plugin)
        declared = [
            each.name for each in _entry_points("htmap.commands", self.distribution) if each.value == entry.value
        ]
        record = next(record for record in Plugins().records() if record.name == self.plugin)
        assert sorted(declared) == sorted(record.offers.get("commands", ()))

    def test_its_distribution_says_with_which_versions_of_the_core_it_works(self) -> None:
        """Its ``Requires-Dist`` has the lowest version of ``htmap-core`` at least."""
        wanted = [Requirement(each) for each in importlib.metadata.requires(self.distribution) or ()]
        of_core = [each.specifier for each in wanted if canonicalize_name(each.name) == DISTRIBUTION]
        assert [each.operator for specifier in of_core for each in specifier if each.operator in _LOWEST], of_core

    def test_every_setting_says_what_it_means(self) -> None:
        """`htmap settings --explain` shows the meaning of each setting of the plugin."""
        found = Plugins()
        record = next(record for record in found.records() if record.name == self.plugin)
        tables = {name: found.settings_tables()[name] for name in record.offers.get("settings", ())}
        settings_of_plugin = [each for name, cls in tables.items() for each in model.settings_of(name, cls)]
        assert [setting.name for setting in settings_of_plugin if not setting.meaning] == []


_LOWEST = (">=", "~=", "==", ">")


def _entry_points(group: str, distribution: str) -> list[importlib.metadata.EntryPoint]:
    entries = importlib.metadata.distribution(distribution).entry_points
    return [each for each in entries if each.group == group]


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
        """``describe`` adds the same to two equal submit descriptions."""
        first, second = SubmitDescription(), SubmitDescription()
        delivery.describe(first, plan)
        delivery.describe(second, plan)
        assert first == second

    def test_describing_changes_no_file(self, delivery: DeliveryMethod, plan: MapPlan) -> None:
        """``describe`` writes nothing into the map's directory."""
        delivery.describe(SubmitDescription(), plan)
        assert list(plan.map_dir.iterdir()) == []

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
    def chosen(self, request: pytest.FixtureRequest, delivery: DeliveryMethod) -> None:
        """Choose the method for maps on the personal pool."""
        if self.personal_pool_lacks:
            pytest.skip(f"a personal pool has no {self.personal_pool_lacks}; a site test proves it")
        request.getfixturevalue("personal_pool")  # a skipped test must not start it
        settings["DELIVERY_METHOD"] = self.method
        for name, value in self.method_settings().items():
            settings[name] = value
        found = plugins.check(delivery, pools.find_pool()[1])
        if found.verdict == "no":  # its jobs would never start
            pytest.fail(
                f"{self.method!r} does not suit a personal pool: {found.reason}. If it needs something that such a pool cannot "
                f"have, name that in personal_pool_lacks, and test the method on a pool that has it"
            )

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


class SiteContract(PluginContract):
    """The promises of a plugin that gives jobs the time limit of a site.

    Subclass it, and set the pool that the plugin offers, the command that holds the limit, and a limit of a day in the user's own
    words::

        class TestSite(SiteContract):
            plugin = "site"
            distribution = "htmap-site"
            pool = "site"
            time_limit = "MY.RequestRuntime"
            a_day = "86400"

    Since 0.7.
    """

    pool: ClassVar[str]
    time_limit: ClassVar[str]
    a_day: ClassVar[str]

    def described(self, folder: Path, walltime: Walltime | None, **options: Any) -> dict[str, str]:
        """Return the submit commands of a map on the site's pool, after all plugins have edited them."""
        given, submit = MapOptions(**options), SubmitDescription()
        for name, value in given.fixed().items():
            submit.set(name, value)
        pool = EmptyPool()
        pool.address = PoolAddress(self.pool)
        runtime = folder / "_htmap_runtime.pyz"
        plan = MapPlan("contract", folder, runtime, 3, 3, given, Settings(), pool, walltime=walltime)
        plugins.rewrite_submit(submit, plan)
        return submit.commands()

    @pytest.mark.usefixtures("htmap_dir")
    def test_the_walltime_becomes_the_sites_own_limit(self, tmp_path: Path) -> None:
        """A map with the option ``walltime`` has a limit of the site, which follows from it."""
        short, long = (Walltime(seconds, seconds + 60) for seconds in (60, 100_000))
        limits = [self.described(tmp_path, walltime)[self.time_limit] for walltime in (short, long)]
        assert limits[0] != limits[1] or all(short.seconds in text for text in limits)

    @pytest.mark.usefixtures("htmap_dir")
    def test_the_users_own_limit_wins(self, tmp_path: Path) -> None:
        """Who sets the site's limit by an option gets it, whatever the walltime, as long as that is less."""
        own = {self.time_limit: self.a_day}
        assert self.described(tmp_path, Walltime(60, 120), **own)[self.time_limit] == self.a_day

    @pytest.mark.usefixtures("htmap_dir")
    def test_maps_elsewhere_get_no_limit_of_the_site(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A map on another pool is left alone."""
        monkeypatch.setattr(type(self), "pool", "elsewhere")
        assert self.time_limit not in self.described(tmp_path, Walltime(60, 120))


class EmptyPool:
    """A pool without slots."""

    address = PoolAddress("empty")
    is_local = False

    def slots(self, projection: Any = ()) -> list[Any]:
        """Return no slots."""
        return []

    def count(self, expression: str) -> tuple[int, int]:
        """Return that 0 of 0 slots satisfy the expression."""
        return 0, 0

    def parameter(self, name: str) -> str | None:
        """Return a file system domain; no other parameter is set."""
        return socket.gethostname() if name == "FILESYSTEM_DOMAIN" else None
