"""The commands as a user types them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from htmap_transplant import store, transplants
from htmap_transplant.installation import Installation

from htmap_core.testing import run_htmap
from tests.golden_files import Golden


def run(*arguments: str) -> Result:
    return run_htmap("transplants", *arguments)


@pytest.fixture
def packed(small: Installation, htmap_dir: Path, tmp_path: Path) -> str:
    """The hash of a transplant that no map needs."""
    return store.pack(small, htmap_dir / "transplants", tmp_path / "no map").parent.name


def test_info_shows_the_table(packed: str) -> None:
    result = run("info")
    assert result.exit_code == 0
    assert packed in result.output


def test_remove_takes_the_number_in_the_table(packed: str, golden: Golden) -> None:
    result = run("remove", "0")
    assert result.exit_code == 0
    golden("transplant/removed", result.output, hide={packed: "HASH"})
    assert transplants() == ()


def test_all_that_no_map_needs_can_be_removed_at_once(
    packed: str, small: Installation, htmap_dir: Path, make_map: Callable[[str], Path], golden: Golden
) -> None:
    (small.sites[0] / "more.py").touch()
    kept = store.pack(small, htmap_dir / "transplants", make_map("tide")).parent.name
    golden("transplant/removed", run("remove", "--unused").output, hide={packed: "HASH"})
    assert [each.hash for each in transplants()] == [kept]
    assert run("remove", "--unused").output == ""


@pytest.mark.parametrize("arguments", [[], ["0", "--unused"], ["--unused", "--force"]])
def test_what_shall_be_removed_must_be_said_in_one_way(packed: str, arguments: list[str]) -> None:
    assert run("remove", *arguments).exit_code == 2
    assert len(transplants()) == 1


@pytest.mark.parametrize("index", ["1", "-1", "first"])
def test_a_number_that_is_not_in_the_table_is_a_usage_error(packed: str, index: str) -> None:
    assert run("remove", "--", index).exit_code == 2
    assert len(transplants()) == 1
