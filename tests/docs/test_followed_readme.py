"""Whoever follows README word for word, in a clone and with a new home, has a map's results.

They need minutes, several Pythons and pip's index, so `make test-wheels` types them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import pytest

from htmap_core.cli.docs.pages import pages
from htmap_core.testing.pythons import BARE_PYTHONS, python_of
from tests.docs.following import Followed, follow
from tests.house.tree import ROOT, SKIPPED_FOLDERS

README = (ROOT / "README.md").read_text()
VERSIONS = [version for version in ("3.9", "3.11", "3.13") if version in BARE_PYTHONS]
DOUBLED = "[0, 2, 4, 6, 8, 10, 12, 14, 16, 18]"

_OF_TESTS = re.compile(r"(HTMAP|PIP|PYTHON|PYTEST|VIRTUAL_ENV|XDG|CONDOR|_CONDOR|MAKE|MFLAGS)")

if "HTMAP_TEST_WHEELS" not in os.environ:
    pytest.skip("they take minutes: `make test-wheels`", allow_module_level=True)


@attrs.frozen
class Newcomer:
    """Somebody who has followed README.

    :param version: that of their Python.
    :param home: their home folder, new before.
    """

    version: str
    home: Path
    clone: Path
    environment: Mapping[str, str]
    followed: Followed

    def types(self, command: str) -> subprocess.CompletedProcess[str]:
        """Type a command in a new shell, in which nothing is activated."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the project, and nothing that was made of them."""
    folder = tmp_path_factory.mktemp("cloned") / "htmap"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", *SKIPPED_FOLDERS), symlinks=True)
    return folder


@pytest.fixture(scope="module", params=VERSIONS)
def newcomer(
    request: pytest.FixtureRequest, clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Newcomer]:
    home = tmp_path_factory.mktemp("home")
    before = {name: value for name, value in os.environ.items() if not _OF_TESTS.match(name)}
    path = f"{Path(python_of(request.param)).parent}:{os.environ['PATH']}"
    environment = {**before, "HOME": str(home), "PATH": path}
    try:
        yield Newcomer(request.param, home, clone, environment, follow(README, clone, environment, {}))
    finally:
        if (htmap := home / "htmap-env/bin/htmap").exists():
            subprocess.run([htmap, "pool", "stop"], env=environment, check=True, timeout=300)


def test_readme_can_be_followed_to_its_end(newcomer: Newcomer) -> None:
    assert newcomer.followed.returncode == 0, newcomer.followed.outputs[-1]
    assert newcomer.followed.output_of("python double.py").splitlines()[-1] == DOUBLED
    assert (newcomer.home / f"htmap-env/lib/python{newcomer.version}/site-packages/htmap_core").is_dir()


def test_the_pages_come_with_the_wheel(newcomer: Newcomer) -> None:
    activated = f". {newcomer.home}/htmap-env/bin/activate; "
    shown = newcomer.types(f"{activated}htmap docs --path; htmap docs").stdout
    assert shown.startswith(f"{newcomer.home}/htmap-env/lib/")
    assert all(re.search(rf"^{each.name}\b", shown, re.MULTILINE) for each in pages())
    page = newcomer.types(f"{activated}htmap docs first-steps").stdout
    assert page == (ROOT / "docs/tutorials/first-steps.md").read_text()


def test_in_a_users_own_folder_the_command_is_where_readme_says(newcomer: Newcomer) -> None:
    given = f"PIP_FIND_LINKS={newcomer.clone}/dist"
    installed = newcomer.types(f'{given} python3 -m pip install --user "htmap-core[assume]"')
    assert installed.returncode == 0, installed.stderr
    assert newcomer.types("htmap --version").returncode == 127
    assert newcomer.types("PATH=~/.local/bin:$PATH; htmap --version").returncode == 0
    assert newcomer.types("python3 -m htmap --version").returncode == 0
    assert f"{newcomer.home}/.local/bin" in newcomer.types("python3 -m htmap doctor").stdout
    newcomer.types("python3 -m pip uninstall --yes htmap-core htmap-assume")


def test_who_has_the_core_alone_is_led_to_results(newcomer: Newcomer) -> None:
    given = f"export PIP_FIND_LINKS={newcomer.clone}/dist HTMAP_DIR={newcomer.home}/other; . core/bin/activate; "
    prepared = newcomer.types(f"python3 -m venv core; {given}pip install htmap-core")
    assert prepared.returncode == 0, prepared.stderr
    refused = newcomer.types(f"{given}python {newcomer.clone}/double.py")
    advised = re.findall(r"`(pip install [^`]+|htmap pool install)`", refused.stderr)
    assert advised == ["pip install htmap-pool htmap-shared", "htmap pool install"]
    try:
        done = newcomer.types(f"{given}{' && '.join(advised)} && python {newcomer.clone}/double.py")
        assert done.stdout.splitlines()[-1] == DOUBLED, done.stderr
    finally:
        newcomer.types(f"{given}htmap pool stop")


def test_the_demo_says_what_to_type_next_and_leaves_nothing(newcomer: Newcomer) -> None:
    stopped = f". {newcomer.home}/htmap-env/bin/activate; htmap pool stop; "
    shown = newcomer.types(f"{stopped}cd {newcomer.clone} && make demo").stdout
    assert DOUBLED in shown.splitlines()
    assert ". .venv/bin/activate" in shown
    assert newcomer.types(f"{newcomer.clone}/.venv/bin/htmap tags").stdout == ""
    assert newcomer.types(f"{newcomer.clone}/.venv/bin/htmap pool status").returncode == 3
    named = re.findall(r"^  (htmap [a-z -]+?)(?:  |$)", shown, re.MULTILINE)
    assert len(named) == 2
    for command in named:
        assert newcomer.types(f"cd {newcomer.clone}; . .venv/bin/activate; {command}").returncode == 0


def test_the_demo_leaves_a_pool_alone_that_ran_before(newcomer: Newcomer) -> None:
    started = f". {newcomer.home}/htmap-env/bin/activate; htmap pool start && "
    assert newcomer.types(f"{started}cd {newcomer.clone} && make demo && htmap pool status").returncode == 0
