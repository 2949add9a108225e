"""``htmap clean`` and ``remove``: what asks on a terminal, and what is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

import htmap
from htmap_core import names
from tests.golden_files import Golden
from tests.terminals import sent_to_a_terminal
from tests.unit.conftest import MakeMap


@pytest.mark.parametrize(
    ("command", "file"), [("clean", "clean"), ("remove -p ti*", "remove-by-pattern"), ("remove --all", "remove-all")]
)
def test_on_a_terminal_a_map_that_has_not_ended_and_was_not_named_is_asked_about(
    make_map: MakeMap, golden: Golden, command: str, file: str
) -> None:
    (make_map("tide").path / names.TRANSIENT).touch()
    sent, code = sent_to_a_terminal("-m", "htmap", *command.split(), keys="n\n")
    assert (code, htmap.get_tags()) == (0, ("tide",))
    golden(f"cli/asks-before-{file}", sent.decode().replace("\r\n", "\n"))


def test_whoever_ends_the_question_removes_nothing(make_map: MakeMap) -> None:
    (make_map("tide").path / names.TRANSIENT).touch()
    _, code = sent_to_a_terminal("-m", "htmap", "clean", keys="\x04")
    assert (code, htmap.get_tags()) == (130, ("tide",))


def test_where_there_is_nothing_to_clean_nothing_is_asked(htmap_dir: Path) -> None:
    sent, code = sent_to_a_terminal("-m", "htmap", "clean")
    assert (code, b"[y/N]" in sent) == (0, False)
