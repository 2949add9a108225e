"""Phrases that many messages share, for the core and for plugins.

Messages of all plugins sound alike with them::

    raise UnknownImage(f"no image {name!r}{wording.did_you_mean(name, known)}")

Since 0.7.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["describe", "did_you_mean", "duration", "followed", "size", "table"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'docker'?"`` if *known* has a name close to *name*, else an empty text."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean {by_folded[close[0]]!r}?" if close else ""


def followed(text: str, more: str) -> str:
    """Return *text*, then *more* behind a semicolon; a question mark at the end of *text* makes the semicolon superfluous."""
    return f"{text}{'' if text.endswith('?') else ';'} {more}"


def describe(error: BaseException) -> str:
    """Return an error's type and first line, as a reason inside another message."""
    text: Any = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


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
    """Return a table of text; the first *left* columns are aligned left, the others right."""
    lines = [list(headers), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    )
