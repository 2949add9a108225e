"""The settings table OSPOOL."""

from __future__ import annotations

import re
from typing import Any, Optional

import attrs

from htmap_core import table

AUTO = "auto"
PROJECT = "OSPOOL.PROJECT"
_SWITCH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, AUTO: AUTO}


def _switch(given: Any) -> Any:
    """Return True, False or ``"auto"``."""
    if str(given).strip().casefold() not in _SWITCH:
        raise ValueError(f"ENABLED = {given!r}: write 'auto', true or false")
    return _SWITCH[str(given).strip().casefold()]


def _check_project(_: object, __: attrs.Attribute[Any], given: str | None) -> None:
    if given is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", given):
        raise ValueError(f"PROJECT = {given!r}: write a project's name as in 'UWMadison_Tides' or 'TG-PHY123456'")


@attrs.frozen
class OspoolSettings:
    """The settings of the plugin. In ``~/.htmaprc`` their names are in capitals, in a table ``[OSPOOL]``."""

    enabled: Any = attrs.field(
        default=AUTO,
        converter=_switch,
        metadata={
            "meaning": "whether maps go to the OSPool: `true`, `false`, or `auto`: if this machine's collector is the OSPool's"
        },
    )
    project: Optional[str] = attrs.field(
        default=None,
        validator=_check_project,
        metadata={
            "meaning": "the project that the time of jobs is counted for, such as `UWMadison_Tides`; no map is made without"
        },
    )


def settings() -> OspoolSettings:
    """Return the current settings of the table OSPOOL."""
    return table("OSPOOL", OspoolSettings)
