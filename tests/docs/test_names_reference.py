"""The reference of the API, name by name, is what the docstrings say (`make golden` writes it)."""

from __future__ import annotations

from pathlib import Path

import pytest

import htmap
from tests.docs import reference_of_names
from tests.docs.reference_of_names import NAMES
from tests.golden_files import Golden

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "names.md"


def test_the_reference_lists_the_names(golden: Golden) -> None:
    golden.section(PAGE, "list", reference_of_names.list_of_names())


def test_the_reference_has_a_section_for_each_name(golden: Golden) -> None:
    golden.section(PAGE, "names", "\n".join(map(reference_of_names.section, NAMES)))


@pytest.mark.parametrize("name", [name for name in htmap.__all__ if callable(getattr(htmap, name))])
def test_every_function_and_class_has_a_section(name: str) -> None:
    assert name in NAMES or getattr(htmap, name) in NAMES.values()  # by its other name


def test_a_section_has_the_call_the_errors_and_the_members() -> None:
    section = reference_of_names.section("Map")
    assert "### Map.wait()\n" in section
    assert "timeout: " in section
    assert "(exceptions.md#mapcomponentheld)" in section
    assert "_" not in {heading[0] for heading in section.split("### Map.")[1:]}
