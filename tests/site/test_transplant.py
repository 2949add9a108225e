"""The delivery method transplant, on hosts without any Python: environments with scipy and an editable install are sent."""

from __future__ import annotations

import contextlib
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest
from htmap_pool.programs import run
from htmap_transplant import installation
from htmap_transplant.plugin import TransplantDelivery

import htmap
from htmap_core.plugins.calls import plugins
from tests.site import debian
from tests.site.contracts import TIMEOUT, DeliverySiteContract
from tests.site.hosts import Host, Site

# Libraries of this machine that a Python built on it uses. HTCondor has its own.
BARER = "for name in ssl crypto ffi sqlite3 bz2 lzma; do rm -f /usr/lib*/*/lib$name.so* /usr/lib64/lib$name.so*; done"
# Wheels with Fortran code bring its libraries, but not the one for compressed data that these need.
WITHOUT_ZLIB = "rm -f /usr/lib*/*/libz.so* /usr/lib64/libz.so*"
WITHOUT_GZIP = "rm -f /usr/bin/gzip /bin/gzip"

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "tidal"
version = "1"
"""


def environment() -> Path:
    """Return a virtual environment of this Python with numpy and an editable install."""
    return debian.made(f"transplant-{sys.implementation.cache_tag}", _make_environment) / "environment"


def _make_environment(here: Path) -> None:
    venv.create(here / "environment", symlinks=True)
    (here / "project" / "tidal").mkdir(parents=True)
    (here / "project" / "tidal" / "__init__.py").write_text("here = __file__\n")
    (here / "project" / "pyproject.toml").write_text(PROJECT)
    pip = [sys.executable, "-m", "pip", "--python", str(here / "environment"), "install", "--quiet"]
    run([*pip, "numpy", "hatchling", "editables"])
    run([*pip, "--no-build-isolation", "--editable", str(here / "project")])


def scientific_environment() -> Path:
    """Return a virtual environment of this Python with scipy and scikit-learn."""
    return debian.made(f"transplant-science-{sys.implementation.cache_tag}", _make_scientific_environment)


def _make_scientific_environment(here: Path) -> None:
    venv.create(here, symlinks=True)
    run([sys.executable, "-m", "pip", "--python", str(here), "install", "--quiet", "scipy", "scikit-learn"])


@contextlib.contextmanager
def sending(find: Callable[[], Path]) -> Iterator[None]:
    """Have another environment sent than the one that runs the tests, which has twenty times as much in it."""
    here = installation.running()
    if reason := installation.refusal(here):
        pytest.skip(reason)
    prefix = find()
    (site,) = (prefix / "lib").glob("python*/site-packages")
    lean = attrs.evolve(here, prefix=prefix, sites=(site,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(plugins._registered, "transplant", TransplantDelivery(lambda: lean))
        yield


@pytest.fixture(scope="module", autouse=True)
def lean() -> Iterator[None]:
    """Have the environment with numpy sent."""
    with sending(environment):
        yield


class TestTransplant(DeliverySiteContract):
    method = "transplant"
    has_numpy: ClassVar[bool] = True
    never_another_python = "what runs is a copy of the very Python that submits"

    @classmethod
    def add_hosts(cls, site: Site) -> None:
        site.add_host("nothing", without_python=True, before=BARER)

    def test_the_sources_of_an_editable_install_travel(self) -> None:
        def where(_: int) -> tuple[str, str]:
            import os

            import tidal  # type: ignore[import-not-found]

            return tidal.here, os.environ["_CONDOR_SCRATCH_DIR"]

        path, scratch = htmap.map(where, [0]).get(0, timeout=TIMEOUT)
        assert path.startswith(f"{scratch}/_htmap_python/")
        assert path.endswith("/project/tidal/__init__.py")

    def test_libraries_that_the_host_does_not_have_travel(self) -> None:
        def load(_: int) -> str:
            import ctypes
            import sqlite3
            import ssl

            return f"{ssl.OPENSSL_VERSION} {sqlite3.sqlite_version} {ctypes.sizeof(ctypes.c_void_p)}"

        assert htmap.map(load, [0]).get(0, timeout=TIMEOUT) == load(0)

    def test_one_archive_served_all_maps(self, maps: dict[str, htmap.Map]) -> None:
        assert len(htmap.transplants()) == 1


class TestScientificPackages:
    """All components share a job, because the environment that is sent with each is large."""

    @pytest.fixture(scope="class")
    @classmethod
    def science(cls, site: Site) -> Iterator[htmap.Map]:
        host = site.add_host("without-libraries", without_python=True, before=f"{BARER}; {WITHOUT_ZLIB}")
        functions = [solving(), fitting(), fitting_side_by_side()]
        with sending(scientific_environment), site.client():
            htmap.settings["DELIVERY_METHOD"] = "transplant"
            options = htmap.MapOptions(requirements=f'Machine == "{host.machine}"', request_memory="1GB")
            yield htmap.map(called(), functions, map_options=options, chunksize=len(functions))

    def test_scipy_solves_equations(self, science: htmap.Map) -> None:
        assert science.get(0, timeout=TIMEOUT) == pytest.approx([1.0, 2.0])

    def test_scikit_learn_fits_a_model(self, science: htmap.Map) -> None:
        assert science.get(1, timeout=TIMEOUT) > 0.9

    def test_joblib_starts_processes_of_the_python_that_was_sent(self, science: htmap.Map) -> None:
        scores, interpreters, scratch = science.get(2, timeout=TIMEOUT)
        assert min(scores) > 0.9
        assert {path.partition("/_htmap_python/")[0] for path in interpreters} == {scratch}


class TestAHostWithoutGzip:
    @pytest.fixture(scope="class")
    @classmethod
    def host(cls, site: Site) -> Host:
        return site.add_host("without-gzip", before=WITHOUT_GZIP)

    def test_the_component_is_held_and_its_standard_error_says_why(self, on_site: Site, host: Host) -> None:
        htmap.settings["DELIVERY_METHOD"] = "transplant"
        options = htmap.MapOptions(requirements=f'Machine == "{host.machine}"', max_retries=0)
        mapped = htmap.map(str, [1], map_options=options)
        with pytest.raises(htmap.exceptions.MapComponentHeld):
            mapped.get(0, timeout=TIMEOUT)
        assert "gzip" in mapped.stderr.get(0, timeout=TIMEOUT)


# Made by functions, so that they travel with their code.


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


def fitting() -> Callable[[], float]:
    """Return a function that fits a model in several threads, of joblib's and of OpenMP's."""

    def fit() -> float:
        from sklearn.datasets import load_iris
        from sklearn.ensemble import (
            HistGradientBoostingClassifier,
            RandomForestClassifier,
        )

        inputs, kinds = load_iris(return_X_y=True)
        models = HistGradientBoostingClassifier(max_iter=10), RandomForestClassifier(10, n_jobs=2)
        return min(float(model.fit(inputs, kinds).score(inputs, kinds)) for model in models)

    return fit


def fitting_side_by_side() -> Callable[[], tuple[list[float], list[str], str]]:
    """Return a function that fits models in two processes, and says where these are."""

    def fit() -> tuple[list[float], list[str], str]:
        import os
        import sys

        from joblib import Parallel, delayed

        def score(depth: int) -> tuple[float, str]:
            from sklearn.datasets import load_iris
            from sklearn.tree import DecisionTreeClassifier

            inputs, kinds = load_iris(return_X_y=True)
            model = DecisionTreeClassifier(max_depth=depth).fit(inputs, kinds)
            return float(model.score(inputs, kinds)), sys.executable

        found = Parallel(n_jobs=2, backend="loky")(delayed(score)(depth) for depth in (3, 4))
        return [each for each, _ in found], [path for _, path in found], os.environ["_CONDOR_SCRATCH_DIR"]

    return fit
