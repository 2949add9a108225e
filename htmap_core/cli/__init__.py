"""The command line. A command is imported when it is used; the commands of plugins are loaded only if needed.

Imports ``maps`` and the packages below it, but none of them before a command runs.
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

from htmap_core import __version__, conflicting_install, terminal
from htmap_core.cli.machine.answer import answering, look_for_json
from htmap_core.cli.suggestions import Suggesting
from htmap_core.names import COMMANDS_GROUP
from htmap_core.wording import did_you_mean, printable

if TYPE_CHECKING:
    from htmap_core.exceptions import HTMapException

# The commands as `htmap --help` shows them, by purpose: each with its module in this package and a line of help. Both stand here
# because importing the commands would make `--help` slow.
SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Look at maps": {
        "status": ("commands.status", "Show the status of all your maps."),
        "tags": ("commands.show", "Print the tags of your maps, one a line."),
        "components": ("commands.show", "Show the status of each component of a map."),
        "errors": ("commands.show", "Show the error reports of failed components."),
        "reasons": ("commands.show", "Print why components are held."),
        "stdout": ("commands.stdout", "Show the standard output of a component."),
        "stderr": ("commands.stdout", "Show the standard error of a component."),
        "collect": ("commands.paths", "Copy the output files of a map into a folder."),
        "why": ("commands.why", "Explain why components do not run."),
        "plan": ("commands.why", "Show what a map was submitted with, and who has set each line."),
        "advise": ("commands.why", "Propose map options by what a map has used."),
        "job": ("commands.why", "Print the full ad of a component's job."),
        "submit-file": ("commands.why", "Print a submit description, to run components by hand."),
        "debug": ("commands.why", "Run a component here, and open the debugger at its exception."),
        "path": ("commands.paths", "Print the paths of parts of a map's data, for debugging and other tools."),
    },
    "Act on maps": {
        "wait": ("commands.queue", "Wait until maps have ended."),
        "hold": ("commands.queue", "Hold maps: their components do not run."),
        "release": ("commands.queue", "Release maps: held components become idle again."),
        "pause": ("commands.queue", "Pause maps: running components stop where they are."),
        "resume": ("commands.queue", "Resume maps after a pause."),
        "vacate": ("commands.queue", "Vacate maps: running components become idle again."),
        "edit": ("commands.edit", "Change the memory, disk space or time that a map's components get."),
        "rerun": ("commands.rerun", "Run components of maps again from scratch."),
        "retag": ("commands.edit", "Change the tag of a map."),
        "remove": ("commands.remove", "Remove maps: their jobs and all their data."),
        "clean": ("commands.remove", "Remove maps that nobody gave a tag."),
    },
    "HTMap itself": {
        "docs": ("docs.command", "Show the documentation: all pages, one, or those with some words."),
        "settings": ("commands.settings", "Print HTMap's settings in the form of a settings file."),
        "set": ("commands.settings", "Write a setting into ~/.htmaprc."),
        "unset": ("commands.settings", "Delete a setting, or a whole table, from ~/.htmaprc."),
        "move": ("commands.paths", "Move HTMAP_DIR to another folder, with all maps."),
        "doctor": ("commands.doctor", "Check whether maps can run here, with advice for each problem."),
        "settle": ("commands.doctor", "Finish what interrupted commands have left, and ask all pools for it at once."),
        "plugins": ("commands.plugins", "Show the installed plugins, and make new ones."),
        "delivery": ("commands.plugins", "Show or change the delivery method that maps on a pool use."),
        "logs": ("commands.paths", "Print the path of HTMap's log file."),
        "version": ("commands.doctor", "Print the versions of HTMap and of HTCondor's Python bindings."),
        "autocompletion": ("completion", "Make your shell complete commands, tags and components."),
    },
}

COMMANDS = {name: module for section in SECTIONS.values() for name, (module, _) in section.items()}

INTERRUPTED = 130  # as in shells: 128 plus the number of the signal


class LazyGroup(Suggesting):
    """A group that imports a command when it is needed, and looks for unknown commands among those of plugins."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does, and answer in JSON what is wrong where that is wanted."""
        look_for_json(ctx, args)
        with answering(ctx):
            return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the core's commands. Which plugins have more is known by name alone, until they are loaded."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command of the core, or else of a plugin."""
        if cmd_name in COMMANDS:
            module = importlib.import_module(f"htmap_core.cli.{COMMANDS[cmd_name]}")
            return next(each for each in vars(module).values() if _is_called(each, cmd_name))  # type: ignore[no-any-return]
        from htmap_core.plugins.calls import plugins  # loads pluggy, needed here only

        return plugins.commands().get(cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and answer in JSON what goes wrong where that is wanted. A fault in a plugin's is told as such."""
        with answering(ctx):
            return self._run(ctx)

    def _run(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (*_NOT_BLAMED, _raised_on_purpose()):
            raise
        except Exception as error:
            name = ctx.invoked_subcommand
            if name is None or name in COMMANDS or (isinstance(error, OSError) and error.errno in _NO_BUG):
                raise
            from htmap_core.plugins.calls import plugins

            raise plugins.failure_of_command(name, error) from error

    def suggestion(self, ctx: click.Context, args: Sequence[str]) -> str:
        """Say which plugin would have the command, or else which command was probably meant."""
        of_plugin = _of_declaring_plugin(args[0]) or _of_plugin(args[0])
        return of_plugin or super().suggestion(ctx, args) or _near_plugin_command(args[0])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command from the table above, or one that a plugin declares; ask plugins only if none of these fits."""
        known = {**_declared(), **{name: text for section in SECTIONS.values() for name, (_, text) in section.items()}}
        found = [CompletionItem(name, help=text) for name, text in known.items() if name.startswith(incomplete)]
        if not found and not incomplete.startswith("-"):
            from htmap_core.plugins.calls import plugins

            found = [CompletionItem(name) for name in plugins.commands() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table above, and those that plugins declare."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, text) for name, (_, text) in commands.items()])
        if declared := _declared():
            with formatter.section("Of plugins"):
                formatter.write_dl(sorted(declared.items()))


def _declared() -> dict[str, str]:
    """Return the commands that plugins declare, each with what its distribution says of itself. This loads no plugin."""
    from htmap_core.plugins.sources.commands import declared_commands  # metadata take a while, and commands need none

    found = declared_commands().values()
    return {printable(each.name): printable(each.summary) for each in found if each.name not in COMMANDS}


def _is_called(found: Any, name: str) -> bool:
    return isinstance(found, click.Command) and found.name == name


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["--help", "-h"]},  # click 8.1 names the first after wrong usage
    epilog="`htmap docs first-steps` shows the first tutorial. Plugins that declare no commands may add some, too; "
    "`htmap plugins list` shows what each offers.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show log messages on standard error.")
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
    ):  # importing htmap would have given the warning
        click.echo(f"Warning: {notice}", err=True)
    if verbose:
        import logging

        logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(name)s %(levelname)s %(message)s")


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, and exit.

    An HTMapException becomes a message and exit code 1, wrong usage exit code 2, Ctrl-C exit code 130. Any other exception is a
    bug, and shows its traceback.
    """
    if sys.stdout is None:  # `htmap ... >&-`
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # it stays open until the process ends
    terminal.guard()
    if "_HTMAP_COMPLETE" in os.environ:
        from htmap_core.cli import completion

        completion.register()
    try:
        code = cli.main(args=None if args is None else list(args), prog_name="htmap", standalone_mode=False)
        sys.stdout.flush()  # Python does it at exit, too late to say what went wrong
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except _raised_on_purpose() as error:
        _complain(str(error))
        sys.exit(1)
    except BrokenPipeError:
        _drop_output()
        sys.exit(1)
    except OSError as error:
        if error.errno not in _NO_BUG:
            raise
        _drop_output()
        _complain(f"{error.strerror}{f': {error.filename}' if error.filename else ', where the output goes'}")
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _drop_output() -> None:
    """Send the rest of standard output nowhere. Python would try once more to write it, and exit with 120."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _raised_on_purpose() -> type[HTMapException]:
    """Return HTMapException. It is imported only after an error, because making the exception classes takes a while."""
    from htmap_core.exceptions import HTMapException

    return HTMapException


# What says itself what it is, and `main` tells: usage, an end on purpose, Ctrl-C, the end of a pipe.
_NOT_BLAMED = (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError)

# Errors of the machine, not bugs: no space, a quota, a read-only file system, no permission, a failing disk.
_NO_BUG = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


def _complain(text: str) -> None:
    from htmap_core.cli import tables

    tables.complain(text)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Show a warning without the line of HTMap's source that gave it."""
    click.echo(printable(f"Warning: {message}"), err=True)


def _of_declaring_plugin(name: str) -> str:
    """Say why the plugin that declares a command does not have it."""
    from htmap_core.plugins.calls import plugins
    from htmap_core.plugins.sources.commands import declared_commands

    if (declared := declared_commands().get(name)) is None:
        return ""
    of_it = [each for each in plugins.records() if each.distribution == declared.distribution]
    if off := next((each for each in of_it if each.state != "ok"), None):
        return f": it comes with plugin {off.name!r}, which {off.why_off}. {off.advice}"
    return (
        f": {declared.distribution} declares it (entry points {COMMANDS_GROUP!r}), "
        f"but no plugin offers it (hook htmap_commands)"
    )


def _of_plugin(name: str) -> str:
    from htmap_core.plugins.calls import plugins
    from htmap_core.plugins.record import FIRST_PARTY

    for record in plugins.records():
        if record.name == name and record.state != "ok":
            return f": plugin {name!r} is {record.state}: {record.reason}"
    return f"; it may come with its own package: `pip install htmap-{name}`" if name in FIRST_PARTY else ""


def _near_plugin_command(name: str) -> str:
    from htmap_core.plugins.calls import plugins

    return did_you_mean(name, plugins.commands())
