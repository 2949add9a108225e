"""HTCondor's configuration: whether there is one, and whose it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from htmap_core.condor.configuration import has_configuration, has_program, missing_configuration


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


PROGRAM = "LOCAL_CONFIG_FILE = {} |\n"


@pytest.mark.parametrize("place", ["file", "folder", "environment", "itself", None])
def test_a_program_that_prints_a_part_of_it_is_known(
    place: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.d").mkdir()
    (tmp_path / "config.d" / "10.config").write_text(
        PROGRAM.format("/bin/true") if place == "folder" else "A = b | c\n"
    )
    of_file = PROGRAM.format("/bin/true") if place == "file" else "LOCAL_CONFIG_FILE =\n"
    (tmp_path / "condor_config").write_text(f"{of_file}LOCAL_CONFIG_DIR = {tmp_path / 'config.d'}\n")
    monkeypatch.setenv("CONDOR_CONFIG", "/bin/true |" if place == "itself" else str(tmp_path / "condor_config"))
    if place == "environment":
        monkeypatch.setenv("_condor_LOCAL_CONFIG_FILE", "/bin/true |")
    assert has_program() is (place is not None)


def test_where_it_fails_the_process_lives_and_says_what_it_said(tmp_path: Path, htmap_dir: Path) -> None:
    program = tmp_path / "myschedd.sh"
    program.write_text("#!/bin/sh\necho Unauthorized >&2\nexit 1\n")
    program.chmod(0o700)
    (tmp_path / "condor_config").write_text(PROGRAM.format(program))
    script = f"""
import htmap
from htmap_core import PoolAddress, connect
try:
    connect(PoolAddress.of_machine("cern")).parameter("UID_DOMAIN")
except htmap.exceptions.UnreadableConfiguration as error:
    print(error)
open({str(program)!r}, "w").write("#!/bin/sh\\necho UID_DOMAIN = example.org")
print(connect(PoolAddress.of_machine("cern")).parameter("UID_DOMAIN"))
"""
    environment = {**os.environ, "CONDOR_CONFIG": str(tmp_path / "condor_config")}
    ran = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    said, *_, domain = ran.stdout.splitlines()
    assert "Unauthorized" in said
    assert str(program) in said
    assert domain == "example.org", ran.stderr
