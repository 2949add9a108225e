"""Whether a file can be called so."""

from __future__ import annotations

import os

_LONGEST = 255  # bytes of one name, on every usual file system


def why_no_name(path: str) -> str | None:
    """Return why no file of this machine can have a path; None if one can.

    >>> why_no_name("a/" + "b" * 256)
    'a name in it has 256 bytes, and can have 255'
    """
    try:
        encoded = os.fsencode(path)
    except UnicodeEncodeError as error:
        return f"it has {path[error.start]!a}, which no file's name can have"
    if b"\0" in encoded:
        return "it has a NUL, which no file's name can have"
    longest = max(map(len, encoded.split(b"/")))
    return f"a name in it has {longest} bytes, and can have {_LONGEST}" if longest > _LONGEST else None
