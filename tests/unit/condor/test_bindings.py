"""What the bindings print."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from htmap_core.condor import bindings

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
