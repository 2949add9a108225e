"""The maps that a command acts on: by tags, patterns, ``--all``, or tags from standard input.

Here and in the modules of commands, the modules that find and load maps are imported inside functions: a shell that completes
tags starts ``htmap`` for each TAB.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import click
from click.shell_completion import CompletionItem

from htmap_core.cli.machine.answer import of_context
from htmap_core.exceptions import HTMapException, InvalidTag, TagNotFound
from htmap_core.wording import in_shell
from htmap_run import ranges

if TYPE_CHECKING:
    from htmap_core.maps.map import Map

F = TypeVar("F", bound=Callable[..., Any])

_SHOWN = 100  # completions of a component's number: a screenful; one more digit shows others
_LISTED = 10  # tags that a question lists


class _Tag(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    name = "tag"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from htmap_core.storage.tags import all_tags

        given = ctx.params.get(param.name or "") or ()
        try:
            known = all_tags()
        except HTMapException:
            return []  # the command itself will say what is wrong
        return [CompletionItem(tag) for tag in known if tag.startswith(incomplete) and tag not in given]


class _Component(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    name = "component"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return int(click.INT.convert(value, param, ctx))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from htmap_core.storage.tags import find_map

        try:
            map_dir = find_map(ctx.params["tag"])
            map_dir.refresh()
            count = map_dir.placement.components
        except (KeyError, HTMapException):
            return []  # the command itself will say what is wrong
        fitting = (str(number) for number in range(count) if str(number).startswith(incomplete))
        return [CompletionItem(number) for _, number in zip(range(_SHOWN), fitting)]


class _Components(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    name = "components"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Sequence[int]:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]  # click may convert twice
        text = ",".join(value.replace(",", " ").split())
        try:
            return ranges.parse(text) if text else ()  # another command may have found none
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


TAG = _Tag()
COMPONENT = _Component()
COMPONENTS = _Components()


@attrs.frozen
class Selection:
    """The maps that a command acts on.

    :param tags: their tags, each once.
    :param is_wide: whether the user named some of them by a pattern or ``--all``, not one by one.
    """

    tags: tuple[str, ...]
    is_wide: bool = False

    def confirm(self, question: str, *, yes: bool) -> bool:
        """Return whether to go on. Ask on a terminal if the selection is wide, unless *yes* is true.

        :param question: with ``{maps}`` where the maps belong.
        """
        if yes or not self.is_wide or not (sys.stdin.isatty() and sys.stderr.isatty()):
            return True
        more = f" and {len(self.tags) - _LISTED} more" if len(self.tags) > _LISTED else ""
        click.echo(f"{', '.join(self.tags[:_LISTED])}{more}", err=True)
        maps = "this map" if len(self.tags) == 1 else f"these {len(self.tags)} maps"
        return click.confirm(question.format(maps=maps), err=True)

    def check_is_one(self) -> None:
        """Check that it is one map, which was named: the components that a command acts on are numbers of that one.

        :raises click.UsageError: it is not.
        """
        if self.is_wide or len(self.tags) != 1:
            raise click.UsageError("--components are those of one map: name its tag, and nothing else")

    def each(self, act: Callable[[str], None]) -> None:
        """Act on each tag. An error for one is printed and does not stop the others, but makes the exit code 1."""
        from htmap_core.cli import tables  # 20 ms with its imports, which completion does not need

        failed, answer = False, of_context(click.get_current_context())
        for tag in self.tags:
            try:
                act(tag)
            except HTMapException as error:
                failed = True
                text = str(error)
                if isinstance(error, (InvalidTag, TagNotFound)) and _is_pattern(tag):
                    path = click.get_current_context().command_path
                    text = f"{tag!r} is no tag; did you mean the pattern: `{path} -p {in_shell(tag)}`?"
                tables.complain(text if repr(tag)[1:-1] in text else f"map {tag!r}: {text}")
                answer.add(error, tag, text)
        if failed and not answer.is_wanted:  # where it is, the answer comes first
            click.get_current_context().exit(1)

    def each_map(self, act: Callable[[Map], None]) -> None:
        """Act on each map; errors as in :meth:`each`."""
        self.each(lambda tag: act(load(tag)))


def _is_pattern(text: str) -> bool:
    return any(wildcard in text for wildcard in "*?[")  # which no tag has


def load(tag: str) -> Map:
    """Return the map with a tag, as :func:`htmap.load` does."""
    from htmap_core.maps import management

    return management.load(tag)


def takes_maps(command: F) -> F:
    """Give a command ``[TAGS]...``, ``-p/--pattern`` and ``--all``; it gets the argument ``selection``."""

    @_with_options("Act on all maps.")
    @functools.wraps(command)
    def with_selection(*, tags: Sequence[str], patterns: Sequence[str], all_: bool, **others: Any) -> Any:
        return command(selection=_select(tags, patterns, all_), **others)

    return with_selection  # type: ignore[return-value]  # click calls it with keyword arguments only


def takes_maps_and_all(meaning: str) -> Callable[[F], F]:
    """Give a command what :func:`takes_maps` does, where ``--all`` has a meaning for maps that are named, too: ``all_``."""

    def decorate(command: F) -> F:
        @_with_options(meaning)
        @functools.wraps(command)
        def with_selection(*, tags: Sequence[str], patterns: Sequence[str], all_: bool, **others: Any) -> Any:
            is_every_map = all_ and not tags and not patterns
            return command(selection=_select(tags, patterns, is_every_map), all_=all_, **others)

        return with_selection  # type: ignore[return-value]  # click calls it with keyword arguments only

    return decorate


def _with_options(all_means: str) -> Callable[[F], F]:
    pattern = click.option(
        "-p",
        "--pattern",
        "patterns",
        multiple=True,
        metavar="PATTERN",
        help="Act on the maps whose tags match a pattern with wildcards; can be repeated.",
    )
    all_ = click.option("--all", "all_", is_flag=True, help=all_means)
    return lambda command: click.argument("tags", nargs=-1, type=TAG)(pattern(all_(command)))


takes_yes = click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")


takes_components = click.option(
    "--components",
    type=COMPONENTS,
    metavar="LIST",
    help="Act on some components of one map, such as `0-9,12`. Others that share their jobs are named, and acted on, too.",
)


def wide(tags: Iterable[str]) -> Selection:
    """Return a selection of tags that the user did not name one by one."""
    chosen = tuple(tags)
    return Selection(chosen, is_wide=bool(chosen))


def _select(named: Sequence[str], patterns: Sequence[str], all_: bool) -> Selection:
    from htmap_core.maps import management

    if all_ and (named or patterns):
        raise click.UsageError("--all means every map: do not combine it with TAGS or --pattern")
    if all_:
        if not (tags := management.get_tags()):
            click.echo("You have no maps.", err=True)
        return wide(tags)
    if not named and not patterns:
        return Selection(_from_standard_input())
    matching: list[str] = []
    for pattern in patterns:
        if not (found := management.get_tags(pattern)):
            raise click.ClickException(f"no map's tag matches {pattern!r}; `htmap tags` lists your maps")
        matching += found
    unnamed = [tag for tag in dict.fromkeys(matching) if tag not in named]
    return Selection(tuple(dict.fromkeys((*named, *unnamed))), is_wide=bool(unnamed))


def _from_standard_input() -> tuple[str, ...]:
    if not sys.stdin.isatty() and (tags := sys.stdin.read().split()):
        return tuple(dict.fromkeys(tags))
    raise click.UsageError(
        "name the maps: by TAGS, --pattern, --all, or tags on standard input; `htmap tags` lists them"
    )
