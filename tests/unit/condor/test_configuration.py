"""HTCondor's configuration: whether there is one, and whose it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from htmap_core.condor.configuration import has_configuration


def test_a_value_that_the_bindings_set_without_a_configuration_is_none(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = has_configuration()  # a machine may have one of its own
    monkeypatch.setenv("CONDOR_CONFIG", str(htmap_dir / "condor_config"))
    assert has_configuration()
    monkeypatch.setenv("CONDOR_CONFIG", os.devnull)
    assert not has_configuration()
    monkeypatch.delenv("CONDOR_CONFIG")
    assert has_configuration() == without
