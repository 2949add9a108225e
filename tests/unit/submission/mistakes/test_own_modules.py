"""The user's own modules: what HTMap sends by itself, and what the user has to send."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from htmap_core.contract.options import MapOptions
from htmap_core.results.own_modules import only_here
from htmap_core.results.pickling import Pickled
from htmap_core.submission.mistakes.own_modules import OwnModules


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder whose modules a script imports: two files of which one imports the other, and a package."""
    folder = tmp_path / "beside"
    folder.mkdir()
    (folder / "own_tides.py").write_text("import own_moons\n")
    (folder / "own_moons.py").write_text("")
    (folder / "own_shores").mkdir()
    (folder / "own_shores" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(folder))
    for name in ("own_tides", "own_shores"):
        importlib.import_module(name)
    yield folder
    for name in ("own_tides", "own_moons", "own_shores"):
        sys.modules.pop(name, None)


def found(*needed: str, sends: bool = True, **options: Any) -> OwnModules:
    return OwnModules.of(Pickled(b"", modules=needed), MapOptions(**options), sends=sends)


def test_files_are_sent_with_those_that_they_import(beside: Path) -> None:
    own = found("own_tides", "json", "attrs")
    assert (own.sent, own.missing) == ([str(beside / "own_tides.py"), str(beside / "own_moons.py")], {})


def test_packages_are_left_to_the_user(beside: Path) -> None:
    own = found("own_shores", "own_moons")
    assert (own.sent, own.missing) == ([str(beside / "own_moons.py")], {"own_shores": str(beside / "own_shores")})


def test_nothing_is_sent_where_the_user_wants_none_to_be(beside: Path) -> None:
    own = found("own_moons", sends=False)
    assert (own.sent, own.missing) == ([], {"own_moons": str(beside / "own_moons.py")})


@pytest.mark.parametrize(
    "options",
    [
        {"fixed_input_files": ["own_moons.py", "own_shores"]},
        {"input_files": [["a/own_moons.py", "own_shores/"], ["b/own_moons.py"]]},
        {"input_files": iter(["a/own_moons.py"])},
    ],
)
def test_what_the_options_send_or_may_send_is_left_alone(beside: Path, options: Any) -> None:
    own = found("own_moons", "own_shores", **options)
    assert (list(own.sent), own.missing) == ([], {})


def test_what_another_process_finds_is_not_only_here(beside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert only_here("own_shores") == beside / "own_shores"
    monkeypatch.setenv("PYTHONPATH", f"/nowhere:{beside}")
    assert only_here("own_shores") is None
    assert [name for name in ("json", "attrs", "nowhere_at_all") if only_here(name)] == []


def test_a_package_that_is_installed_to_be_edited_is_not_only_here(
    beside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = tmp_path / "site" / "shores-1.dist-info"
    facts.mkdir(parents=True)
    (facts / "direct_url.json").write_text(json.dumps({"url": beside.as_uri(), "dir_info": {"editable": True}}))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert only_here("own_shores") is None
    assert only_here("own_moons") == beside / "own_moons.py"
