"""Ctrl-C: whoever presses it is told what becomes of the map."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from htmap_core.progress.bars import tell
from htmap_core.wording import in_shell


def tell_that_it_goes_on(tag: str) -> None:
    """Say that a map goes on although nobody waits for it any more, how to come back to it, and how to stop it."""
    named = in_shell(tag)
    tell(
        f"map {tag!r} goes on without this program. To come back to it: htmap.load({tag!r}), or `htmap wait {named}`. "
        f"To stop it: `htmap hold {named}`, or `htmap remove {named}`"
    )


def tell_how_to_go_on(tag: str) -> None:
    """Say that a map which runs on this machine was stopped with its program, and how to run the rest of it."""
    tell(
        f"htmap: map {tag!r} was stopped; what has ended stays. "
        f"`htmap rerun components {in_shell(tag)} --status removed` goes on"
    )


@contextlib.contextmanager
def of_a_creation(submitted: Callable[[], str | None], *, may_exist: bool = False) -> Iterator[None]:
    """Say after Ctrl-C in the block whether there is a map.

    :param submitted: returns the tag of the map whose jobs the schedd may have; None if there is none.
    :param may_exist: whether a map may have been there before, to which some were to be added.
    """
    try:
        yield
    except KeyboardInterrupt:
        if (tag := submitted()) is None:
            tell(
                "nothing was submitted: a map that was there before stays as it was, and goes on"
                if may_exist
                else "no map was created: nothing was submitted, and nothing is left"
            )
        else:
            tell_that_it_goes_on(tag)
        raise
