"""The original HTMap, which an index has as ``htmap``, beside ours, in each order: what each command says then.

It needs minutes and pip's index, so `make test-wheels` does it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest

from htmap_core import version

if "HTMAP_TEST_WHEELS" not in os.environ:
    pytest.skip("they take minutes: `make test-wheels`", allow_module_level=True)

OURS, ORIGINAL = "htmap-core", "htmap"
AGAIN = f"pip install --force-reinstall --no-deps {OURS}"
REPAIR = f"pip uninstall --yes {ORIGINAL} && {AGAIN}"
WORK_ALWAYS = ("htmap-core", "python -m htmap_core")
_OF_TESTS = re.compile(r"(HTMAP_|PYTHON|VIRTUAL_ENV)")


@attrs.frozen
class Environment:
    """A virtual environment, and a home of its own.

    :param home: where both are.
    """

    home: Path

    def types(self, command: str) -> subprocess.CompletedProcess[str]:
        """Type a command where the environment is active."""
        kept = {name: value for name, value in os.environ.items() if not _OF_TESTS.match(name)}
        path = f"{self.home}/env/bin:{os.environ['PATH']}"
        own = {"HOME": str(self.home), "PATH": path, "PIP_FIND_LINKS": os.environ["HTMAP_TEST_WHEELS"]}
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.home,
            env={**kept, **own},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def does(self, *steps: str) -> None:
        """Install and uninstall."""
        for step in steps:
            ran = self.types(f"python -m pip --quiet --disable-pip-version-check {step}")
            assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with what both need, and neither of them."""
    home = tmp_path_factory.mktemp("home")
    subprocess.run([sys.executable, "-m", "venv", home / "env"], check=True, timeout=600)
    environment = Environment(home)
    environment.does(f"install {OURS} {ORIGINAL}")
    return environment


@pytest.fixture
def environment(made: Environment) -> Environment:
    made.does(f"uninstall --yes {OURS} {ORIGINAL}")
    return made


def is_repaired(environment: Environment) -> bool:
    codes = [environment.types(f"{command} version") for command in ("htmap", "python -m htmap", *WORK_ALWAYS)]
    codes.append(environment.types("python -W error -c 'import htmap; htmap.map'"))
    return all(ran.returncode == 0 and not ran.stderr for ran in codes)


@pytest.mark.parametrize(
    ("steps", "told", "is_imported"),
    [
        ((f"install --no-deps {OURS}",), "", True),
        ((f"install --no-deps {ORIGINAL}", f"install --no-deps {OURS}"), REPAIR, True),
        ((f"install --no-deps {OURS}", f"install --no-deps {ORIGINAL}"), REPAIR, False),
        ((f"install --no-deps {ORIGINAL}", f"install --no-deps {OURS}", f"uninstall --yes {ORIGINAL}"), AGAIN, False),
        ((f"install --no-deps {OURS}", f"install --no-deps {ORIGINAL}", f"uninstall --yes {ORIGINAL}"), AGAIN, False),
    ],
)
def test_every_order_leads_to_the_command_that_repairs_it(
    environment: Environment, steps: Sequence[str], told: str, is_imported: bool
) -> None:
    environment.does(*steps)
    assert (environment.types("python -c 'import htmap; htmap.map'").returncode == 0) == is_imported
    for command in WORK_ALWAYS:
        ran = environment.types(f"{command} version")
        assert version.version() in ran.stdout
        assert ran.stderr.rstrip().endswith(told)
        assert bool(ran.stderr) == bool(told)
    if told:
        assert environment.types(told).returncode == 0
    assert is_repaired(environment)


@pytest.mark.parametrize("first", [OURS, ORIGINAL])
def test_without_ours_nothing_of_ours_is_left(environment: Environment, first: str) -> None:
    then = ORIGINAL if first == OURS else OURS
    environment.does(f"install --no-deps {first}", f"install --no-deps {then}", f"uninstall --yes {OURS}")
    for command in ("htmap-core", "python -m htmap_core"):
        assert environment.types(f"{command} version").returncode != 0
    environment.does(f"uninstall --yes {ORIGINAL}", f"install --no-deps {OURS}")
    assert is_repaired(environment)
