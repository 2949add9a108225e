"""What users mean who type a command that is not there: names that other tools have, near misses, and words in another order."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Any

import click

from htmap_core.wording import did_you_mean, in_shell

# Commands as one types them, by the group that they are in, with the names that other tools have for them.
OTHER_NAMES: dict[str, dict[str, str]] = {
    "cli": {
        "status": "condor_q jobs list ll ls maps overview ps q queue",
        "status --live": "live monitor top watch",
        "components TAG": "component describe info show",
        "stdout TAG COMPONENT": "cat out output outputs print",
        "stdout --follow TAG COMPONENT": "follow tail",
        "stderr TAG COMPONENT": "err",
        "errors TAG": "error failures report reports traceback",
        "reasons TAG": "held holds",
        "why TAG": "analyse analyze better-analyze explain",
        "advise TAG": "advice propose recommend resources suggest",
        "job TAG": "ad long",
        "hold TAG": "stop",
        "pause TAG": "suspend",
        "resume TAG": "unpause unsuspend",
        "release TAG": "continue unhold",
        "vacate TAG": "evict preempt",
        "rerun map TAG": "again redo repeat resubmit restart retry",
        "edit memory TAG AMOUNT": "mem memory qedit ram",
        "edit disk TAG AMOUNT": "disk",
        "edit walltime TAG TIME": "time timelimit walltime",
        "retag TAG NEW": "mv rename",
        "remove TAG": "abort cancel condor_rm del delete kill rm terminate",
        "clean": "cleanup gc prune purge",
        "settings": "config configuration configure get options",
        "docs": "doc documentation guide howto manual page pages tutorial tutorials",
        "doctor": "check diagnose health test verify",
        "plugins list": "plugin",
        "autocompletion": "completion completions",
        "--help": "help man usage",
    },
    "edit": {"memory": "mem ram request_memory", "disk": "request_disk space storage", "walltime": "runtime time"},
    "plugins": {"list": "all ls status", "show": "describe get info"},
    "rerun": {"map": "all maps", "components": "component some", "failed": "errored errors failures"},
}
_MAKES_MAPS = frozenset(["create", "map", "new", "run", "start", "submit"])


class Suggesting(click.Group):
    """A group that says of an unknown command which one was probably meant.

    :param usual: says which commands may be meant by who named none, the likeliest first, from the words behind the first one,
        which belongs to them.
    """

    def __init__(
        self, *arguments: Any, usual: Callable[[Sequence[str]], Sequence[str]] | None = None, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self._usual = usual

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a command as click does, but suggest another one where there is none of that name."""
        is_asked = args and not args[0].startswith("-") and not ctx.resilient_parsing
        if is_asked and self.get_command(ctx, args[0]) is None:
            ctx.fail(f"No such command {args[0]!r}{self.suggestion(ctx, args)}")
        return super().resolve_command(ctx, args)

    def suggestion(self, ctx: click.Context, args: Sequence[str]) -> str:
        """Return the end of the sentence that there is no such command."""
        name, rest = args[0], args[1:]
        known = self.list_commands(ctx)
        if (typed := _other_name(self.name or "", name)) is not None:
            return f"; did you mean `{ctx.command_path} {typed}`?"
        if self.name == "cli" and name.casefold() in _MAKES_MAPS:
            return "; maps are made in Python: `htmap.map(function, inputs)`"
        if near := did_you_mean(name, known):
            return near
        if (inner := next((each for each in rest if each in known), None)) is not None and self._usual is not None:
            in_order = [inner, name, *(each for each in rest if each != inner)]
            return f"; did you mean `{ctx.command_path} {shlex.join(in_order)}`?"
        if self._usual is not None:
            meant = (f"`{ctx.command_path} {shlex.join([each, *args])}`" for each in self._usual(rest))
            return f"; did you mean {' or '.join(meant)}?"
        return ""


class WithoutTags(click.Command):
    """A command that takes no tag, and says to whom gives one which command does.

    :param instead: that command, with ``{tag}`` where the tag belongs.
    """

    allow_extra_args = True

    def __init__(self, *arguments: Any, instead: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._instead = instead

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does, but suggest the other command where there are arguments left."""
        left = super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            instead = self._instead.format(tag=in_shell(ctx.args[0]))
            ctx.fail(f"Got unexpected extra argument ({' '.join(ctx.args)}); did you mean `{instead}`?")
        return left


def _other_name(group: str, name: str) -> str | None:
    """Return the command of a group that has *name* in other tools."""
    names = OTHER_NAMES.get(group, {}).items()
    return next((typed for typed, others in names if name.casefold() in others.split()), None)
