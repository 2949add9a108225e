"""``htmap stdout`` and ``htmap stderr``."""

from __future__ import annotations

import click

from htmap_core.cli.selection import COMPONENT, TAG, load

_TIMEOUT = click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    help="How long to wait until it is there, in seconds; for ever by default.",
)


@click.command()
@click.argument("tag", type=TAG)
@click.argument("component", type=COMPONENT)
@_TIMEOUT
@click.option(
    "-f", "--follow", is_flag=True, help="Show it as it is written, wherever the component runs, until it has ended."
)
def stdout(tag: str, component: int, timeout: float | None, follow: bool) -> None:
    """Look at the stdout of a map component.

    Where several components share a job, --follow shows what all of them write.
    """
    if follow:
        for text in load(tag).stdout.follow(component, timeout):
            click.echo(text, nl=False)
        return
    _show(tag, component, "stdout", timeout)


@click.command()
@click.argument("tag", type=TAG)
@click.argument("component", type=COMPONENT)
@_TIMEOUT
def stderr(tag: str, component: int, timeout: float | None) -> None:
    """Look at the stderr of a map component."""
    _show(tag, component, "stderr", timeout)


def _show(tag: str, component: int, stream: str, timeout: float | None) -> None:
    sequence = getattr(load(tag), stream)
    try:
        text = sequence.get(component, timeout)
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from error
    click.echo(text, nl=not text.endswith("\n") and bool(text))
