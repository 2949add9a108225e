"""Colours of commands: where the environment and the command want them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.terminals import sent_to_a_terminal
from tests.unit.conftest import MakeMap

Type = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def tide(make_map: MakeMap) -> None:
    make_map("tide", 1, {0: 10})


@pytest.mark.parametrize("command", ["components tide", "status"])
@pytest.mark.parametrize(
    ("variables", "coloured"), [("", False), ("FORCE_COLOR", True), ("FORCE_COLOR NO_COLOR", False)]
)
def test_a_pipe_has_colours_where_they_are_forced(
    type_: Type, tide: None, command: str, variables: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in variables.split():
        monkeypatch.setenv(name, "1")
    shown = type_(*command.split()).stdout
    assert ("\x1b[" in shown) == coloured
    assert "\r" not in shown


def test_what_the_command_says_wins(type_: Type, tide: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" not in type_("components", "tide", "--no-color").stdout


@pytest.mark.parametrize(("terminal", "coloured"), [({"FORCE_COLOR": ""}, True), ({"TERM": "dumb"}, False)])
def test_a_terminal_has_them_if_it_can(htmap_dir: Path, tide: None, terminal: dict[str, Any], coloured: bool) -> None:
    sent, _ = sent_to_a_terminal("-m", "htmap", "status", **{"NO_COLOR": "", **terminal})
    assert (b"\x1b[" in sent) == coloured
