"""A shell understands the commands that messages propose as they are meant, whatever the tag of the map."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

import htmap
from htmap_core.components import ComponentHold
from htmap_core.testing import run_htmap
from htmap_core.tracking import hold_codes, holds
from htmap_core.wording import in_shell
from tests import raised
from tests.answers import answer

# What a tag can have of what shells, messages in backquotes, and templates of messages obey.
TAG = "z$(id)`id`;{x}&'#(~"

_OF_HTMAP = re.compile(r"`(htmap (?:'[^']*'|\"[^\"]*\"|[^`'\"])*)`")


def understood(texts: Iterable[str]) -> list[list[str]]:
    """Return the words of the commands in some texts, as a shell has them; a program that others run has no effect."""
    commands = [command for text in texts for command in _OF_HTMAP.findall(text)]
    script = "\n".join(["htmap() { printf '%s\\0' \"$@\" @@; }", *commands])
    ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert ran.stderr == "", commands
    return [each.split("\0")[:-1] for each in ran.stdout.split("@@\0")[:-1]]


def test_a_shell_gets_the_tag_from_what_errors_and_warnings_propose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(raised.FACTS, "tag", TAG)
    texts = [str(each) for cls in raised.RAISED if "tag" in raised_fields(cls) for each in raised.examples(cls)]
    proposals = [text for text in texts if re.search(r"`htmap [^`]*z\$", text)]
    assert len(proposals) > 10, "few errors propose a command with a tag: is this test blind?"
    for text in proposals:
        assert any(TAG in words for words in understood([text])), text


def raised_fields(cls: type[BaseException]) -> set[str]:
    return {each.name for each in cls.__attrs_attrs__}  # type: ignore[attr-defined]  # an attrs class


def test_a_shell_gets_the_tag_from_the_advice_on_holds() -> None:
    texts = [
        holds.advice(ComponentHold(code, "it rains", subcode), TAG)
        for code in range(60)
        for subcode in (0, hold_codes.MEMORY, 5)
    ]
    for words in understood(texts):
        assert {TAG, f"{TAG}:events"}.intersection(words), words


def fail(x: int) -> int:
    return 1 // x


def test_a_shell_gets_the_tag_from_what_commands_print(htmap_dir: Path) -> None:
    htmap.map(fail, [0, 1], tag=TAG, where="here")
    typed = (["why", TAG], ["why", TAG, "0"], ["rerun", "components", TAG], ["reasons", TAG], ["rerun", "map", TAG])
    ran = [run_htmap(*each) for each in typed]
    found = understood(each.stdout + each.stderr for each in ran)
    assert {words[0] for words in found} >= {"errors", "debug", "rerun"}
    assert all(TAG in words for words in found), found


def test_a_program_gets_whole_commands_from_an_answer(htmap_dir: Path) -> None:
    htmap.map(fail, [0], tag=TAG, where="here")
    (error,) = answer("wait", run_htmap("wait", TAG, "--json", "--acceptable", "1").stdout)["errors"]
    assert error["tag"] == TAG
    assert [shlex.split(each)[-1] for each in error["commands"]] == [TAG] * len(error["commands"]) != []


def test_words_that_no_shell_obeys_stay_as_they_are() -> None:
    assert in_shell("high-tide_2.0") == "high-tide_2.0"
    assert in_shell(Path("/home/ada/maps")) == "/home/ada/maps"
