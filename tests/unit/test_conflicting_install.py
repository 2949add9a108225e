"""The original HTMap beside ours: noticed, and said with the command that mends it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from htmap_core import conflicting_install
from htmap_core.user_warnings import OriginalInstalled
from tests.golden_files import Golden
from tests.house.tree import ROOT

MEND = "pip uninstall --yes htmap && pip install --force-reinstall --no-deps htmap-core"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def install(site: Path, metadata: str = "htmap-0.6.1.dist-info") -> None:
    (site / metadata).mkdir()
    (site / metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: htmap\nVersion: 0.6.1\n")


def run(site: Path, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site), "HOME": str(tmp_path), "HTMAP_PLUGINS": ""}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.parametrize(
    "metadata",
    [
        "htmap-0.6.1.dist-info",
        "htmap-0.6.1.egg-info",
        "htmap-0.6.1-py3.9.egg-info",
        "HTMap-0.5.dist-info",
        "htmap-1.dist-info",
    ],
)
def test_the_original_is_noticed_however_it_was_installed(site: Path, metadata: str) -> None:
    install(site, metadata)
    assert isinstance(conflicting_install.found(), OriginalInstalled)


@pytest.mark.parametrize(
    "metadata",
    ["htmap_core-0.7.0.dist-info", "htmap_docker-1.0.dist-info", "htmap-docker-1.0.egg-info", "htmap-0.6.1.txt"],
)
def test_our_own_distributions_are_not_taken_for_the_original(site: Path, metadata: str) -> None:
    install(site, metadata)
    assert conflicting_install.found() is None


def test_a_missing_folder_on_the_path_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "archive.zip").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "gone"), str(tmp_path / "archive.zip"), ""])
    assert conflicting_install.found() is None


def test_importing_htmap_warns_with_the_command_that_mends_it(site: Path, tmp_path: Path, golden: Golden) -> None:
    install(site)
    ran = run(site, tmp_path, "-c", "import htmap; print(htmap.__version__)")
    golden("conflicting-install/importing-htmap-warns-with-the-command-that-mends", ran.stderr.splitlines()[0])
    assert "<string>:1" in ran.stderr  # the user's line, not one of ours
    assert ran.returncode == 0


def test_the_command_line_warns_too(site: Path, tmp_path: Path, golden: Golden) -> None:
    install(site)
    ran = run(site, tmp_path, "-c", "from htmap_core.cli import main; main(['plugins', 'list', '--json'])")
    golden("conflicting-install/the-command-line-warns-too", ran.stderr)
    assert (ran.returncode, ran.stdout[0]) == (0, "{")


def test_without_the_original_nobody_is_warned(site: Path, tmp_path: Path) -> None:
    assert run(site, tmp_path, "-W", "error", "-c", "import htmap").stderr == ""


# --- what the original leaves behind: `tests/docs/test_original.py` does the same with the original itself


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with HTMap as pip installs it, first on the path of a process that is started in it."""
    folder = tmp_path / "installed"
    for package in ("htmap", "htmap_core", "htmap_run"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def found_in(folder: Path, tmp_path: Path) -> list[str]:
    """Return the class of what is found there, and its command."""
    code = "from htmap_core import conflicting_install as c; n = c.found(); print(type(n).__name__); print(n)"
    ran = run(folder, tmp_path, "-c", code)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_nothing_is_found_where_all_is_ours(copied: Path, tmp_path: Path) -> None:
    assert found_in(copied, tmp_path)[0] == "NoneType"


def test_the_original_on_top_of_ours_is_found_without_its_import(copied: Path, tmp_path: Path) -> None:
    install(copied)
    (copied / "htmap/__init__.py").write_text("import a_module_that_is_gone\n")
    kind, text = found_in(copied, tmp_path)
    assert kind == "OriginalInstalled"
    assert text.endswith(MEND)
    assert "import htmap" in text


@pytest.mark.parametrize("is_folder_left", [True, False])
def test_files_that_went_with_the_original_are_missed(copied: Path, tmp_path: Path, is_folder_left: bool) -> None:
    shutil.rmtree(copied / "htmap")
    if is_folder_left:
        (copied / "htmap").mkdir()
        (copied / "htmap/py.typed").touch()
    kind, text = found_in(copied, tmp_path)
    assert kind == "FilesMissing"
    assert text.endswith("pip install --force-reinstall --no-deps htmap-core")
    assert str(copied / "htmap") in text


def test_the_command_of_another_name_tells_it(copied: Path, tmp_path: Path) -> None:
    (copied / "htmap/__init__.py").unlink()
    ran = run(copied, tmp_path, "-m", "htmap_core", "version")
    assert "--force-reinstall" in ran.stderr
    assert ran.returncode == 0


def test_the_doctor_counts_it_as_a_problem(copied: Path, tmp_path: Path) -> None:
    (copied / "htmap/__init__.py").unlink()
    ran = run(copied, tmp_path, "-m", "htmap_core", "doctor", "--json")
    first = json.loads(ran.stdout)["checks"][0]
    assert (first["area"], first["verdict"]) == ("versions", "problem")
    assert ran.returncode == 1
