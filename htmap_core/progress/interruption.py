"""Ctrl-C: whoever presses it is told what becomes of the map."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterator

from htmap_core.progress.bars import tell


def tell_that_it_goes_on(tag: str) -> None:
    """Say that a map goes on although nobody waits for it any more, how to come back to it, and how to stop it."""
    named = shlex.quote(tag)
    tell(
        f"map {tag!r} goes on without this program. To come back to it: htmap.load({tag!r}), or `htmap wait {named}`. "
        f"To stop it: `htmap hold {named}`, or `htmap remove {named}`"
    )


@contextlib.contextmanager
def of_a_creation(submitted: Callable[[], str | None]) -> Iterator[None]:
    """Say after Ctrl-C in the block whether there is a map.

    :param submitted: returns the tag of the map whose jobs the schedd may have; None if there is none.
    """
    try:
        yield
    except KeyboardInterrupt:
        if (tag := submitted()) is None:
            tell("no map was created: nothing was submitted, and nothing is left")
        else:
            tell_that_it_goes_on(tag)
        raise
