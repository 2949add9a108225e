"""Commands that are not there: what was meant is named."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest

from htmap_core.cli import COMMANDS
from htmap_core.cli.suggestions import OTHER_NAMES
from htmap_core.testing import run_htmap
from tests.golden_files import Golden
from tests.unit.cli.test_commands import Type, command

TAKES_MAPS = [name for name in COMMANDS if any(each.name == "tags" for each in command(name).params)]


def suggested(*arguments: str) -> str:
    """Return the command between backquotes in the message on wrong usage, or several with a comma between them."""
    ran = run_htmap(*arguments)
    assert ran.exit_code == 2
    return ", ".join(ran.stderr.split("`")[1::2])


def test_every_name_that_other_tools_have_leads_to_one_command_that_is_there() -> None:
    for group, table in OTHER_NAMES.items():
        found = command(*([] if group == "cli" else [group]))
        assert isinstance(found, click.Group)
        known = found.list_commands(click.Context(found))
        others = [name for names in table.values() for name in names.split()]
        assert sorted(set(others)) == sorted(others)
        assert set(others).isdisjoint(known)
        assert {typed.split()[0] for typed in table} <= {*known, "--help"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("list", "htmap status"),
        ("ls", "htmap status"),
        ("ps", "htmap status"),
        ("q", "htmap status"),
        ("rm tide", "htmap remove TAG"),
        ("DELETE", "htmap remove TAG"),
        ("kill", "htmap remove TAG"),
        ("cancel", "htmap remove TAG"),
        ("follow tide 0", "htmap stdout --follow TAG COMPONENT"),
        ("tail", "htmap stdout --follow TAG COMPONENT"),
        ("logs tide", "htmap stdout tide COMPONENT"),
        ("status tide", "htmap components tide"),
        ("tags ti*", "htmap tags -p 'ti*'"),
        ("clean tide", "htmap remove tide"),
        ("show tide", "htmap components TAG"),
        ("info", "htmap components TAG"),
        ("config", "htmap settings"),
        ("get", "htmap settings"),
        ("submit", "htmap.map(function, inputs)"),
        ("run", "htmap.map(function, inputs)"),
        ("help", "htmap --help"),
        ("rerun tide", "htmap rerun failed tide, htmap rerun map tide"),
        ("rerun tide 1 2", "htmap rerun components tide 1 2"),
        ("rerun tide map", "htmap rerun map tide"),
        ("rerun 'a b'", "htmap rerun failed 'a b', htmap rerun map 'a b'"),
        ("rerun all", "htmap rerun map"),
        ("edit tide memory 2", "htmap edit memory tide 2"),
        ("edit ram tide 2", "htmap edit memory"),
        ("edit tide 2GB", "htmap edit memory tide 2GB"),
        ("edit runtime tide 4h", "htmap edit walltime"),
        ("plugins ls", "htmap plugins list"),
        ("plugins docker", "htmap plugins show docker"),
    ],
)
def test_what_was_meant_is_named(htmap_dir: Path, typed: str, meant: str) -> None:
    assert suggested(*shlex.split(typed)) == meant


@pytest.mark.parametrize(("typed", "meant"), [("statsu", "'status'"), ("rerun compnents", "'components'")])
def test_a_near_miss_is_mended(htmap_dir: Path, typed: str, meant: str) -> None:
    assert meant in run_htmap(*typed.split()).stderr


def test_nothing_is_suggested_where_nothing_is_near(htmap_dir: Path, golden: Golden) -> None:
    golden("cli/no-such-command", run_htmap("xyzzy").stderr)


@pytest.mark.parametrize("name", TAKES_MAPS)
def test_a_pattern_without_its_option_is_said_to_be_one(type_: Type, damaged: Path, name: str) -> None:
    ran = type_(name, "tide*")
    assert (ran.returncode, ran.stderr.count(f"`htmap {name} -p 'tide*'`")) == (1, 1)


def test_a_pattern_without_its_option_does_not_stop_the_others(type_: Type, damaged: Path) -> None:
    ran = type_("remove", "wa*", "tide")
    assert (ran.returncode, "-p 'wa*'" in ran.stderr, damaged.exists()) == (1, True, False)
    assert "`htmap rerun map -p 'ti[d]e'`" in type_("rerun", "map", "ti[d]e").stderr
