"""The reference of commands as Markdown, one by one, from what `--help` is made of."""

from __future__ import annotations

import inspect
import re

import click

from tests import answers
from tests.docs.man_pages import as_typed
from tests.docs.markdown import filled, items, shown, table

COMMANDS = answers.commands()


def list_of_commands(first: str | None) -> str:
    """Return a table of commands.

    :param first: a group of commands of a plugin; None for all of the core.
    """
    rows = [
        (f"[`htmap {name}`](#htmap-{name.replace(' ', '-')})", _help(each)[0].rstrip(".")) for name, each in _of(first)
    ]
    return table([("command", ""), *rows])


def sections(first: str | None) -> str:
    """Return a section for each command, likewise."""
    return "\n".join(_section(name, each) for name, each in _of(first))


def _of(first: str | None) -> list[tuple[str, click.Command]]:
    return [(name, each) for name, each in COMMANDS.items() if answers.is_of(name, first)]


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name, parent=as_typed())
    usage = command.get_usage(context).partition(" ")[2]
    options = [_option(each, context) for each in command.get_params(context)]
    parts = [f"### htmap {name}\n", shown(" ".join(usage.split())), *map(filled, _help(command))]
    parts.append(items(found for found in options if found is not None))
    return "\n".join(parts)


def _option(option: click.Parameter, context: click.Context) -> tuple[str, str] | None:
    """Return an option as ``--help`` shows it; arguments are in the usage, and every command has ``--help``."""
    record = option.get_help_record(context) if isinstance(option, click.Option) else None
    if record is None or "--help" in option.opts:
        return None
    names, said = record
    return f"`{names}`", " ".join(said.split())


def _help(command: click.Command) -> list[str]:
    """Return the paragraphs of a command's help."""
    text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    return [" ".join(each.split()) for each in re.split(r"\n\s*\n", text)]
