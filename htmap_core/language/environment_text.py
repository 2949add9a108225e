"""The environment of jobs, from a mapping of variables to the text of a submit description."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from htmap_core.exceptions import InvalidOption
from htmap_core.language.literals import literal

_MACRO_ALONE = re.compile(r"\$\((\w+)\)")
_ASSIGNED = re.compile(r"([^\s=]+)=((?:'(?:[^']|'')*'|[^\s'])*)")
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_VARIABLE = re.compile(r"[^\s='\"]+")


def environment_text(option: str, variables: Mapping[Any, Any]) -> str:
    """Return variables in HTCondor's newer syntax; values arrive as they are, with blanks and quotes.

    >>> print(environment_text("environment", {"TITLE": "high tide", "LEVEL": 3}))
    "TITLE='high tide' LEVEL=3"

    :param option: the option, for messages.
    :raises InvalidOption: a name is none, or a value is neither text nor a number nor a path.
    """
    return '"' + " ".join(assignment(option, name, value) for name, value in variables.items()) + '"'


def assignment(option: str, name: Any, value: Any) -> str:
    """Return one variable in HTCondor's newer syntax, as it stands between the quotes around all.

    :raises InvalidOption: as for :func:`environment_text`.
    """
    return f"{_name(option, name)}={_value(option, name, value)}"


def merged(assignments: Iterable[str], given: str) -> str:
    """Return an environment with some more variables, which come first: of two values of a variable, HTCondor takes the later.

    >>> print(merged(["PROXY=squid"], "TITLE=high tide;LEVEL=3"))
    "PROXY=squid TITLE='high tide' LEVEL=3"

    :param given: the value of the command; a macro alone stands for values in the newer syntax, one for each component.
    """
    inner = f"$SUBSTR({found[1]},1,-1)" if (found := _MACRO_ALONE.fullmatch(given)) else newer_syntax(given)[1:-1]
    return '"' + " ".join([*assignments, inner]).rstrip() + '"'


def variables(given: str) -> dict[str, str]:
    """Return the variables of an environment in either syntax.

    >>> variables("TITLE=high tide;LEVEL=3")
    {'TITLE': 'high tide', 'LEVEL': '3'}

    :param given: the value of the command, without macros.
    """
    inner = newer_syntax(given)[1:-1].replace('""', '"')
    found = ((name, _QUOTED.sub(_unquoted, value)) for name, value in _ASSIGNED.findall(inner))
    return dict(found)


def _unquoted(quoted: re.Match[str]) -> str:
    return quoted[1].replace("''", "'")


def newer_syntax(given: str) -> str:
    """Return an environment in HTCondor's newer syntax, if it is in the older one: values with semicolons between them.

    >>> print(newer_syntax("TITLE=high tide;LEVEL=3"))
    "TITLE='high tide' LEVEL=3"
    """
    if given.startswith('"'):
        return given
    pairs = [pair.lstrip().partition("=") for pair in given.split(";") if pair.strip()]
    return '"' + " ".join(f"{name}{equals}{_older_value(value)}" for name, equals, value in pairs) + '"'


def _older_value(value: str) -> str:
    """Return a value of the older syntax, in which all but macros stands for itself."""
    text = value.replace('"', '""').replace("'", "''")
    return f"'{text}'" if re.search(r"[\s'$]", text) else text


def _name(option: str, name: Any) -> str:
    if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
        raise InvalidOption(option, name, "is not the name of an environment variable")
    return _literal(option, name)


def _value(option: str, name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, os.PathLike)):
        raise InvalidOption(option, value, f"the environment variable {name} must be text, a number or a path")
    text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    if not isinstance(text, str):
        raise InvalidOption(option, value, f"the environment variable {name} must be a path of text, not of bytes")
    quoted = _literal(option, text.replace("'", "''"))
    return f"'{quoted}'" if not text or re.search(r"[\s']", text) else quoted


def _literal(option: str, text: str) -> str:
    """Return text in which neither the quotes around all variables end nor a macro begins; ``$$(...)`` remains the slot's."""
    return literal(option, text.replace('"', '""'), asks_slots=True)
