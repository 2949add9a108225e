"""The settings of one moment: what is outside of the program is looked at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_Table = Mapping[str, Any]

_seen: ContextVar[dict[object, _Table] | None] = ContextVar("seen", default=None)


@contextmanager
def of_one_moment() -> Iterator[None]:
    """Look at files, environment variables and plugins once inside the block: what is done there has the settings of one moment.

    Values that the program sets meanwhile count at once.
    """
    token = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(token)


def seen_now(layer: object, look: Callable[[], _Table]) -> _Table:
    """Return the present table of a layer: what *look* returns, which is called once inside :func:`of_one_moment`."""
    if (seen := _seen.get()) is None:
        return look()
    if layer not in seen:
        seen[layer] = look()
    return seen[layer]
