"""What is special about the delivery method shared."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from htmap_shared.plugin import NoPythonToShare, Shared

import htmap
from htmap_core import PoolAddress, SubmitDescription


class FarPool:
    """A pool on other machines, of whose slots some are in a file system domain."""

    address = PoolAddress("far")
    is_local = False

    def __init__(self, domain: str | None, sharing: int) -> None:
        self._domain, self._sharing = domain, sharing

    def slots(self, projection: Sequence[str] = ()) -> list[dict[str, Any]]:
        return [{}] * 5

    def count(self, expression: str) -> tuple[int, int]:
        assert expression == f'FileSystemDomain == "{self._domain}"'
        return self._sharing, 5

    def parameter(self, name: str) -> str | None:
        return self._domain


def test_it_suits_a_pool_whose_slots_share_the_file_system_domain() -> None:
    found = Shared().check(FarPool("example.org", 3))
    assert (found.verdict, found.reason) == (
        "yes",
        "3 of 5 slots are in the file system domain 'example.org' of this machine",
    )


@pytest.mark.parametrize("domain", ["example.org", None])
def test_it_does_not_suit_a_pool_that_shares_nothing(domain: str | None) -> None:
    assert Shared().check(FarPool(domain, 0)).verdict == "no"


def test_jobs_start_with_this_python_by_its_own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    submit = SubmitDescription()
    Shared().describe(submit, None)  # type: ignore[arg-type]  # it needs no plan
    assert (submit.executable, submit.transfer_executable) == (sys.executable, False)


def test_a_python_that_does_not_know_its_path_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(NoPythonToShare, match=r"sys\.executable is empty"):
        Shared().describe(SubmitDescription(), None)  # type: ignore[arg-type]  # it needs no plan


@pytest.mark.pool
def test_components_run_in_this_very_environment(personal_pool: Path) -> None:
    htmap.settings["DELIVERY_METHOD"] = "shared"

    def where(_: int) -> tuple[str, str]:
        return sys.executable, sys.prefix

    assert htmap.map(where, [0]).get(0, timeout=180) == (sys.executable, sys.prefix)


@pytest.mark.pool
def test_it_is_what_a_personal_pool_is_used_with_by_default(personal_pool: Path) -> None:
    def prefix(_: int) -> str:
        return sys.prefix

    assert htmap.map(prefix, [0]).get(0, timeout=180) == sys.prefix
