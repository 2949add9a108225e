"""Whether a file can be called so."""

from __future__ import annotations

import os

_LONGEST = 255  # bytes of one name, on every usual file system


def why_no_name(path: str) -> str | None:
    """Return why no file of this machine can have a path; None if one can.

    >>> why_no_name("a/" + "b" * 256)
    'a name in it has 256 bytes, and can have 255'
    """
    if (reason := why_not_passed(path)) is not None:
        return reason
    longest = max(map(len, os.fsencode(path).split(b"/")))
    return f"a name in it has {longest} bytes, and can have {_LONGEST}" if longest > _LONGEST else None


def why_not_passed(text: str) -> str | None:
    r"""Return why no program can be given a text as the name of a file or as a URL; None if it can.

    >>> why_not_passed("https://example.org/tide\0")
    "it has a NUL, which no file's name can have"
    """
    try:
        encoded = os.fsencode(text)
    except UnicodeEncodeError as error:
        return f"it has {text[error.start]!a}, which no file's name can have"
    return "it has a NUL, which no file's name can have" if b"\0" in encoded else None
