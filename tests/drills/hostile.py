"""Values that have a meaning somewhere on the way to a job and back, mixed with any other text."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator

FRAGMENTS = (
    "", " ", "a", "é", "漢", "\u202e", "\u2028", "\u3000", "\x1b[31m", "\x1b]0;title\x07", "\0", "\n", "\r", "\t", "\x1f", "\x7f",
    "\x85", "\ud800", "\udcff", "$", "$$", "$(X)", "$(DOLLAR)", "$$(Memory)", "$$([1])", "$ENV(HOME)", "$Fnx(a)", "$(",
    "${HOME}", "`id`", "$(id)", "queue", "\nqueue 2\n", "if", "include : id |", "|", ";", ",", "=", "==", ":", "://", "http://",
    "file:///", '"', "'", '"""', "''", "\\", "\\\\", "\\n", "/", "//", "/../", "..", ".", "~", "-", "--", "--help", "-1", "0",
    "1e999", "NaN", "None", "true", "undefined", "error", "%", "%s", "%20", "{}", "{0}", "[", "]", "[red]", "(", ")", "<", ">",
    "<b>", "&", "&amp;", "*", "?", "!", "#", "@", "^", "+", "MY.", "TARGET.", "&&", "||", "/*", "*/", "[a]\nb = 1", "a.b", "_",
    "😀", "x" * 300, "y/" * 300, "9" * 400,
)  # fmt: skip
_ANY = 0x11000  # characters with some of all kinds, surrogates among them
_ASCII = 128


def text(chance: random.Random) -> str:
    """Return a text of a few fragments, or of any characters."""
    if chance.random() < 1 / 5:
        length = chance.randrange(8)
        return "".join(chr(chance.randrange(chance.choice([_ASCII, _ANY]))) for _ in range(length))
    return "".join(chance.choice(FRAGMENTS) for _ in range(chance.choice([1, 1, 2, 2, 3, 5])))


def at(doors: Iterable[str]) -> Callable[[random.Random], Iterator[str]]:
    """Return what gives cases without end: each door in turn, with a hostile value for it."""
    known = list(doors)

    def cases(chance: random.Random) -> Iterator[str]:
        while True:
            for door in known:
                yield f"{door} {text(chance)!a}"

    return cases
