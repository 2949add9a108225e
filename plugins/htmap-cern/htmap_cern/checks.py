"""What CERN needs for maps, for ``htmap doctor``: a ticket that lasts, and a credd that takes it."""

from __future__ import annotations

import datetime
import shlex
import shutil
from collections.abc import Iterator

from htmap_cern import credentials, tickets
from htmap_cern.errors import CannotSendCredential, TicketNeeded
from htmap_cern.settings import CernSettings
from htmap_core import Check, PoolAccess, durations
from htmap_core.exceptions import CondorError


def of(pool: PoolAccess, told: CernSettings) -> Iterator[Check]:
    """Yield the checks of the batch service.

    :param told: the settings of the table CERN.
    """
    if not told.send_credential:
        yield Check(
            "ticket", "ok", "jobs get none, because CERN.SEND_CREDENTIAL is false: they can read neither AFS nor EOS"
        )
        return
    now = datetime.datetime.now(datetime.timezone.utc)
    try:
        ticket = tickets.needed(told.ticket_lifetime, now)
    except TicketNeeded as error:
        yield Check("ticket", "problem", f"jobs need a Kerberos ticket, but {error.problem}", f"`{error.command}`")
        return
    yield Check("ticket", "ok", f"that of {ticket.principal} {_validity(ticket, now)}")
    yield from _handed_over(ticket, pool, told)


def _validity(ticket: tickets.Ticket, now: datetime.datetime) -> str:
    valid = f"is valid for {_minutes(ticket.ends - now)}"
    if ticket.renewable_until is None or ticket.renewable_until <= ticket.ends:
        return f"{valid}, and cannot be renewed"
    return f"{valid}, and can be renewed for {_minutes(ticket.renewable_until - now)}"


def _minutes(span: datetime.timedelta) -> str:
    return durations.in_words(max(60, int(span.total_seconds()) // 60 * 60))


def _handed_over(ticket: tickets.Ticket, pool: PoolAccess, told: CernSettings) -> Iterator[Check]:
    """Say whether the credd has the ticket, or can get it when a map is made."""
    producer = credentials.producer_of(pool, told)
    if producer == credentials.STORED_ELSEWHERE:
        yield Check("credd", "ok", "the site itself gives the ticket to the credd")
        return
    try:
        is_there = pool.has_kerberos_credential()
        program = credentials.needed(producer)
    except CondorError as error:
        yield Check(
            "credd", "problem", str(error), "Try again in a minute; if that does not help, ask the batch service"
        )
    except CannotSendCredential as error:
        yield Check("credd", "problem", error.problem, error.advice)
    else:
        if _is_missing(program):
            advice = "The setting CERN.CREDENTIAL_PRODUCER names another"
            yield Check("credd", "problem", f"{program}, which makes the credential, cannot be found", advice)
        elif is_there and credentials.Memory.of(pool.address).ticket() == ticket.fingerprint:
            yield Check("credd", "ok", "it has this ticket")
        else:
            yield Check("credd", "ok", "the next map gives it this ticket")


def _is_missing(producer: str) -> bool:
    try:
        return shutil.which(shlex.split(producer)[0]) is None
    except ValueError:  # a quotation mark too many
        return True
