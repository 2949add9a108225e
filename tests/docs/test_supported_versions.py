"""The page of supported versions has those of the classifiers, of the tests and of the locks; `make golden` writes it."""

from __future__ import annotations

import re
import subprocess

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from release.distributions import pythons
from tests.golden_files import Golden
from tests.house.test_locks import requirements
from tests.house.tree import ROOT, project
from tests.unit.run.conftest import EXECUTE_SIDE

PAGE = ROOT / "docs/reference/supported-versions.md"


def of_make(variable: str) -> list[str]:
    """Return the words of a variable of the Makefile."""
    command = ["make", "--silent", "--no-print-directory", f"--eval=shown: ; @echo $({variable})", "shown"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=180).stdout.split()


def needed(name: str) -> Requirement:
    return next(each for each in map(Requirement, project(ROOT)["project"]["dependencies"]) if each.name == name)


def locked(name: str) -> str:
    (found,) = (each for each in requirements(ROOT / "requirements/runtime.txt") if each.name == name)
    (pinned,) = found.specifier
    return str(pinned.version)


def test_the_page_has_the_pythons(golden: Golden) -> None:
    rows = [f"| {each} | {'yes' if each in pythons() else 'no'} | yes |\n" for each in EXECUTE_SIDE]
    golden.section(
        PAGE, "pythons", f"| Python | where you submit | in components |\n| --- | --- | --- |\n{''.join(rows)}"
    )


def test_the_page_has_the_bindings(golden: Golden) -> None:
    oldest, *others = of_make("BINDINGS")
    rows = [(oldest, "the oldest that works"), *((each, "") for each in others), (locked("htcondor"), "the newest")]
    table = "".join(f"| {version} | {what} |\n".replace("|  |", "| |") for version, what in rows)
    golden.section(PAGE, "htcondor", f"| bindings | |\n| --- | --- |\n{table}")


def test_components_run_on_each_python_that_one_can_submit_from() -> None:
    assert set(pythons()) <= set(EXECUTE_SIDE)


def test_the_pythons_of_the_classifiers_are_those_that_are_tested_and_that_pip_takes() -> None:
    assert of_make("VERSIONS") == pythons()
    assert SpecifierSet(project(ROOT)["project"]["requires-python"]) == SpecifierSet(f">={pythons()[0]}")


def test_pip_takes_the_oldest_bindings_that_are_tested() -> None:
    oldest, *_ = of_make("BINDINGS")
    assert str(needed("htcondor").specifier) == f">={oldest}"
    assert re.fullmatch(r"[\d.]+", oldest)
