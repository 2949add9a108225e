"""Small files that notice damage: JSON for people to read, whose last key is a checksum of all that stands before it.

The checksum is against damage and not against malice: whoever can write the file can also compute it.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from htmap_core.files.reading import open_file

_SEALED = re.compile(rb'(.*)(?:, |,\n +)"checksum": "([0-9a-f]{8})"\n?\}', re.DOTALL)
_PIECE = 1024 * 1024  # bytes to read at once: a file of any size takes little memory


def seal(content: Mapping[str, Any], indent: int | None = None) -> str:
    """Return JSON with a checksum, which :func:`unseal` reads. Since 0.7.

    >>> seal({"slots": 8})
    '{"slots": 8, "checksum": "7e388f59"}'

    :param content: at least one key.
    :param indent: as that of :func:`json.dumps`; None for a single line.
    """
    gap, end = (" ", "}") if indent is None else ("\n" + " " * indent, "\n}")
    body = json.dumps(content, indent=indent).removesuffix(end)
    return f'{body},{gap}"checksum": {json.dumps(checksum(body.encode()))}{end}'


def unseal(text: bytes, *, unsealed: Collection[str] = ()) -> dict[str, Any]:
    """Return the content of sealed JSON. Since 0.7.

    >>> unseal(seal({"slots": 8}).encode())
    {'slots': 8}

    :param unsealed: the keys that JSON of an earlier version, which has no checksum, may have. No single flipped bit makes such
        JSON of what is sealed: the key of the checksum is left over.
    :raises ValueError: the text is damaged, or is no such JSON.
    """
    sealed = _SEALED.fullmatch(text)
    if sealed and checksum(sealed[1]) != sealed[2].decode():
        raise ValueError("it is damaged: its checksum is wrong")
    try:
        content = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is damaged: it is nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError("it is damaged: it is no JSON object")  # noqa: TRY004 -- text of a wrong form, and no argument
    if sealed:
        del content["checksum"]
    elif unknown := content.keys() - set(unsealed):
        raise ValueError(f"it is damaged: it has no checksum, but {', '.join(map(repr, sorted(unknown)))}")
    return content


def is_sealed(text: bytes) -> bool:
    """Return whether a text ends in a checksum, right or wrong."""
    return _SEALED.fullmatch(text) is not None


def checksum(content: bytes) -> str:
    """Return the checksum of some bytes: eight hexadecimal digits."""
    return f"{zlib.crc32(content):08x}"


def checksum_of(path: Path) -> str:
    """Return the checksum of a file.

    :raises OSError: it cannot be read.
    """
    value = 0
    with open_file(path) as file:
        while piece := file.read(_PIECE):
            value = zlib.crc32(piece, value)
    return f"{value:08x}"


def check(path: Path, expected: str) -> None:
    """Check that a file is as it was when its checksum was taken.

    :raises ValueError: it is damaged.
    :raises OSError: it cannot be read.
    """
    if checksum_of(path) != expected:
        raise ValueError(f"{path.name} is damaged: its checksum is wrong")
