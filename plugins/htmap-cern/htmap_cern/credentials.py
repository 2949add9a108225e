"""Hands the user's Kerberos ticket to the batch service, once for each ticket."""

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
from htmap_core import MapPlan, PoolAccess, PoolAddress, SubmitDescription, connect, locked, write_atomically
from htmap_core.exceptions import CondorError

_PATIENCE = 120  # seconds that a producer may take
_STORED_ELSEWHERE = "CREDENTIAL_ALREADY_STORED"  # what HTCondor takes for: the site itself sees to it


def set_up(submit: SubmitDescription, plan: MapPlan, told: CernSettings) -> None:
    """Have the jobs of a map find the user's ticket, unless the user or the settings say that they need none.

    :raises TicketNeeded: the user has no ticket that will do.
    :raises CannotSendCredential: the credential could not be made or stored.
    """
    if not told.send_credential or (submit.get("MY.SendCredential") or "true").casefold() == "false":
        return
    ticket = tickets.needed(told.ticket_lifetime, datetime.datetime.now(datetime.timezone.utc))
    pool = connect(plan.pool.address)
    producer = told.credential_producer or pool.parameter("SEC_CREDENTIAL_PRODUCER")
    if producer != _STORED_ELSEWHERE:
        _store_once(ticket, pool, producer)
    submit.set_default("MY.SendCredential", True)


def _store_once(ticket: tickets.Ticket, pool: PoolAccess, producer: str | None) -> None:
    memory = Memory.of(pool.address)
    try:
        # The credd forgets the users whose last job has left the queue: to remember is not enough.
        if memory.ticket() != ticket.fingerprint or not pool.has_kerberos_credential():
            pool.store_kerberos_credential(_produced(producer))
            memory.keep(ticket.fingerprint)
    except CondorError as error:
        where = pool.address.schedd or "the local schedd"
        advice = "Try again in a minute, and ask the batch service if it stays like this"
        raise CannotSendCredential(f"the credd of {where} does not take it ({error})", advice) from error


def _produced(producer: str | None) -> bytes:
    """Return what the site's credential producer prints, byte for byte: the bindings would cut it at the first zero byte."""
    if not producer:
        advice = "Name the program that makes it in the setting CERN.CREDENTIAL_PRODUCER"
        raise CannotSendCredential("HTCondor's configuration has no SEC_CREDENTIAL_PRODUCER", advice)
    advice = f"Run `{producer}` yourself to see what is wrong with it"
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
    """Which ticket a pool's credd was given last, in the user's cache folder; losing it costs one more hand-over.

    :param path: the file.
    :param pool: the pool's key in it.
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
        """Return the fingerprint of the ticket; None where none is known."""
        return self._all().get(self.pool)

    def keep(self, ticket: str) -> None:
        """Remember a ticket."""
        with contextlib.suppress(OSError):  # a full or read-only home: the next map hands the ticket over again
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self.path):
                write_atomically(self.path, json.dumps({**self._all(), self.pool: ticket}))

    def _all(self) -> dict[str, str]:
        try:
            found = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
