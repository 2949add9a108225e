"""Where a map runs."""

from __future__ import annotations

import os

from htmap_core import names
from htmap_core.exceptions import InvalidOption
from htmap_core.settings import tables


def place(where: str | None) -> str:
    """Return where a map runs: as the user says, or else as the settings say.

    :raises InvalidOption: the user says something else.
    """
    if where is None:
        return str(tables.setting("WHERE"))
    if where not in names.PLACES:
        others = "'here' in this process, or 'processes' for child processes"
        raise InvalidOption("where", where, f"must be 'pool', or to try the map on this machine, {others}")
    return where


def how(where: str) -> str:
    """Return in words how a map runs on this machine.

    :param where: ``here`` or ``processes``.
    """
    return f"{_HOW[where]} on {os.uname().nodename}, without HTCondor"


_HOW = {names.HERE: "in the process of its program", names.PROCESSES: "in processes of their own"}
