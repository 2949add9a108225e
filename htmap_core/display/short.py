"""Values in short, whatever they are: what users' functions take and return may be huge, or have a ``repr`` that fails."""

from __future__ import annotations

import itertools
import reprlib
from typing import Any

_MOST = 300  # characters
_CUT = "..."


class _Limited(reprlib.Repr):
    """The ``repr`` of values, without most of what is in long ones."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxstring = self.maxother = _MOST // 2
        self.maxlong = 60
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = 8

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """Return the first entries in their order; Python's own sorts all of them."""
        if level <= 0 and x:
            return f"{{{_CUT}}}"
        first = itertools.islice(x.items(), self.maxdict)
        shown = [f"{self.repr1(key, level - 1)}: {self.repr1(value, level - 1)}" for key, value in first]
        return f"{{{', '.join(shown + [_CUT] * (len(x) > self.maxdict))}}}"


def short(value: Any) -> str:
    """Return the ``repr`` of a value, cut to a few hundred characters. It is never refused.

    >>> short([0.25, "tide"]), len(short(list(range(10**6)))) < 50
    ("[0.25, 'tide']", True)
    """
    try:
        return cut(_Limited().repr(value))
    except Exception as error:  # its own `repr` may raise anything
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"


def cut(text: str, most: int = _MOST) -> str:
    """Return *text*, or its beginning with three dots if it is longer than *most* characters.

    >>> cut("high tide", most=7)
    'high...'
    """
    return text if len(text) <= most else f"{text[: most - len(_CUT)]}{_CUT}"
