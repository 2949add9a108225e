"""What the user wants done where a map has the tag already."""

from __future__ import annotations

from typing import Any

from htmap_core.exceptions import InvalidOption
from htmap_core.settings import tables
from htmap_core.settings.core import IF_EXISTS

ERROR, RESUME, LOAD, REPLACE = IF_EXISTS

_ARGUMENT = "if_exists"


def rule_for(given: Any, tag: str | None) -> str:
    """Return what is to be done where a map has the tag already: one of the choices of the setting IF_EXISTS.

    A map without a tag gets one that no other has. So the setting does not matter there, and the argument is a mistake.

    :param given: the argument; None for the setting.
    :raises InvalidOption: the argument is none of the choices, or there is no tag.
    :raises InvalidSetting: the setting is none of them.
    """
    if given is None:
        return ERROR if tag is None else str(tables.setting("IF_EXISTS"))
    if given not in IF_EXISTS:
        choices = ", ".join(map(repr, IF_EXISTS[:-1]))
        raise InvalidOption(_ARGUMENT, given, f"must be {choices} or {IF_EXISTS[-1]!r}")
    if tag is None and given != ERROR:
        raise InvalidOption(_ARGUMENT, given, "needs a tag, by which the next run of the script finds the map")
    return str(given)
