"""What is special about the delivery method shared."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from htmap_shared import NoPythonToShare
from htmap_shared.plugin import Shared

import htmap
from htmap_core import PoolAddress, SubmitDescription
from tests.golden_files import Golden


class FarPool:
    """A pool on other machines, of whose five slots some are in this machine's file system domain."""

    address = PoolAddress("far")
    is_local = False

    def __init__(self, domain: str | None, sharing: int) -> None:
        self._domain, self._sharing = domain, sharing

    def slots(self, projection: Sequence[str] = ()) -> list[dict[str, Any]]:
        return [{}] * 5

    def count(self, expression: str) -> tuple[int, int]:
        assert expression in {"true", f'FileSystemDomain == "{self._domain}"'}
        return self._sharing, 5

    def parameter(self, name: str) -> str | None:
        return {"FILESYSTEM_DOMAIN": self._domain, "FULL_HOSTNAME": "submit.example.org"}.get(name)


@pytest.fixture
def lies_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Return what has the kernel's list of mounts say that this Python is on a kind of file system."""

    def lies_on(kind: str) -> None:
        (tmp_path / "mountinfo").write_text(f"22 1 0:1 / / rw - {kind} device rw\n")
        monkeypatch.setattr("htmap_shared.filesystems._MOUNTS", tmp_path / "mountinfo")

    return lies_on


@pytest.mark.parametrize(
    ("kind", "sharing", "verdict", "reason"),
    [
        (
            "nfs4",
            3,
            "yes",
            "3 of 5 slots are in the file system domain 'example.org' of this machine, and .* is on nfs4",
        ),
        (
            "ext4",
            3,
            "unknown",
            r"3 of 5 slots .*, but .* is on a disk of this machine \(ext4\), .* where it is exported",
        ),
        ("tmpfs", 3, "no", "3 of 5 slots .*, but .* is on a tmpfs, which no other machine can see"),
        ("nfs4", 0, "no", "0 of 5 slots are in the file system domain 'example.org'"),
    ],
)
def test_what_slots_claim_is_held_against_where_this_python_is(
    lies_on: Callable[[str], None], kind: str, sharing: int, verdict: str, reason: str
) -> None:
    lies_on(kind)
    found = Shared().check(FarPool("example.org", sharing))
    assert found.verdict == verdict
    assert re.search(reason, found.reason)


def test_the_more_slots_share_files_the_better_it_suits(lies_on: Callable[[str], None]) -> None:
    lies_on("nfs")
    few, all_of_them = (Shared().check(FarPool("example.org", sharing)).rank for sharing in (1, 5))
    assert 0 < few < all_of_them


@pytest.mark.parametrize(("kind", "verdict"), [("nfs4", "unknown"), ("ext4", "no")])
@pytest.mark.parametrize("domain", ["submit.example.org", None])
def test_the_default_domain_claims_nothing(
    lies_on: Callable[[str], None], kind: str, verdict: str, domain: str | None
) -> None:
    lies_on(kind)
    assert Shared().check(FarPool(domain, 1)).verdict == verdict


def described(pool: FarPool) -> SubmitDescription:
    submit = SubmitDescription()
    Shared().describe(submit, SimpleNamespace(pool=pool))  # type: ignore[arg-type]  # it asks the plan for its pool only
    return submit


def test_jobs_start_with_this_python_by_its_own_path() -> None:
    submit = described(FarPool("example.org", 3))
    assert (submit.executable, submit.transfer_executable) == (sys.executable, False)


@pytest.mark.parametrize(
    ("domain", "requirements"),
    [("example.org", 'TARGET.FileSystemDomain == "example.org"'), ("submit.example.org", None)],
)
def test_jobs_go_to_slots_of_the_domain_where_one_is_set(domain: str, requirements: str | None) -> None:
    assert described(FarPool(domain, 3)).requirements == requirements


def test_a_python_that_does_not_know_its_path_is_refused(monkeypatch: pytest.MonkeyPatch, golden: Golden) -> None:
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(NoPythonToShare) as caught:
        described(FarPool(None, 0))
    golden("shared/a-python-that-does-not-know-its-path-is-refused", caught.value)


@pytest.mark.pool
def test_components_run_in_this_very_environment(personal_pool: Path) -> None:
    htmap.settings["DELIVERY_METHOD"] = "shared"

    def where(_: int) -> tuple[str, str]:
        return sys.executable, sys.prefix

    assert htmap.map(where, [0]).get(0, timeout=600) == (sys.executable, sys.prefix)


@pytest.mark.pool
def test_it_is_what_a_personal_pool_is_used_with_by_default(personal_pool: Path) -> None:
    def prefix(_: int) -> str:
        return sys.prefix

    assert htmap.map(prefix, [0]).get(0, timeout=600) == sys.prefix
