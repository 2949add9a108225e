"""What reading a damaged file of a map raises becomes one exception, with the file's name and what follows from it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from htmap_core.exceptions import CorruptMap
from htmap_core.files.reading import UNREADABLE
from htmap_core.storage.content.shapes import misfit

_NO_UNICODE = re.compile("[\ud800-\udfff]")


@contextlib.contextmanager
def told_as_damage(path: Path, consequence: str, *, missing: str | None = None) -> Iterator[None]:
    """Turn whatever a block raises that reads a file and makes sense of it into :class:`CorruptMap`.

    :param consequence: what cannot be done, as the rest of a sentence that begins with "so".
    :param missing: what to say where there is no such file; None to let FileNotFoundError through.
    """
    try:
        yield
    except FileNotFoundError as error:
        if missing is None:
            raise
        raise CorruptMap(path, missing) from error
    except UNREADABLE as error:
        raise CorruptMap(path, f"cannot be read ({reason(error)}), so {consequence}") from error


def reason(error: BaseException) -> str:
    """Return what is wrong with a file, as a phrase."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"it has no {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__


def check_shape(value: Any, shape: Any) -> None:
    """Check that a value from JSON has its shape: a checksum tells of bytes, and not of another program that has written them.

    :raises ValueError: it has not.
    """
    if problem := misfit(value, shape):
        raise ValueError(f"it is damaged: {problem}")


def check_texts(values: Mapping[str, Any]) -> None:
    """Check that all values are texts that can stand for a path, a name or a line.

    :raises ValueError: one is not.
    """
    for name, value in values.items():
        if not isinstance(value, str):
            raise ValueError(f"it is damaged: {name} is {type(value).__name__}")  # noqa: TRY004 -- a file of a wrong form
        if "\0" in value or (not value.isprintable() and _NO_UNICODE.search(value)):
            raise ValueError(f"it is damaged: {name} has characters that no text has")
