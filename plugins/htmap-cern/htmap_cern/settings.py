"""The settings table CERN."""

from __future__ import annotations

import re
from typing import Any, Optional

import attrs

from htmap_cern import durations, flavours
from htmap_core import table

AUTO = "auto"
_SWITCH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, AUTO: AUTO}


def _switch(given: Any) -> Any:
    """Return True, False or ``"auto"``."""
    if str(given).strip().casefold() not in _SWITCH:
        raise ValueError(f"ENABLED = {given!r}: it can be 'auto', true or false")
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
    """What the plugin can be told. In ``~/.htmaprc`` the names are in capitals, in a table ``[CERN]``.

    :param enabled: whether maps go to CERN's batch service: true, false, or ``"auto"``, which looks whether HTCondor's
        configuration is one of CERN's.
    :param job_flavour: how long jobs may run, by CERN's name for it.
    :param max_runtime: how long jobs will run: seconds, text such as ``"2h"``, or a timedelta; they get the smallest flavour
        that holds it. Wins over *job_flavour*, as it does at CERN.
    :param send_credential: whether jobs get the user's Kerberos ticket; without it they can read neither AFS nor EOS.
    :param ticket_lifetime: for how long the ticket must be valid at least when a map is made.
    :param credential_producer: the program that prints the credential for the pool; unless given, the one that HTCondor's
        configuration names (SEC_CREDENTIAL_PRODUCER).
    :param accounting_group: the group that jobs are accounted to.
    :param want_os: the operating system that jobs run on.
    :param schedd: the schedd to submit to, instead of the user's own.
    """

    enabled: Any = attrs.field(default=AUTO, converter=_switch)
    job_flavour: Optional[str] = attrs.field(default=None, converter=attrs.converters.optional(flavours.flavour))
    max_runtime: Any = attrs.field(default=None, converter=attrs.converters.optional(_runtime))
    send_credential: bool = True
    ticket_lifetime: Any = attrs.field(default="1h", converter=durations.seconds)
    credential_producer: Optional[str] = None
    accounting_group: Optional[str] = attrs.field(
        default=None, validator=_named(r"[A-Za-z0-9_.-]+", "group_u_BE.ABP.NORMAL")
    )
    want_os: Optional[str] = attrs.field(default=None, validator=_named(r"el\d+", "el9"))
    schedd: Optional[str] = attrs.field(default=None, validator=_named(r"[A-Za-z0-9_.@-]+", "bigbird99.cern.ch"))


def settings() -> CernSettings:
    """Return the table as the settings say now."""
    return table("CERN", CernSettings)
