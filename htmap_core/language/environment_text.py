"""The environment of jobs, from a mapping of variables to the text of a submit description."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from htmap_core.exceptions import InvalidOption

_MACRO = re.compile(r"(?<!\$)\$(?=\w*\()")
_VARIABLE = re.compile(r"[^\s='\"]+")


def environment_text(option: str, variables: Mapping[Any, Any]) -> str:
    """Return variables in HTCondor's newer syntax; values arrive as they are, with blanks and quotes.

    >>> print(environment_text("environment", {"TITLE": "high tide", "LEVEL": 3}))
    "TITLE='high tide' LEVEL=3"

    :param option: the option, for messages.
    :raises InvalidOption: a name is none, or a value is neither text nor a number nor a path.
    """
    return '"' + " ".join(f"{_name(option, name)}={_value(option, value)}" for name, value in variables.items()) + '"'


def _name(option: str, name: Any) -> str:
    if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
        raise InvalidOption(option, name, "is not the name of an environment variable")
    return _literal(name)


def _value(option: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, os.PathLike)):
        raise InvalidOption(option, value, "the value of an environment variable must be text, a number or a path")
    text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    if not isinstance(text, str):
        raise InvalidOption(option, value, "must be a path of text, not of bytes")
    quoted = _literal(text.replace("'", "''"))
    return f"'{quoted}'" if not text or re.search(r"[\s']", text) else quoted


def _literal(text: str) -> str:
    """Return text in which neither the quotes around all variables end nor a macro begins; ``$$(...)`` remains the slot's."""
    return _MACRO.sub("$(DOLLAR)", text.replace('"', '""'))
