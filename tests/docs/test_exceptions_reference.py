"""The reference of exceptions and warnings is what their classes say (`make golden` writes it)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import reference_of_exceptions
from tests.docs.reference_of_exceptions import FIXES
from tests.golden_files import Golden
from tests.raised import ALL, CORE, RAISED

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "exceptions.md"
PLUGINS = [package for package, classes in ALL.items() if classes and package != CORE]


def of(package: str, *, warnings: bool) -> list[type[BaseException]]:
    return [cls for cls in ALL[package] if issubclass(cls, Warning) == warnings]


def test_the_reference_has_a_section_for_each_exception(golden: Golden) -> None:
    golden.section(PAGE, "exceptions", reference_of_exceptions.sections(of(CORE, warnings=False)))


def test_the_reference_has_a_section_for_each_warning(golden: Golden) -> None:
    golden.section(PAGE, "warnings", reference_of_exceptions.sections(of(CORE, warnings=True)))


@pytest.mark.parametrize("package", PLUGINS)
def test_the_reference_has_those_of_a_plugin(golden: Golden, package: str) -> None:
    golden.section(PAGE, package, reference_of_exceptions.sections(ALL[package]))


@pytest.mark.parametrize("cls", RAISED)
def test_whoever_meets_one_is_told_what_to_do(cls: type[BaseException]) -> None:
    assert cls.__name__ in FIXES or reference_of_exceptions.says_what_to_do(cls)


def test_fixes_are_of_what_there_is() -> None:
    assert {*FIXES} <= {cls.__name__ for cls in RAISED}
