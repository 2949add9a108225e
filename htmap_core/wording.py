"""Phrases that many messages share, for the core and for plugins.

Messages of all plugins sound alike with them::

    raise UnknownImage(f"no image {name!r}{wording.did_you_mean(name, known)}")

Since 0.7.
"""

from __future__ import annotations

import datetime
import difflib
import functools
import os
import re
import shlex
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from htmap_run import ranges

__all__ = ["describe", "did_you_mean", "duration", "followed", "in_shell", "printable", "size", "table"]

# Characters that a terminal obeys or does not show, except for tabs and ends of lines: controls; marks, embeddings and isolates
# of the direction; separators and joiners without width; tags. A carriage return alone would overwrite the line that it ends.
# What joins letters and emoji (U+200C, U+200D) stays. Lone surrogates cannot be written.
_OBEYED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f]|\r(?!\n)"
)


def minute(when: float) -> str:
    """Return a time in seconds since the epoch, to the minute, in UTC: schedd, execute nodes and users may be far apart.

    >>> minute(0)
    '1970-01-01 00:00 UTC'
    """
    return datetime.datetime.fromtimestamp(when, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def printable(text: str) -> str:
    r"""Return *text* with the characters escaped that a terminal obeys instead of showing them.

    They are written as in Python: a title or a colour (``\x1b]0;``, ``\x9b31m``), a lone ``\r``, a mark that turns the direction
    of what follows (``\u202e``). Tabs and ends of lines stay. Whatever came from the execute side, or from elsewhere, should go
    through this before people see it; the texts of HTMap's exceptions and warnings, its tables, and what a command writes to a
    terminal do so by themselves.

    >>> print(printable("high \x1b[31mtide\x1b[0m"))
    high \x1b[31mtide\x1b[0m
    """
    return _OBEYED.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return ascii(found[0])[1:-1]


class Printable:
    """What exceptions and warnings are derived from: their texts, which may quote anything, are :func:`printable`."""

    def __str__(self) -> str:
        return printable(super().__str__())

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__str__" in vars(cls):
            cls.__str__ = _printing(cls.__str__)  # type: ignore[method-assign]


def _printing(method: Callable[[Any], str]) -> Callable[[Any], str]:
    @functools.wraps(method)
    def text(self: Any) -> str:
        return printable(method(self))

    return text


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'docker'?"`` if *known* has a name close to *name*, else an empty text."""
    found = closest(name, known)
    return f"; did you mean {found!r}?" if found else ""


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the name in *known* that is close to *name* and closer than all others; None if none is close."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def perhaps(names: Sequence[str]) -> str:
    """Return ``"; did you mean 'a' or 'b'?"`` for names that somebody may have meant, else an empty text."""
    *others, last = [repr(name) for name in names] or [""]
    return f"; did you mean {' or '.join(filter(None, [', '.join(others), last]))}?" if last else ""


def followed(text: str, more: str) -> str:
    """Return *text*, then *more* behind a semicolon; a question mark at the end of *text* makes the semicolon superfluous."""
    return f"{text}{'' if text.endswith('?') else ';'} {more}"


def in_shell(word: str | os.PathLike[str]) -> str:
    """Return a tag, a path or another name that users choose as a word of a command that a message proposes.

    Who copies the command into a shell, or runs it from a program, gets the map that is meant, and nothing else happens. Words
    without characters that a shell obeys stay as they are.

    >>> print(f"`htmap errors {in_shell('high-tide')}`, `htmap errors {in_shell('$(reboot)')}`")
    `htmap errors high-tide`, `htmap errors '$(reboot)'`
    """
    return shlex.quote(os.fspath(word))


def describe(error: BaseException) -> str:
    """Return an error's type and first line, as a reason inside another message. It is never refused."""
    try:
        text = str(error).strip().splitlines()
    except Exception as failure:  # its own `__str__` may raise anything
        text = [f"its text cannot be had, because of {type(failure).__name__}"]
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def counted(count: int, what: str) -> str:
    """Return a number with what is counted: ``1 component``, ``3 components``.

    :param what: one of it; a noun whose plural has an s.
    """
    return f"{count} {what}{'' if count == 1 else 's'}"


def numbered(components: Collection[int]) -> str:
    """Return components with their numbers: ``component 3``, ``components 0-9,12``."""
    return f"component{'' if len(components) == 1 else 's'} {ranges.spell(components)}"


def size(count: float) -> str:
    """Return a number of bytes as text in a suitable unit, such as ``1.5 MB``."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024:  # noqa: PLR2004 -- the factor between two units
            return f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TB"


def duration(seconds: float) -> str:
    """Return a duration as text in whole seconds, such as ``1 day, 2:03:04``."""
    return str(datetime.timedelta(seconds=int(seconds)))


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Return a table of text; the first *left* columns are aligned left, the others right. Cells are :func:`printable`."""
    lines = [[printable(cell) for cell in line] for line in [headers, *rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    )
