"""The settings table CERN."""

from __future__ import annotations

import re
from typing import Any, Optional

import attrs

from htmap_cern.jobs import flavours
from htmap_core import durations, table

AUTO = "auto"
_SWITCH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, AUTO: AUTO}


def _switch(given: Any) -> Any:
    """Return True, False or ``"auto"``."""
    if str(given).strip().casefold() not in _SWITCH:
        raise ValueError(f"ENABLED = {given!r}: write 'auto', true or false")
    return _SWITCH[str(given).strip().casefold()]


def _runtime(given: Any) -> int:
    found = durations.seconds(given)
    flavours.holding(found)
    return found


def _named(pattern: str, example: str) -> Any:
    """Return a validator for text that goes into an attribute of the job."""

    def check(_: object, attribute: attrs.Attribute[Any], given: str | None) -> None:
        if given is not None and not re.fullmatch(pattern, given):
            raise ValueError(f"{attribute.name.upper()} = {given!r}: write it as {example!r}")

    return check


@attrs.frozen
class CernSettings:
    """The settings of the plugin. In ``~/.htmaprc`` their names are in capitals, in a table ``[CERN]``."""

    enabled: Any = attrs.field(
        default=AUTO,
        converter=_switch,
        metadata={
            "meaning": "whether maps go to CERN's batch service: `true`, `false`, or `auto`: if this machine is at CERN"
        },
    )
    job_flavour: Optional[str] = attrs.field(
        default=None,
        converter=attrs.converters.optional(flavours.flavour),
        metadata={"meaning": "how long jobs may run: one of CERN's job flavours", "default": "CERN's own default"},
    )
    max_runtime: Any = attrs.field(
        default=None,
        converter=attrs.converters.optional(_runtime),
        metadata={
            "meaning": 'how long jobs will run: seconds, `"2h"`, `"1d 12h"`, in a program also a `timedelta`; jobs get the '
            "smallest flavour that allows it; this setting wins over `JOB_FLAVOUR`, as it does at CERN"
        },
    )
    send_credential: bool = attrs.field(
        default=True,
        metadata={"meaning": "whether jobs get your Kerberos ticket; without it they can read neither AFS nor EOS"},
    )
    ticket_lifetime: Any = attrs.field(
        default="1h",
        converter=durations.seconds,
        metadata={"meaning": "how long the ticket must still be valid when a map is created"},
    )
    credential_producer: Optional[str] = attrs.field(
        default=None,
        metadata={
            "meaning": "the program that prints the credential for the pool",
            "default": "HTCondor's `SEC_CREDENTIAL_PRODUCER`",
        },
    )
    accounting_group: Optional[str] = attrs.field(
        default=None,
        validator=_named(r"[A-Za-z0-9_.-]+", "group_u_BE.ABP.NORMAL"),
        metadata={"meaning": "the accounting group of the jobs, such as `group_u_BE.ABP.NORMAL`"},
    )
    want_os: Optional[str] = attrs.field(
        default=None,
        validator=_named(r"el\d+", "el9"),
        metadata={"meaning": "the operating system that jobs run on, such as `el9`"},
    )
    schedd: Optional[str] = attrs.field(
        default=None,
        validator=_named(r"[A-Za-z0-9_.@-]+", "bigbird99.cern.ch"),
        metadata={"meaning": "the schedd to submit to, such as `bigbird99.cern.ch`", "default": "your own"},
    )


def settings() -> CernSettings:
    """Return the current settings of the table CERN."""
    return table("CERN", CernSettings)
