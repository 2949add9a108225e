"""The reference of commands, one by one, is what their help says (`make golden` writes it)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import answers
from tests.docs import reference_of_commands
from tests.golden_files import Golden

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"


def test_the_reference_has_the_commands_of_the_core(golden: Golden) -> None:
    golden.section(PAGE, "list", reference_of_commands.list_of_commands(None))
    golden.section(PAGE, "commands", reference_of_commands.sections(None))


@pytest.mark.parametrize("first", answers.PLUGINS)
def test_the_reference_has_the_commands_of_a_plugin(golden: Golden, first: str) -> None:
    golden.section(PAGE, first, reference_of_commands.sections(first))


def test_a_section_has_the_usage_and_the_options() -> None:
    command = reference_of_commands.COMMANDS["rerun components"]
    section = reference_of_commands.sections(None).partition("### htmap rerun components\n")[2].partition("\n### ")[0]
    options = [each for each in command.params if each.param_type_name == "option"]
    assert len(options) > 1
    assert all(f"`{each.opts[-1]}" in section or f", {each.opts[-1]}" in section for each in options)
