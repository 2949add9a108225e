"""The delivery method packages, on a host that shares nothing and has a bare Python: all that a function needs travels.

The hosts and this process cannot reach the internet, so everything is built before: maps find it in PACKAGES.DIR.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from htmap_packages import store
from htmap_packages.declared.declaration import declaration
from htmap_packages.settings import current
from htmap_packages.target import Target

import htmap
from htmap_core import MapOptions, MapPlan
from htmap_core.settings.chain import settings
from htmap_core.testing import BARE_PYTHONS, bare_environment
from htmap_core.testing.empty_pool import EmptyPool
from tests.site import debian
from tests.site.contracts import TIMEOUT, DeliverySiteContract
from tests.site.hosts import Host, Site
from tests.site.test_assume import installation_of

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHERS = [version for version in BARE_PYTHONS if version != HERE]

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "tidal-tables"
version = "1.5"
dependencies = ["numpy"]
[tool.hatch.build.targets.wheel]
packages = ["tidal"]
"""
CODE = """
import numpy

HERE = __file__


def mean(heights):
    return float(numpy.mean(heights))
"""


def prepared() -> Path:
    """Return a folder with a project of this machine and, in ``archives``, all that the maps send."""
    return debian.made(f"packages-{sys.implementation.cache_tag}", _prepare)


def _prepare(here: Path) -> None:
    (here / "project" / "tidal").mkdir(parents=True)
    (here / "project" / "tidal" / "__init__.py").write_text(CODE)
    (here / "project" / "pyproject.toml").write_text(PROJECT)


def science(folder: Path) -> dict[str, Any]:
    """Return the settings for what a scientist sends."""
    return {"PACKAGES.DIR": str(folder / "archives"), "PACKAGES.REQUIRE": ["pandas", "scipy", str(folder / "project")]}


@pytest.fixture(scope="module", autouse=True)
def folder() -> Path:
    """Build everything, unless an earlier run has."""
    made = prepared()
    for given, modules in [({"PACKAGES.DIR": str(made / "archives")}, {"numpy"}), (science(made), set())]:
        chain = htmap.settings.__class__({**settings.to_dict(), **_nested(given)})
        plan = MapPlan(
            tag="built",
            map_dir=made / "maps" / "none",
            runtime=made,
            components=1,
            jobs=1,
            options=MapOptions(),
            settings=chain,
            pool=EmptyPool(),
            modules=frozenset(modules),
        )
        table = current(chain)
        store.provide(declaration(plan, table), Target.of(table, may_differ=False), table, plan.map_dir)
    return made


def _nested(given: dict[str, Any]) -> dict[str, Any]:
    return {"PACKAGES": {name.partition(".")[2]: value for name, value in given.items()}}


class TestPackages(DeliverySiteContract):
    method = "packages"
    has_numpy: ClassVar[bool] = True
    never_another_python = "" if OTHERS else "there is no Python of another version on this machine"

    @classmethod
    def add_hosts(cls, site: Site) -> None:
        site.add_host("bare", visible=[installation_of(version) for version in (HERE, *OTHERS[:1])])

    @classmethod
    def method_settings(cls) -> dict[str, Any]:
        return {"PACKAGES.DIR": str(prepared() / "archives")}

    @classmethod
    def map_options(cls) -> htmap.MapOptions:
        return htmap.MapOptions(environment=bare_environment(HERE))

    @classmethod
    @contextlib.contextmanager
    def with_another_python(cls) -> Iterator[htmap.MapOptions]:
        yield htmap.MapOptions(environment=bare_environment(OTHERS[0]))

    @pytest.mark.skipif(not OTHERS, reason="there is no Python of another version on this machine")
    def test_packages_for_another_version_of_python_are_refused_by_the_name_of_the_setting(self) -> None:
        with self.with_another_python() as options:
            mapped = htmap.map(importing(), [0], map_options=options)
            with pytest.raises(htmap.exceptions.MapComponentError) as caught:
                mapped.get(0, timeout=TIMEOUT)
        assert "htmap.Refused" in caught.value.report  # so nothing was imported
        assert "PACKAGES.PYTHON_VERSION" in caught.value.report

    def test_a_function_that_needs_nothing_sends_nothing(self, maps: dict[str, htmap.Map]) -> None:
        assert "_htmap_packages" not in maps["results"].plan().commands["transfer_input_files"]
        assert "_htmap_packages" in maps["numpy"].plan().commands["transfer_input_files"]


class TestScience:
    """All components share a job, in which packages are unpacked once."""

    @pytest.fixture(scope="class")
    @classmethod
    def host(cls, site: Site) -> Host:
        return site.add_host("science", visible=[installation_of(HERE)])

    @pytest.fixture(scope="class")
    @classmethod
    def mapped(cls, site: Site, host: Host, folder: Path) -> Iterator[htmap.Map]:
        options = htmap.MapOptions(
            environment=bare_environment(HERE), requirements=f'Machine == "{host.machine}"', request_memory="1GB"
        )
        functions = [solving(), grouping(), averaging(), describing(), describing()]
        with site.client():
            htmap.settings["DELIVERY_METHOD"] = "packages"
            for name, value in science(folder).items():
                htmap.settings[name] = value
            yield htmap.map(called(), functions, map_options=options, chunksize=len(functions))

    def test_scipy_solves_equations(self, mapped: htmap.Map) -> None:
        assert mapped.get(0, timeout=TIMEOUT) == pytest.approx([1.0, 2.0])

    def test_pandas_groups_rows(self, mapped: htmap.Map) -> None:
        assert mapped.get(1, timeout=TIMEOUT) == {"a": 4, "b": 2}

    def test_a_local_package_is_there_as_installed(self, mapped: htmap.Map) -> None:
        mean, version, inside = mapped.get(2, timeout=TIMEOUT)
        assert (mean, version) == (2.0, "1.5")
        assert inside == "_htmap_packages/tidal/__init__.py"

    def test_packages_are_unpacked_once_a_job(self, mapped: htmap.Map) -> None:
        assert mapped.get(3, timeout=TIMEOUT) == mapped.get(4, timeout=TIMEOUT)


# Made by functions, so that they travel with their code.


def importing() -> Callable[[int], str]:
    """Return a function that imports numpy."""

    def load(_: int) -> str:
        import numpy

        return str(numpy.__version__)

    return load


def called() -> Callable[[Callable[[], Any]], Any]:
    """Return a function that calls the one that it is given."""

    def call(function: Callable[[], Any]) -> Any:
        return function()

    return call


def solving() -> Callable[[], list[float]]:
    """Return a function that solves linear equations with LAPACK, which is Fortran."""

    def solve() -> list[float]:
        from scipy import linalg  # type: ignore[import-untyped]

        return list(map(float, linalg.solve([[2, 0], [0, 4]], [2, 8])))

    return solve


def grouping() -> Callable[[], dict[str, int]]:
    """Return a function that adds up the rows of a table by a column."""

    def group() -> dict[str, int]:
        import pandas  # type: ignore[import-untyped, import-not-found, unused-ignore]

        table = pandas.DataFrame({"kind": ["a", "b", "a"], "count": [1, 2, 3]})
        return {str(kind): int(count) for kind, count in table.groupby("kind")["count"].sum().items()}

    return group


def averaging() -> Callable[[], tuple[float, str, str]]:
    """Return a function that uses a local package, and tells its version and where it is."""

    def average() -> tuple[float, str, str]:
        import os
        from importlib import metadata

        import tidal  # type: ignore[import-not-found, unused-ignore]

        inside = os.path.relpath(tidal.HERE, os.environ["_CONDOR_SCRATCH_DIR"])
        return tidal.mean([1, 2, 3]), metadata.version("tidal-tables"), inside

    return average


def describing() -> Callable[[], tuple[int, float]]:
    """Return a function that tells which folder has the packages, and since when."""

    def tell() -> tuple[int, float]:
        import os

        found = os.stat(os.path.join(os.environ["_CONDOR_SCRATCH_DIR"], "_htmap_packages"))
        return found.st_ino, found.st_ctime

    return tell
