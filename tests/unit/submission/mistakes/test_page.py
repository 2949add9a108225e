"""The page on mistakes has all that are told."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from htmap_core.user_warnings import mistakes

PAGE = Path(__file__).parents[4] / "docs/how-to/mistakes.md"
TOLD = [name for name, cls in inspect.getmembers(mistakes, inspect.isclass) if cls.__module__ == mistakes.__name__]


@pytest.mark.parametrize("name", [*TOLD, "ArgumentsDoNotFit", "DeliveryFitsNoSlot", "TooLargeInputFiles"])
def test_each_mistake_has_a_row(name: str) -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    assert any(f"`{name}`" in row for row in rows)
