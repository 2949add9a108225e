"""The reference of the command line names all that there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from htmap_core.cli import cli

PAGE = (Path(__file__).parents[3] / "docs/reference/cli.md").read_text()
EXAMPLES = {"hold tide wave", "hold tide", "vacate tide"}  # with arguments
SELECTING = {"--pattern", "--all", "--help", "--json"}  # explained once for all commands


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))
        else:
            yield " ".join((*path, name)), found


COMMANDS = dict(commands(cli))


def line_of(name: str) -> str:
    found = re.search(rf"^\|.*`htmap {name}[ `].*$", PAGE, re.MULTILINE)
    assert found is not None, f"`htmap {name}` is not in the reference"
    return found[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_each_of_its_options_is_in_the_reference(name: str) -> None:
    wanted = {option for each in COMMANDS[name].params if isinstance(each, click.Option) for option in each.opts}
    missing = [option for option in wanted - SELECTING if option.startswith("--") and option not in line_of(name)]
    negations = {
        "--state": "--no-state",
        "--meta": "--no-meta",
    }  # what is on by default is named by what switches it off
    assert [option for option in missing if negations.get(option, option) not in line_of(name)] == []


def test_every_command_in_the_reference_is_there() -> None:
    named = set(re.findall(r"`htmap ([a-z][a-z -]*?)(?: [A-Z\[-].*?)?`", PAGE))
    assert named - {"pool"} <= {*COMMANDS, *EXAMPLES}
