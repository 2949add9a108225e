"""Phrases that many messages share."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable
from typing import Any


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
