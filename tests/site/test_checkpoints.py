"""Checkpoints on hosts that share nothing with the submit side, when one of them is lost as a whole."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import htmap
from htmap_core.testing import bare_environment, python_of
from tests.site.contracts import TIMEOUT
from tests.site.counting import STOP, counter, wait_for_checkpoint
from tests.site.hosts import Site

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHON = Path(python_of(HERE)).resolve().parents[1]
VISIBLE = [PYTHON] if Path("/usr") != PYTHON else []


@pytest.fixture
def interrupted(on_site: Site) -> htmap.Map:
    """A map whose only component has counted up to :data:`STOP` on the host ``first``, and waits there."""
    htmap.settings["DELIVERY_METHOD"] = "assume"
    on_site.add_host("first", visible=VISIBLE)
    reaching_back = {"WantIOProxy": "true"}
    options = htmap.MapOptions(environment=bare_environment(HERE), custom_options=reaching_back, checkpoint_interval=0)
    mapped = htmap.map(counter(), [0], options)
    wait_for_checkpoint(mapped)
    return mapped


def test_a_component_goes_on_elsewhere_when_its_host_is_lost(on_site: Site, interrupted: htmap.Map) -> None:
    on_site.hosts["first"].kill()
    on_site.add_host("second", visible=VISIBLE)

    assert interrupted.get(0, timeout=TIMEOUT) == ("second", STOP)
    assert interrupted.stderr.get(0) == ""
