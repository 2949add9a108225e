"""The Python of the nodes: what decides which packages run there, and where that is known before submission."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from htmap_packages import OtherPython, TooOldNodes
from htmap_packages.settings import PackagesSettings
from htmap_packages.target import Target, check_slots, glibc_of, requirement

from htmap_core import PoolView
from tests.golden_files import Golden

HERE = "{}.{}".format(*sys.version_info[:2])
OTHER = "3.9" if HERE != "3.9" else "3.10"


Slots = Callable[..., PoolView]


def test_by_default_the_nodes_are_like_this_machine() -> None:
    found = Target.of(PackagesSettings(), may_differ=False)
    assert (found.python, found.is_foreign, found.machine) == (HERE, False, os.uname().machine)


@pytest.mark.parametrize("given", [{"platform": "aarch64-manylinux_2_17"}, {"python_version": OTHER}])
def test_what_is_set_differs_from_this_machine(given: dict[str, Any]) -> None:
    assert Target.of(PackagesSettings(**given), may_differ=True).is_foreign


def test_another_version_is_refused_where_functions_would_not_run_there() -> None:
    with pytest.raises(OtherPython) as caught:
        Target.of(PackagesSettings(python_version=OTHER), may_differ=False)
    assert (caught.value.wanted, caught.value.here) == (OTHER, HERE)


@pytest.mark.parametrize(
    "given", [{"platform": "linux"}, {"platform": "x86_64-manylinux2014"}, {"python_version": "3"}]
)
def test_settings_that_are_none_are_told_with_an_example(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"3\.11|manylinux_2_28"):
        PackagesSettings(**given)


def test_the_c_library_is_that_which_compiled_files_ask_for(tmp_path: Path) -> None:
    (tmp_path / "libs").mkdir()
    (tmp_path / "a.cpython-311-x86_64-linux-gnu.so").write_bytes(b"\x7fELF GLIBC_2.2.5 GLIBC_2.17\0")
    (tmp_path / "libs" / "libz.so.1.2").write_bytes(b"\x7fELF GLIBC_2.28\0")
    (tmp_path / "text.py").write_text("GLIBC_2.99")
    assert glibc_of(tmp_path) == (2, 28)


def test_without_compiled_files_any_c_library_will_do(tmp_path: Path) -> None:
    (tmp_path / "text.py").touch()
    assert glibc_of(tmp_path) is None


def test_slots_with_an_older_system_are_left_out() -> None:
    text = requirement((2, 34)) or ""
    assert "CentOS7" in text
    assert "AlmaLinux8" in text
    assert "AlmaLinux9" not in text
    assert requirement((2, 12)) is None


def test_a_pool_of_older_systems_alone_is_refused(slots: Slots, golden: Golden) -> None:
    with pytest.raises(TooOldNodes) as caught:
        check_slots((2, 28), slots("CentOS7", "Ubuntu18", "CentOS7"))
    assert (caught.value.needed, caught.value.systems) == ("2.28", ("CentOS7", "Ubuntu18"))
    golden("packages/too-old-nodes", str(caught.value))


@pytest.mark.parametrize("systems", [(), ("CentOS7", "AlmaLinux9"), ("SomethingNew1",)])
def test_a_pool_that_may_have_a_slot_is_not(slots: Slots, systems: tuple[str, ...]) -> None:
    check_slots((2, 28), slots(*systems))
