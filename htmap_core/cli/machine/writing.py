r"""JSON as every reader takes it: no NaN, no halves of surrogate pairs, nothing that a terminal would obey.

All is ASCII, so neither the locale nor a terminal's own escapes (:mod:`htmap_core.terminal`) change any of it.
"""

from __future__ import annotations

import datetime
import json
import math
import os
import re
import sys
from collections.abc import Mapping
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")  # such as bytes of a file's name that are no text


def as_json(value: Any) -> str:
    r"""Return *value* as JSON: on one line, but for a terminal, where people read it.

    >>> as_json({"tag": "high\x7f", "age": float("nan")})
    '{"tag": "high\\u007f", "age": null}'
    """
    return json.dumps(plain(value), indent=2 if sys.stdout.isatty() else None, allow_nan=False)


def plain(value: Any) -> Any:
    """Return *value* as JSON can have it.

    Numbers that are none become null, times UTC as jq reads it, paths text, keys text, and whatever has several items a list.
    """
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {plain(key if isinstance(key, str) else str(key)): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, range)):
        return [plain(each) for each in value]
    return _one(value)


def _one(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return plain(os.fsdecode(value) if isinstance(value, os.PathLike) else str(value))
