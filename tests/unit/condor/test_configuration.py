"""HTCondor's configuration: whether there is one, and whose it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from htmap_core.condor.configuration import has_configuration, missing_configuration


def test_a_value_that_the_bindings_set_without_a_configuration_is_none(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = has_configuration()  # a machine may have one of its own
    htmap_dir.mkdir()
    (htmap_dir / "condor_config").touch()
    monkeypatch.setenv("CONDOR_CONFIG", str(htmap_dir / "condor_config"))
    assert has_configuration()
    for nothing in (os.devnull, "ONLY_ENV", "", str(htmap_dir / "gone")):
        monkeypatch.setenv("CONDOR_CONFIG", nothing)
        assert not has_configuration()
    monkeypatch.delenv("CONDOR_CONFIG")
    assert has_configuration() == without


@pytest.mark.parametrize(
    ("named", "is_missing"),
    [("condor_config", False), ("gone", True), (".", True), ("gone |", False), ("pipe", False)],
)
def test_a_configuration_that_is_named_is_a_file_or_a_program(
    named: str, is_missing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "condor_config").touch()
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("CONDOR_CONFIG", f"{tmp_path}/{named}")
    assert (missing_configuration() is not None) is is_missing
