"""Man pages, made of the commands: a page for each command of ``htmap``, with its subcommands, and one for ``htmap`` itself.

click-man makes a page for each subcommand of its own, does not know groups that import their commands late, and takes words from
click that differ between its versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from htmap_core.cli import SECTIONS, cli
from htmap_core.plugins.calls import plugins

_MEANT = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"}


def as_typed() -> click.Context:
    """Return the context in which commands are, as for somebody who types them.

    A command keeps the names of its option for help from the first context that asks, for the whole process.
    """
    return click.Context(cli, info_name="htmap", **cli.context_settings)


def pages(plugin: str | None) -> dict[str, str]:
    """Return the pages that belong to the core, or to a plugin, by the names of their files."""
    context = as_typed()
    if plugin is not None:
        (record,) = (each for each in plugins.records() if each.distribution == plugin)
        offered = plugins.commands()
        return {file_of(name): of_command(offered[name], context) for name in record.offers.get("commands", ())}
    names = [name for section in SECTIONS.values() for name in section]
    found = {name: cli.get_command(context, name) for name in names}
    ours = {file_of(name): of_command(command, context) for name, command in found.items() if command is not None}
    return {"htmap.1": of_htmap(context), **ours}


def file_of(name: str) -> str:
    return f"htmap-{name}.1"


def of_htmap(context: click.Context) -> str:
    """Return the page of ``htmap``: its options, and the commands in the order of ``htmap --help``."""
    lines = [*_head("htmap", "map Python functions over an HTCondor pool"), *_synopsis(context, cli)]
    lines += ["[ARGUMENTS]...", ".SH DESCRIPTION", *_prose(cli.help or ""), ".SH OPTIONS", *_options(context, cli)]
    for title, commands in SECTIONS.items():
        lines.append(f".SH {title.upper()}")
        for name, (_, text) in commands.items():
            lines += [".TP", f"\\fB{_escaped(f'htmap-{name}')}\\fP(1)", _escaped(text)]
    lines += [".SH EXIT STATUS", *_EXIT_STATUS, ".SH SEE ALSO", *_prose(cli.epilog or "")]
    return "\n".join(lines) + "\n"


_EXIT_STATUS = (
    *(".TP", "0", "done"),
    *(".TP", "1", "refused or failed, for one map at least; the message names it"),
    *(".TP", "2", "wrong usage"),
    *(".TP", "130", r"Ctrl\-C"),
)


def of_command(command: click.Command, parent: click.Context) -> str:
    """Return the page of a command; those below it have sections of it."""
    context = click.Context(command, info_name=command.name, parent=parent)
    summary, _, _ = (command.help or "").strip().partition("\n")
    lines = [*_head(f"htmap-{command.name}", summary.rstrip(".")), *_synopsis(context, command)]
    lines += [".SH DESCRIPTION", *_prose(command.help or "")]
    if options := list(_options(context, command)):
        lines += [".SH OPTIONS", *options]
    if isinstance(command, click.Group):
        lines.append(".SH COMMANDS")
        for each in _below(command, context):
            lines += _section(each, context)
    lines += [".SH SEE ALSO", r"\fBhtmap\fP(1)"]
    return "\n".join(lines) + "\n"


def _below(group: click.Group, context: click.Context) -> Iterator[click.Command]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield command


def _section(command: click.Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=command.name, parent=parent)
    yield f".SS {_escaped(context.command_path)}{_escaped(_arguments(command))}"
    yield from _prose(command.help or "")
    yield from _options(context, command)
    if isinstance(command, click.Group):
        for each in _below(command, context):
            yield from _section(each, context)


def _head(name: str, summary: str) -> list[str]:
    """Return the title and what ``whatis`` shows. Without date and version, so that only a command changes its page."""
    title = f'.TH "{_escaped(name.upper())}" "1" "" "HTMap" "Commands of HTMap"'
    return [title, ".SH NAME", f"{_escaped(name)} \\- {_escaped(summary[:1].lower() + summary[1:])}"]


def _synopsis(context: click.Context, command: click.Command) -> list[str]:
    words = " [OPTIONS]" if command.get_params(context) else ""
    words += " COMMAND" if isinstance(command, click.Group) else ""
    return [".SH SYNOPSIS", f"\\fB{_escaped(context.command_path)}\\fP{_escaped(words + _arguments(command))}"]


def _arguments(command: click.Command) -> str:
    return "".join(f" {_argument(each)}" for each in command.params if isinstance(each, click.Argument))


def _argument(argument: click.Argument) -> str:
    name = argument.metavar or (argument.name or "").upper()
    if argument.metavar is None and isinstance(argument.type, click.Choice):
        name = f"{{{'|'.join(map(str, argument.type.choices))}}}"
    if not argument.required and not name.startswith("["):
        name = f"[{name}]"
    return f"{name}..." if argument.nargs == -1 and not name.endswith("...") else name


def _options(context: click.Context, command: click.Command) -> Iterator[str]:
    for each in command.get_params(context):
        if not isinstance(each, click.Option) or each.hidden:
            continue
        names = ", ".join(f"\\fB{_escaped(name)}\\fP" for name in [*each.opts, *each.secondary_opts])
        value = "" if each.is_flag or each.count else f" \\fI{_escaped(_value(each))}\\fP"
        yield from (".TP", f"{names}{value}", *_lines(each.help or ""))
        if each.show_default is True and each.default is not None:
            yield _escaped(f"The default is {each.default}.")


def _value(option: click.Option) -> str:
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return "|".join(map(str, option.type.choices))
    return option.type.name.upper().removesuffix(" RANGE")


def _prose(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text; what click leaves as it is, behind a ``\\b``, is left so here."""
    paragraphs = re.split(r"\n\s*\n", text.partition("\f")[0].strip())
    for number, paragraph in enumerate(paragraphs):
        kept = paragraph.lstrip().startswith("\b")
        yield from ([".PP"] if number else [])
        yield from ([".nf"] if kept else [])
        yield from _lines(paragraph.replace("\b\n", "").replace("\b", ""))
        yield from ([".fi"] if kept else [])


def _lines(text: str) -> Iterator[str]:
    for line in text.strip("\n").splitlines():
        words = re.split(r"`([^`]+)`", line.strip())
        yield "".join(f"\\fB{_escaped(word)}\\fP" if place % 2 else _escaped(word) for place, word in enumerate(words))


def _escaped(text: str) -> str:
    """Return a text as roff writes it; a line may not begin with what a request begins with."""
    shown = "".join(_MEANT.get(character, character) for character in text)
    return f"\\&{shown}" if shown.startswith(".") else shown
