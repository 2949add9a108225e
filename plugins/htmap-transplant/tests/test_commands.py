"""The commands as a user types them."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from htmap_transplant import CannotPack, transplants
from htmap_transplant.installation import Installation
from htmap_transplant.store import making

from htmap_core.testing import run_htmap
from tests.answers import answer
from tests.golden_files import Golden


def run(*arguments: str) -> Result:
    return run_htmap("transplants", *arguments)


@pytest.fixture
def packed(small: Installation, htmap_dir: Path, tmp_path: Path) -> str:
    """The hash of a transplant that no map needs."""
    return making.pack(small, htmap_dir / "transplants", tmp_path / "no map", 30).hash


def test_info_shows_the_table(packed: str) -> None:
    result = run("info")
    assert result.exit_code == 0
    assert packed[:8] in result.output
    assert run().output == result.output


def test_what_each_is_can_be_told_from_the_others(
    packed: str, small: Installation, htmap_dir: Path, make_map: Callable[[str], Path]
) -> None:
    info = small.sites[0] / "tidal-2.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tidal\nVersion: 2.1\n")
    second = making.pack(small, htmap_dir / "transplants", make_map("tide"), 30)
    (small.sites[0] / "module.py").write_text("changed")
    third = making.pack(small, htmap_dir / "transplants", make_map("ebb"), 30)
    rows = run().output.splitlines()[1:]
    assert [row.split()[1] for row in rows] == [each[:8] for each in (packed, second.hash, third.hash)]
    assert ["+tidal==2.1" in row for row in rows] == [False, True, False]
    assert [str(small.prefix) in row for row in rows] == [True] * 3
    first, *others = answer("transplants info", run("info", "--json").output)["transplants"]
    assert (first["expires"] is None, [each["expires"] for each in others]) == (False, [None, None])
    assert [each["added"] for each in [first, *others]] == [[], ["tidal==2.1"], []]
    assert json.loads(run("--json").output)["transplants"] == [first, *others]


def test_export_writes_one_archive(packed: str, tmp_path: Path) -> None:
    target = tmp_path / "python.tar.gz"
    assert answer("transplants export", run("export", "0", str(target), "--json").output)["hash"] == packed
    assert target.stat().st_mode & 0o077 == 0
    with tarfile.open(target) as archive:
        assert "_htmap_python/about" in archive.getnames()


def test_an_export_that_cannot_be_written_is_an_error_that_names_the_file(packed: str, tmp_path: Path) -> None:
    result = run("export", "0", str(tmp_path / "missing" / "python.tar.gz"))
    assert isinstance(result.exception, CannotPack)
    assert str(tmp_path / "missing") in result.exception.reason


def test_remove_takes_the_number_in_the_table(packed: str, golden: Golden) -> None:
    result = run("remove", "0")
    assert result.exit_code == 0
    golden("transplant/removed", result.output, hide={packed: "HASH"})
    assert transplants() == ()


def test_all_that_no_map_needs_can_be_removed_at_once(
    packed: str, small: Installation, htmap_dir: Path, make_map: Callable[[str], Path], golden: Golden
) -> None:
    (small.sites[0] / "more.py").touch()
    kept = making.pack(small, htmap_dir / "transplants", make_map("tide"), 30).hash
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
