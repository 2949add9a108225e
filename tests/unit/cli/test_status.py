"""The status table on small terminals."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from htmap_core.cli.commands.status import _fitting, _table
from htmap_core.components import ComponentStatus


def facts(tag: str, status: str) -> dict[str, Any]:
    counts = {str(each): int(str(each) == status) for each in ComponentStatus}
    sizes = {"local_data": 5e5, "max_memory": 5e7, "max_runtime": 90.0, "total_runtime": 1e5}
    return {"tag": tag, "transient": False, "problem": None, "component_status_counts": counts, **sizes}


@pytest.mark.parametrize("height", [8, 12, 80])
def test_a_live_view_is_no_higher_than_the_terminal_and_shows_what_is_going_on(height: int) -> None:
    maps = [facts(f"ended-with-a-tag-that-is-folded-{number}", "COMPLETED") for number in range(20)]
    maps.append(facts("running", "RUNNING"))
    console = Console(width=80, height=height, file=io.StringIO())
    console.print(_fitting(maps, state=True, meta=True, console=console, color=False))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert len(lines) < height
    assert max(map(len, lines)) <= 80
    assert any(line.split()[0] == "running" for line in lines[2:])
    assert lines[-1].startswith("and ") == (height < 80)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_narrow_terminal_costs_figures_and_neither_tags_nor_states(width: int) -> None:
    console = Console(width=width, file=io.StringIO())
    console.print(_table([facts("a-tag-that-is-folded-where-it-must-be", "HELD")], True, True, width, False))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert any("a-tag" in line for line in lines)
    assert any(line.split()[1:6] == ["1", "0", "0", "0", "0"] for line in lines)
    assert ("1 day, 3:46:40" in console.file.getvalue()) == (width >= 80)


def test_the_sign_that_a_terminal_shows_for_ctrl_c_has_room_at_the_end_of_a_live_view() -> None:
    console = Console(width=80, height=24, file=io.StringIO())
    console.print(_fitting([facts("tide" * 30, "RUNNING")], state=True, meta=True, console=console, color=False))
    assert isinstance(console.file, io.StringIO)
    assert max(len(line.rstrip()) for line in console.file.getvalue().splitlines()) <= 78
