"""Run every command of ``htmap``, and print as JSON what became of each: a program for systems that lack something.

Its arguments are the tags of maps, which each command that takes tags is given one by one.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import click

from htmap_core.cli import cli
from htmap_core.plugins.calls import plugins
from htmap_core.testing import run_htmap

# Values of arguments that are no tags; the component is one that has failed.
_VALUES = {
    "component": "0",
    "components": "0",
    "disk": "2GB",
    "folder": "moved",
    "memory": "2GB",
    "name": "tidal",
    "new": "ebb",
    "setting": "WAIT_TIME",
    "value": "2",
    "walltime": "1h",
}
_OPTIONS: dict[tuple[str, ...], list[str]] = {
    ("autocompletion",): ["--shell", "bash", "--destination", "completion"],
    ("clean",): ["--yes", "--all"],
    ("stdout",): ["--timeout", "1"],
    ("stderr",): ["--timeout", "1"],
}
_LAST = ["retag", "remove", "clean", "move"]  # they change what others look at
_LEFT_OUT = {
    ("pool", "install"),  # it needs no bindings, but a network
    ("wait",),  # it waits as long as a job is in the queue
}


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield all commands, also those of plugins."""
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    for name, command in {**found, **({} if path else plugins.commands())}.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif (*path, name) not in _LEFT_OUT:
            yield (*path, name), command


def lines(path: tuple[str, ...], command: click.Command, tags: list[str]) -> Iterator[list[str]]:
    """Yield the command lines to try."""
    names = [each.name or "" for each in command.params if isinstance(each, click.Argument)]
    is_about_maps = bool({"tag", "tags"} & set(names))
    for tag in tags if is_about_maps else [""]:
        values = [tag if name in {"tag", "tags"} else _VALUES.get(name, "tide") for name in names]
        yield [*path, *values, *_OPTIONS.get(path, [])]


def outcome(line: list[str]) -> dict[str, Any]:
    """Run a command, and tell what became of it."""
    ran = run_htmap(*line)
    error = ran.exception
    return {
        "line": " ".join(line),
        "exit": ran.exit_code,
        "raised": None if error is None else type(error).__name__,
        "told": error is None or isinstance(error, SystemExit) or type(error).__module__.startswith("htmap"),
        "text": f"{ran.stdout}{ran.stderr}{error or ''}",
        "traceback": ""
        if error is None
        else "".join(traceback.format_exception(type(error), error, error.__traceback__)),
    }


def main() -> None:
    """Run all commands."""
    order = sorted(commands(cli), key=lambda each: _LAST.index(each[0][0]) if each[0][0] in _LAST else -1)
    tried = [outcome(line) for path, command in order for line in lines(path, command, sys.argv[1:])]
    print(json.dumps(tried))


if __name__ == "__main__":
    main()
