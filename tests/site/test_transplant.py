"""The delivery method transplant, on hosts without any Python: an environment with numpy and an editable install is sent."""

from __future__ import annotations

import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

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


@pytest.fixture(scope="module", autouse=True)
def sent() -> Iterator[Path]:
    """Have that environment sent instead of the one that runs the tests, which has twenty times as much in it."""
    here = installation.running()
    if reason := installation.refusal(here):
        pytest.skip(reason)
    prefix = environment()
    (site,) = (prefix / "lib").glob("python*/site-packages")
    lean = attrs.evolve(here, prefix=prefix, sites=(site,))
    plugins.register_delivery_method(TransplantDelivery(lambda: lean))
    yield prefix
    del plugins._registered["transplant"]


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
