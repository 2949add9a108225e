"""Hand the user's Kerberos ticket to the batch service, once for each ticket."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shlex
import subprocess
from pathlib import Path

import attrs

from htmap_cern import tickets
from htmap_cern.errors import CannotSendCredential
from htmap_cern.settings import CernSettings
from htmap_core import (
    MapPlan,
    PoolAccess,
    PoolAddress,
    SubmitDescription,
    connect,
    locked,
    make_folder,
    write_atomically,
)
from htmap_core.exceptions import CondorError

_PATIENCE = 120  # seconds that a producer may take
STORED_ELSEWHERE = "CREDENTIAL_ALREADY_STORED"  # HTCondor's word for a site that stores credentials itself


def set_up(submit: SubmitDescription, plan: MapPlan, told: CernSettings) -> None:
    """Give the user's ticket to the jobs of a map, unless the user or the settings say that they need none.

    :param told: the settings of the table CERN.
    :raises TicketNeeded: the user has no usable ticket.
    :raises CannotSendCredential: the credential could not be made or stored.
    """
    if not told.send_credential or (submit.get("MY.SendCredential") or "true").casefold() == "false":
        return
    ticket = tickets.needed(told.ticket_lifetime, datetime.datetime.now(datetime.timezone.utc))
    pool = connect(plan.pool.address)
    producer = producer_of(pool, told)
    if producer != STORED_ELSEWHERE:
        _store_once(ticket, pool, producer)
    submit.set_default("MY.SendCredential", True)


def producer_of(pool: PoolAccess, told: CernSettings) -> str | None:
    """Return the command that makes the credential; None if neither the settings nor HTCondor's configuration names one."""
    return told.credential_producer or pool.parameter("SEC_CREDENTIAL_PRODUCER")


def needed(producer: str | None) -> str:
    """Return the command that makes the credential.

    :raises CannotSendCredential: there is none.
    """
    if not producer:
        advice = "Set CERN.CREDENTIAL_PRODUCER to the program that makes credentials"
        raise CannotSendCredential("HTCondor's configuration has no SEC_CREDENTIAL_PRODUCER", advice)
    return producer


def _store_once(ticket: tickets.Ticket, pool: PoolAccess, producer: str | None) -> None:
    memory = Memory.of(pool.address)
    try:
        # The credd forgets users whose last job has left the queue, so a remembered ticket is not enough.
        if memory.ticket() != ticket.fingerprint or not pool.has_kerberos_credential():
            pool.store_kerberos_credential(_produced(needed(producer)))
            memory.keep(ticket.fingerprint)
    except CondorError as error:
        where = pool.address.schedd or "the local schedd"
        advice = "Try again in a minute; if that does not help, ask the batch service"
        raise CannotSendCredential(f"the credd of {where} refuses it ({error})", advice) from error


def _produced(producer: str) -> bytes:
    """Return the output of the site's credential producer. The bindings would cut it off at the first zero byte."""
    advice = f"Run `{producer}` yourself to see what is wrong"
    try:
        result = subprocess.run(
            shlex.split(producer), stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise CannotSendCredential(f"{producer} cannot be run ({error})", advice) from error
    if result.returncode or not result.stdout:
        said = result.stderr.decode(errors="replace").strip()[-500:] or "it printed nothing"
        raise CannotSendCredential(f"{producer} ended with exit code {result.returncode} ({said})", advice)
    return result.stdout


@attrs.frozen
class Memory:
    """Remembers, in the user's cache folder, the last ticket that each pool's credd got. If it is lost, a ticket is sent again.

    :param path: the file.
    :param pool: the pool's key in the file.
    """

    path: Path
    pool: str

    @classmethod
    def of(cls, address: PoolAddress) -> Memory:
        """Return the memory for the pool at *address*."""
        folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        key = " ".join(str(part) for part in (address.configuration, address.collector, address.schedd))
        return cls(folder / "htmap-cern" / "tickets.json", key)

    def ticket(self) -> str | None:
        """Return the fingerprint of the last ticket; None if none is known."""
        return self._all().get(self.pool)

    def keep(self, ticket: str) -> None:
        """Remember the ticket with the fingerprint *ticket*."""
        with contextlib.suppress(OSError):  # a full or read-only home: the next map sends the ticket again
            make_folder(self.path.parent)
            with locked(self.path):
                write_atomically(self.path, json.dumps({**self._all(), self.pool: ticket}))

    def _all(self) -> dict[str, str]:
        try:
            found = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
