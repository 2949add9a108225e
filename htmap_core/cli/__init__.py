"""The command line. Commands are imported when they are used, and those of plugins are asked for then.

Imports ``maps`` and what is below it, but none of it before a command runs.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.shell_completion import CompletionItem

from htmap_core import __version__, conflicting_install
from htmap_core.wording import did_you_mean

if TYPE_CHECKING:
    from htmap_core.exceptions import HTMapException

# What there is, as `htmap --help` shows it: by purpose, each command with the module in this package that has it and a line of
# help. Both stand here because importing the commands would make `--help` slow.
SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Look at maps": {
        "status": ("commands.status", "Show how all your maps are doing."),
        "tags": ("commands.show", "Print the tags of your maps, one a line."),
        "components": ("commands.show", "Show how the components of a map are doing."),
        "errors": ("commands.show", "Show the reports on components that went wrong."),
        "reasons": ("commands.show", "Print why map components are held."),
        "stdout": ("commands.stdout", "Look at the stdout of a map component."),
        "stderr": ("commands.stdout", "Look at the stderr of a map component."),
        "why": ("commands.why", "Explain why components do not run."),
        "job": ("commands.why", "Print all that the schedd knows of a component's job."),
        "submit-file": ("commands.why", "Print what would be submitted, to run it by hand."),
        "path": ("commands.paths", "Print the paths of parts of a map's data, for debugging and other tools."),
    },
    "Act on maps": {
        "wait": ("commands.queue", "Wait until maps have ended."),
        "hold": ("commands.queue", "Hold maps: their components do not run."),
        "release": ("commands.queue", "Release maps: held components become idle again."),
        "pause": ("commands.queue", "Pause maps: running components stop where they are."),
        "resume": ("commands.queue", "Resume maps after a pause."),
        "vacate": ("commands.queue", "Vacate maps: running components become idle again."),
        "edit": ("commands.edit", "Edit what a map asks for."),
        "rerun": ("commands.rerun", "Run components of maps again from scratch."),
        "retag": ("commands.edit", "Change the tag of a map."),
        "remove": ("commands.remove", "Remove maps: their jobs and all their data."),
        "clean": ("commands.remove", "Remove maps that nobody gave a tag."),
    },
    "HTMap itself": {
        "settings": ("commands.settings", "Print HTMap's settings, as a settings file would have them."),
        "set": ("commands.settings", "Write a setting into ~/.htmaprc."),
        "doctor": ("commands.doctor", "Check whether maps can run here, and say what to do where not."),
        "plugins": ("commands.plugins", "Show the installed plugins."),
        "logs": ("commands.paths", "Print the path of HTMap's log file."),
        "version": ("commands.doctor", "Print the versions of HTMap and of HTCondor's Python bindings."),
        "autocompletion": ("completion", "Have your shell complete commands, tags and components."),
    },
}

COMMANDS = {name: module for section in SECTIONS.values() for name, (module, _) in section.items()}

INTERRUPTED = 130  # as shells say it: 128, and the number of the signal


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed; unknown ones are looked for among the plugins' commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the core's commands; asking plugins for theirs would load them all for a ``--help``."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, of the core or else of a plugin."""
        if cmd_name in COMMANDS:
            module = importlib.import_module(f"htmap_core.cli.{COMMANDS[cmd_name]}")
            return next(each for each in vars(module).values() if _is_called(each, cmd_name))  # type: ignore[no-any-return]
        from htmap_core.plugins.calls import plugins  # loads pluggy, needed here only

        return plugins.commands().get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a command as click does, but say what was probably meant and which plugin would bring it."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            ctx.fail(_unknown_command(args[0]))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command from what is known of them here; plugins are asked only where none of the core's fits."""
        known = {name: text for section in SECTIONS.values() for name, (_, text) in section.items()}
        found = [CompletionItem(name, help=text) for name, text in known.items() if name.startswith(incomplete)]
        if not found and not incomplete.startswith("-"):
            from htmap_core.plugins.calls import plugins

            found = [CompletionItem(name) for name in plugins.commands() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from what is known of them here."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, text) for name, (_, text) in commands.items()])


def _is_called(found: Any, name: str) -> bool:
    return isinstance(found, click.Command) and found.name == name


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Plugins add commands of their own, such as `htmap pool`; `htmap plugins list` shows them.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say on standard error what HTMap does.")
@click.version_option(__version__, prog_name="HTMap", message="%(prog)s version %(version)s")
def cli(verbose: bool) -> None:
    """Look at your maps, and act on them."""
    from htmap_core.plugins import defaults
    from htmap_core.settings.chain import settings

    settings["CLI.IS_CLI"] = True
    defaults.register()
    warnings.showwarning = _show_warning
    if (
        "htmap" not in sys.modules and (notice := conflicting_install.found()) is not None
    ):  # importing htmap has said so otherwise
        click.echo(f"Warning: {notice}", err=True)
    if verbose:
        import logging

        logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(name)s %(levelname)s %(message)s")


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, and exit.

    What HTMap raises on purpose becomes a message and exit code 1, wrong usage 2, Ctrl-C 130; anything else is a bug, and shows
    its traceback.
    """
    if sys.stdout is None:  # `htmap ... >&-`
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # for as long as the process lasts
    if "_HTMAP_COMPLETE" in os.environ:
        from htmap_core.cli import completion

        completion.register()
    try:
        code = cli.main(args=None if args is None else list(args), prog_name="htmap", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except _raised_on_purpose() as error:
        _complain(str(error))
        sys.exit(1)
    except OSError as error:
        if error.errno not in _NO_BUG:
            raise
        _complain(f"{error.strerror}{f': {error.filename}' if error.filename else ', where the output goes'}")
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _raised_on_purpose() -> type[HTMapException]:
    """Return what HTMap raises on purpose; imported when something was raised, because making the classes takes a while."""
    from htmap_core.exceptions import HTMapException

    return HTMapException


# What the machine refuses: space, a quota, writing at all, leave, and a disk that fails.
_NO_BUG = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


def _complain(text: str) -> None:
    from htmap_core.cli import tables

    tables.complain(text)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Show a warning as people want it: without the line of HTMap's source that gave it."""
    click.echo(f"Warning: {message}", err=True)


def _unknown_command(name: str) -> str:
    from htmap_core.plugins.calls import FIRST_PARTY, plugins

    for record in plugins.records():
        if record.name == name and record.state != "ok":
            return f"No such command {name!r}: plugin {name!r} is {record.state}: {record.reason}"
    if name in FIRST_PARTY:
        return f"No such command {name!r}; it may come with its own package: `pip install htmap-{name}`"
    return f"No such command {name!r}{did_you_mean(name, [*COMMANDS, *plugins.commands()])}"
