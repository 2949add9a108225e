"""Man pages, made of the commands: a page for each command of ``htmap``, with its subcommands, and one for ``htmap`` itself.

click-man makes a page for each subcommand of its own, does not know groups that import their commands late, and takes words from
click that differ between its versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import click

from htmap_core.cli import COMMANDS, SECTIONS, cli
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
    for title, terms in _BESIDES.items():
        lines.append(f".SH {title}")
        for term, text in terms.items():
            lines += [".TP", _escaped(term), *_lines(text)]
    lines += [".SH SEE ALSO", *_prose(cli.epilog or ""), ".PP", _pages(["condor_q", "condor_submit"])]
    return "\n".join(lines) + "\n"


# What `man-pages(7)` wants of a page besides, in its order.
_BESIDES = {
    "EXIT STATUS": {
        "0": "done",
        "1": "refused or failed, for one map at least; the message names it",
        "2": "wrong usage",
        "130": "Ctrl-C",
    },
    "ENVIRONMENT": {
        "HTMAP_DIR, HTMAP_DELIVERY_METHOD, HTMAP_...": "Settings; `htmap settings --explain` has the variables of all.",
        "HTMAP_CONFIG": "The file with the settings of the machine; an empty value does without it.",
        "HTMAP_PLUGINS": "The plugins that are loaded, and no others, as in `HTMAP_PLUGINS=shared,pool`.",
        "HTMAP_TRACE_PLUGINS": "With `1`, each call of a plugin is shown, and what it has changed.",
        "CONDOR_CONFIG, _CONDOR_SCHEDD_HOST": "HTCondor's own: they name a pool.",
        "NO_COLOR, FORCE_COLOR": "Whether there are colours, where a command is told neither `--color` nor `--no-color`.",
        "PAGER": "What `htmap docs` shows a page with.",
    },
    "FILES": {
        "~/.htmaprc": "Your settings, in TOML; `htmap set` writes it.",
        "/etc/htmap/htmaprc": "The settings of the machine.",
        "~/.htmap": "Your maps, unless HTMAP_DIR says otherwise. HTMap alone changes what is in it.",
    },
}


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
    lines += [".SH EXIT STATUS", r"That of \fBhtmap\fP(1)."]
    lines += [".SH SEE ALSO", _pages(["htmap", *_others(command, context)])]
    return "\n".join(lines) + "\n"


def _pages(names: Iterable[str]) -> str:
    return ", ".join(f"\\fB{_escaped(name)}\\fP(1)" for name in names)


def _others(command: click.Command, context: click.Context) -> list[str]:
    """Return the pages of other commands that a command's help names."""
    named = set(re.findall(r"`htmap ([a-z-]+)", "\n".join(_helps(command, context)))) - {command.name}
    return sorted(file_of(name).removesuffix(".1") for name in named & set(COMMANDS))


def _helps(command: click.Command, context: click.Context) -> Iterator[str]:
    yield command.help or ""
    yield from (each.help or "" for each in command.params if isinstance(each, click.Option))
    if isinstance(command, click.Group):
        for each in _below(command, context):
            yield from _helps(each, click.Context(each, info_name=each.name, parent=context))


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
