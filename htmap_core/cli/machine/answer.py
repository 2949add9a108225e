"""``--json``: what a command returns is written to standard output, as one JSON object, also where the command fails.

A command that takes ``--json`` returns its answer, of one of the classes in ``shapes``, or the answer and its exit code. Where
nobody wants JSON, it prints text, and what it returns is passed over.
"""

from __future__ import annotations

import contextlib
import functools
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.errors import Error

F = TypeVar("F", bound=Callable[..., Any])

_KEY = "htmap.answer"  # in what click keeps for all contexts of a command line

# A command that the text of an error proposes. What is quoted in it for a shell may have backquotes.
_PROPOSED = re.compile(r"""`(htmap (?:'[^']*'|"[^"]*"|[^`'"])+)`""")


class Answer:  # without attrs, which takes a while to import, and completion needs none
    """The answer to a program.

    :ivar is_wanted: whether a program asks. Until the command line is understood, whether it looks like that.
    :ivar errors: what has failed so far, without being the end of the command.
    :ivar is_given: whether the answer is written.
    """

    def __init__(self) -> None:
        self.is_wanted = False
        self.errors: list[Error] = []
        self.is_given = False

    def give(self, facts: Mapping[str, Any]) -> None:
        """Write the answer to standard output."""
        from htmap_core.cli.machine.writing import as_json

        self.is_given = True
        click.echo(as_json({**facts, "errors": self.errors}))

    def add(self, error: BaseException, tag: str | None = None, text: str | None = None) -> None:
        """Add an error, which may be that of one map of several.

        :param tag: the map, where the error does not tell it.
        :param text: its text, where that is not the error's own.
        """
        said = error.format_message() if isinstance(error, click.ClickException) else str(error)
        said = said if text is None else text
        self.errors.append(
            {
                "type": type(error).__name__,
                "message": said,
                "tag": _map_of(error, tag),
                "commands": _PROPOSED.findall(said),
            }
        )


def _map_of(error: BaseException, tag: str | None) -> str | None:
    """Return the tag of the map that an error is about; None if it is about none, also where it tells what cannot be a tag."""
    from htmap_core.exceptions import CannotRetagMap, InvalidTag

    if isinstance(error, InvalidTag):
        return None
    if isinstance(error, CannotRetagMap):
        return error.old  # its `tag` is the one that the map does not get
    found = getattr(error, "tag", None) if tag is None else tag
    return found if isinstance(found, str) else None


def of_context(context: click.Context) -> Answer:
    """Return the answer of a command line."""
    found: Answer = context.meta.setdefault(_KEY, Answer())
    return found


def takes_json(command: F) -> F:
    """Give a command of the command line the option ``--json``; it gets the argument ``as_json``.

    If that is true, the command prints nothing, and what it returns is written as JSON: a dictionary, or that and the exit code.
    Errors are written, too, and values that JSON does not have. Since 0.7. ::

        @click.command()
        @takes_json
        def boats(as_json: bool) -> Optional[dict[str, list[str]]]:
            found = ["Swallow", "Amazon"]
            if not as_json:
                click.echo(" ".join(found))
            return {"boats": found}
    """

    @functools.wraps(command)
    def answered(*arguments: Any, as_json: bool, **others: Any) -> None:
        context = click.get_current_context()
        answer = of_context(context)
        answer.is_wanted = as_json
        if not as_json:
            command(*arguments, as_json=as_json, **others)
            return
        with _other_prints_to_stderr():
            found = command(*arguments, as_json=as_json, **others)
        facts, code = found if isinstance(found, tuple) else (found, 0)
        answer.give(facts)
        if code or answer.errors:
            context.exit(code or 1)

    option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
    return option(answered)  # type: ignore[return-value]  # click calls it with keyword arguments only


@contextlib.contextmanager
def _other_prints_to_stderr() -> Iterator[None]:
    """Send what is printed inside the block to standard error, such as by the function of a map that runs again here."""
    from htmap_core.plugins.guarding.printing import programs_to_stderr

    with programs_to_stderr():
        try:
            yield
        finally:
            sys.stdout.flush()


def look_for_json(context: click.Context, words: Sequence[str]) -> None:
    """Look whether a program asks, before anything is known of the command that was typed."""
    options = words[: words.index("--")] if "--" in words else words
    of_context(context).is_wanted = "--json" in options and not context.resilient_parsing


@contextlib.contextmanager
def answering(context: click.Context) -> Iterator[None]:
    """Write errors that end the command as an answer, too, where a program has asked."""
    try:
        yield
    except (click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except Exception as error:
        answer = of_context(context)
        if answer.is_wanted and not answer.is_given:
            answer.add(error)
            answer.give({})
        raise
