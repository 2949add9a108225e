"""The page on plugins shows the files that ``htmap plugins new`` makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmap_core.cli.new_plugin.making import example
from tests.golden_files import Golden

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-plugin.md"


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("pyproject.toml", "toml"),
        ("htmap_sw/plugin.py", "python"),
        ("tests/test_contract.py", "python"),
        ("tests/conftest.py", "python"),
    ],
)
def test_a_file_is_shown_as_it_is(name: str, language: str, golden: Golden) -> None:
    text = (example("delivery") / name).read_text()
    golden.section(PAGE, f"htmap-sw/{name}", f"```{language}\n{text}```\n")
