"""Whether a shell finds the ``htmap`` that advice says to type."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from htmap_core.contract.site.checks import Check
from htmap_core.diagnosis import on_path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the programs of an environment whose Python runs this test; PATH has other folders alone."""
    for name in ("environment", "other", "home"):
        (tmp_path / name / "bin").mkdir(parents=True)
    folder = tmp_path / "environment" / "bin"
    (folder / "python").symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "other" / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return folder


def program(folder: Path, first: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "htmap").write_text(f"{first}\nimport sys\n")
    (folder / "htmap").chmod(0o755)


def found() -> Check:
    (check,) = on_path.checks()
    return check


def test_what_is_not_on_path_is_told_with_the_same_command(here: Path) -> None:
    assert found().verdict == "note"
    assert found().advice.startswith(f"`{here / 'python'} -m htmap`")


def test_an_environment_is_told_to_be_activated(here: Path) -> None:
    (here / "activate").touch()
    assert f"`. {here / 'activate'}`" in found().advice


def test_where_the_user_has_it_the_folder_is_told(here: Path, tmp_path: Path) -> None:
    program(tmp_path / "home/.local/bin", "#!/usr/bin/python3")
    assert f"export PATH={tmp_path / 'home/.local/bin'}:$PATH" in found().advice


def test_that_of_another_environment_is_told(here: Path, tmp_path: Path) -> None:
    program(tmp_path / "other/bin", f"#!{tmp_path / 'other/bin/python'}")
    assert str(tmp_path / "other/bin/htmap") in found().text


@pytest.mark.parametrize("first", ["#!{here}/python", "#!{here}/python3.11 -E", "#!/bin/sh", "#!/usr/bin/env bash"])
def test_our_own_and_wrappers_are_in_order(here: Path, tmp_path: Path, first: str) -> None:
    program(tmp_path / "other/bin", first.format(here=here))
    assert list(on_path.checks()) == []


def test_a_link_to_the_environment_is_no_other(here: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "environment")
    program(tmp_path / "other/bin", f"#!{tmp_path}/link/bin/python")
    assert list(on_path.checks()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_in_order(here: Path, tmp_path: Path) -> None:
    program(tmp_path / "other/bin", "#!/elsewhere/python")
    (tmp_path / "other/bin/htmap").chmod(0o111)
    assert list(on_path.checks()) == []
