"""The delivery method assume, on hosts that have a bare Python or none."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import htmap
from htmap_core.testing import BARE_PYTHONS, bare_environment, python_of
from tests.site.contracts import TIMEOUT, DeliverySiteContract
from tests.site.hosts import Site

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
SYSTEMS = Path("/usr/bin/python3")
IS_SYSTEMS = SYSTEMS.resolve().name == f"python{HERE}"
OTHERS = [version for version in BARE_PYTHONS if version != HERE]


def installation_of(version: str) -> Path:
    """Return the folder that a Python is installed in."""
    return Path(python_of(version)).resolve().parents[1]


class TestAssume(DeliverySiteContract):
    method = "assume"
    has_numpy = IS_SYSTEMS and Path("/usr/lib/python3/dist-packages/numpy").exists()
    never_another_python = "" if OTHERS else "there is no Python of another version on this machine"

    @classmethod
    def add_hosts(cls, site: Site) -> None:
        """Add a host with the Python of its Debian; where that is of another version than ours, with one more."""
        versions = [*([] if IS_SYSTEMS else [HERE]), *OTHERS[:1]]
        site.add_host("bare", visible=[installation_of(version) for version in versions])

    @classmethod
    def map_options(cls) -> htmap.MapOptions:
        return htmap.MapOptions() if IS_SYSTEMS else htmap.MapOptions(environment=bare_environment(HERE))

    @classmethod
    @contextlib.contextmanager
    def with_another_python(cls) -> Iterator[htmap.MapOptions]:
        yield htmap.MapOptions(environment=bare_environment(OTHERS[0]))


class TestAHostWithoutPython:
    def test_the_component_is_held_with_a_reason_that_names_what_is_missing(self, site: Site) -> None:
        host = site.add_host("nothing", without_python=True)
        options = htmap.MapOptions(requirements=f'Machine == "{host.machine}"', max_retries=0)
        with site.client():
            htmap.settings["DELIVERY_METHOD"] = "assume"
            mapped = htmap.map(str, [1], map_options=options)
            with pytest.raises(htmap.exceptions.MapComponentHeld, match=r"\b3\.8\b"):
                mapped.get(0, timeout=TIMEOUT)
