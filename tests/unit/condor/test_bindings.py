"""What the bindings print, and which configuration they have."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from htmap_core.condor import bindings
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import PoolConfigurationGone

# As the bindings of 24.0 do it, which are tried with the tests on a pool (`make test-bindings`).
SOURCE = """
def submit(others):
    print("request_cpus = 1")
    others()
"""


class Bindings:
    def __init__(self, version: str) -> None:
        self._schedd: Any = types.ModuleType("_schedd")
        self._version = version
        exec(SOURCE, vars(self._schedd))

    def version(self) -> str:
        return f"$CondorVersion: {self._version} 2026-09-24 BuildID: UW_Python_Wheel_Build $"


def test_the_bindings_of_24_0_print_nothing_and_nothing_of_others_is_lost(capfd: pytest.CaptureFixture[str]) -> None:
    condor = Bindings("24.0.24")
    with bindings.silenced(condor):
        condor._schedd.submit(lambda: print("of a thread") or sys.stdout.write("written\n"))
    assert capfd.readouterr().out == "of a thread\nwritten\n"


def test_the_module_is_left_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    condor = Bindings("24.0.24")
    with pytest.raises(ZeroDivisionError), bindings.silenced(condor):
        condor._schedd.submit(lambda: 1 / 0)
    condor._schedd.submit(lambda: None)
    assert capfd.readouterr().out == "request_cpus = 1\n"


def test_other_bindings_are_left_alone() -> None:
    condor = Bindings("25.14.1")
    before = dict(vars(condor._schedd))
    with bindings.silenced(condor):
        assert vars(condor._schedd) == before


def pool(path: Path, domain: str) -> Connection:
    path.write_text(f"UID_DOMAIN = {domain}\n")
    path.chmod(0o600)
    return Connection(PoolAddress(path.name, configuration=path))


def test_what_is_known_of_a_configuration_is_asked_without_a_change_of_the_configuration(tmp_path: Path) -> None:
    one, other = pool(tmp_path / "one", "one.example"), pool(tmp_path / "other", "other.example")
    asked = [each.parameter("UID_DOMAIN") for each in (one, other)]
    read = list(bindings._loaded_configuration)
    assert asked == [each.parameter("UID_DOMAIN") for each in (one, other)] == ["one.example", "other.example"]
    assert bindings.bindings_version().startswith("$CondorVersion")
    assert bindings._loaded_configuration == read


def test_a_configuration_that_was_written_anew_or_is_gone_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "one"
    assert pool(path, "one.example").parameter("UID_DOMAIN") == "one.example"
    assert pool(path, "two.example").parameter("UID_DOMAIN") == "two.example"
    path.unlink()
    with pytest.raises(PoolConfigurationGone):
        Connection(PoolAddress(path.name, configuration=path)).parameter("UID_DOMAIN")


@pytest.mark.parametrize(
    ("folder", "distribution", "version"),
    [
        ("lib64/python3.9/site-packages", "htcondor-24.12.16-py3.9.egg-info", "24.12.16"),
        ("lib64/python3.9/site-packages", "htcondor-24.12.16.dist-info", "24.12.16"),
        ("lib/python3/dist-packages", "htcondor-25.14.1.egg-info", "25.14.1"),
        ("lib/python3/dist-packages", "htcondor_cli-25.14.1.egg-info", None),
    ],
)
def test_the_bindings_of_the_systems_python_are_known_with_their_version(
    folder: str, distribution: str, version: str | None, tmp_path: Path
) -> None:
    (tmp_path / folder / distribution).mkdir(parents=True)
    assert bindings.of_system(tmp_path) is None
    (tmp_path / folder / "htcondor2").mkdir()
    assert bindings.of_system(tmp_path) == version
