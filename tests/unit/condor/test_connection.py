"""What is known of HTCondor before it is asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from htmap_core.condor import connection


def test_a_value_that_the_bindings_set_without_a_configuration_is_none(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = connection.has_configuration()  # a machine may have one of its own
    monkeypatch.setenv("CONDOR_CONFIG", str(htmap_dir / "condor_config"))
    assert connection.has_configuration()
    monkeypatch.setenv("CONDOR_CONFIG", os.devnull)
    assert not connection.has_configuration()
    monkeypatch.delenv("CONDOR_CONFIG")
    assert connection.has_configuration() == without
