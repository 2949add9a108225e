"""Programs that distributions bring along."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from htmap_core.contract import programs


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program of a distribution that pip put where PATH does not lead."""
    site = tmp_path / "lib" / "site-packages"
    (site / "sounder-1.dist-info").mkdir(parents=True)
    (site / "sounder-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: sounder\nVersion: 1\n")
    (site / "sounder-1.dist-info" / "RECORD").write_text("../../bin/sounder,,\nsounder-1.dist-info/RECORD,,\n")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "sounder"
    program.touch(mode=0o755)
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    return program


def test_the_program_of_a_distribution_is_found_although_it_is_not_on_the_path(distribution: Path) -> None:
    assert programs.program("sounder") == distribution.resolve()


def test_where_the_distribution_has_lost_it_the_machines_own_is_taken(
    distribution: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "machine").mkdir()
    distribution.rename(tmp_path / "machine" / "sounder")
    monkeypatch.setenv("PATH", str(tmp_path / "machine"))
    assert programs.program("sounder") == tmp_path / "machine" / "sounder"


def test_a_missing_program_is_none() -> None:
    assert programs.program("no-such-program") is None
