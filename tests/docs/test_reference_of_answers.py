"""The reference of what commands answer is what their classes say; `make golden` writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmap_core.cli.machine.shapes.errors import Error
from tests.answers import PLUGINS
from tests.docs import reference_of_answers
from tests.golden_files import Golden

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "json.md"


def test_the_reference_has_the_answer_of_each_command(golden: Golden) -> None:
    golden.section(PAGE, "commands", reference_of_answers.list_of_commands(None))
    golden.section(PAGE, "errors", reference_of_answers.section(Error))
    golden.section(PAGE, "answers", reference_of_answers.classes(None))


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_reference_has_the_answer_of_each_command_of_a_plugin(golden: Golden, plugin: str) -> None:
    golden.section(PAGE, f"commands of {plugin}", reference_of_answers.list_of_commands(plugin))
    golden.section(PAGE, f"answers of {plugin}", reference_of_answers.classes(plugin))
