"""The command line. Commands are imported when they are used, and those of plugins are asked for then."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from htmap_core import __version__, original
from htmap_core.exceptions import HTMapException
from htmap_core.wording import did_you_mean

# What each command is called, and the module in this package that has it under that name.
COMMANDS = {
    "plugins": "plugins",
    "status": "status",
    "version": "version",
}

HELP = {
    "plugins": "Show the installed plugins.",
    "status": "Print a status table for all of your maps.",
    "version": "Print the versions of HTMap and of HTCondor's bindings.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed; unknown ones are looked for among the plugins' commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the core's commands; asking plugins for theirs would load them all for a ``--help``."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, of the core or else of a plugin."""
        if cmd_name in COMMANDS:
            module = importlib.import_module(f"htmap_core.cli.{COMMANDS[cmd_name]}")
            return getattr(module, cmd_name)  # type: ignore[no-any-return]
        from htmap_core.plugins import plugins  # loads pluggy, needed here only

        return plugins.commands().get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a command as click does, but say what was probably meant and which plugin would bring it."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            ctx.fail(_unknown_command(args[0]))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from their names alone: importing them would make ``--help`` slow."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(HELP.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Plugins add commands of their own, such as `htmap pool`; `htmap plugins list` shows them.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show log messages as the command runs.")
@click.version_option(__version__, prog_name="HTMap", message="%(prog)s version %(version)s")
def cli(verbose: bool) -> None:
    """HTMap command line tools."""
    from htmap_core.settings import settings

    settings["CLI.IS_CLI"] = True
    if (
        "htmap" not in sys.modules and (message := original.notice()) is not None
    ):  # importing htmap has said so otherwise
        click.echo(f"Warning: {message}", err=True)
    if verbose:
        import logging

        logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(name)s %(levelname)s %(message)s")


def main(args: Sequence[str] | None = None) -> Any:
    """Run the command line.

    What HTMap raises on purpose becomes a message and exit code 1; anything else is a bug, and shows its traceback.
    """
    try:
        cli.main(args=None if args is None else list(args), prog_name="htmap")
    except HTMapException as error:
        click.echo(f"htmap: {error}", err=True)
        sys.exit(1)


def _unknown_command(name: str) -> str:
    from htmap_core.plugins import FIRST_PARTY, plugins

    for record in plugins.records():
        if record.name == name and record.state != "ok":
            return f"No such command {name!r}: plugin {name!r} is {record.state}: {record.reason}"
    if name in FIRST_PARTY:
        return f"No such command {name!r}; it may come with its own package: `pip install htmap-{name}`"
    return f"No such command {name!r}{did_you_mean(name, [*COMMANDS, *plugins.commands()])}"
