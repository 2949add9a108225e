"""Where a setting stands in a TOML file, for messages: the reader of TOML does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_PATH = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE = re.compile(rf"\s*\[\[?\s*({_PATH})\s*\]")
_KEY = re.compile(rf"\s*({_PATH})\s*=")
_PART_IN_PATH = re.compile(_PART)
_LONG_TEXT = re.compile('"""|' + "'''")


def line_of(text: str, setting: str) -> int | None:
    r"""Return the number of the line in which a setting begins, or the first one of a table; None if it has no line of its own.

    >>> line_of("WAIT_TIME = 3\n[DOCKER]\nIMAGE = 'a'\n", "docker.image")
    3

    :param text: a valid TOML file.
    :param setting: its dotted path, in any case.
    """
    wanted = setting.casefold().split(".")
    for number, path in _keys(text):
        shared = min(len(path), len(wanted))  # the line may be that of an inline table, or the first of a table
        if path[:shared] == wanted[:shared]:
            return number
    return None


def _keys(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each line with a key, and the parts of its path in lower case."""
    table: list[str] = []
    is_text = False  # whether the line is a part of a text of several lines
    for number, line in enumerate(text.splitlines(), start=1):
        if not is_text:
            if found := _TABLE.match(line):
                table = _parts(found[1])
            elif found := _KEY.match(line):
                yield number, [*table, *_parts(found[1])]
        is_text ^= len(_LONG_TEXT.findall(line)) % 2 == 1


def _parts(path: str) -> list[str]:
    return [part.strip("\"'").casefold() for part in _PART_IN_PATH.findall(path)]
