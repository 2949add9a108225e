"""What is written as TOML: settings files, and lists in environment variables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    :raises FileNotFoundError: the file does not exist.
    :raises InvalidSettingsFile: the file is not valid TOML or cannot be read.
    """
    try:
        return dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        from htmap_core.exceptions import InvalidSettingsFile

        raise InvalidSettingsFile(path, str(error)) from error


def split_list(text: str) -> list[Any]:
    """Return the items of a list that is written as text, as in environment variables: with commas, or as in a settings file.

    >>> split_list("pool, shared"), split_list('["pool", "shared"]')
    (['pool', 'shared'], ['pool', 'shared'])

    :raises ValueError: it is in brackets, and no list.
    """
    bare = text.strip()
    if not (bare.startswith("[") and bare.endswith("]")):
        return [part.strip() for part in bare.split(",") if part.strip()]
    try:
        return list(tomllib.loads(f"items = {bare}")["items"])
    except tomllib.TOMLDecodeError as error:
        raise ValueError('must be names with commas between them, or a list such as ["one", "two"]') from error
