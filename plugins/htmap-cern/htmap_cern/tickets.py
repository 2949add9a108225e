"""The user's Kerberos ticket, as ``klist`` shows it.

``klist`` reads whatever cache KRB5CCNAME names (a file, a folder, the kernel's keyring, KCM) and is there wherever tickets are.
The Python packages for Kerberos must be compiled, with headers that lxplus does not have.
"""

from __future__ import annotations

import datetime
import getpass
import hashlib
import os
import re
import shutil
import subprocess
from typing import Optional

import attrs

from htmap_cern.durations import in_words
from htmap_cern.errors import TicketNeeded

_PRINCIPAL = re.compile(r"^Default principal: (\S+)", re.MULTILINE)
_TIME = r"(\d\d/\d\d/\d{2,4} \d\d:\d\d:\d\d)"
_GRANTING = re.compile(rf"^{_TIME} +{_TIME} +krbtgt/(\S+)@\3\n\t(?:renew until {_TIME}, )?Flags: (\w+)", re.MULTILINE)


@attrs.frozen
class Ticket:
    """A ticket-granting ticket; times are in UTC.

    :param principal: whose it is.
    :param starts: when it began to be valid.
    :param ends: when it ends.
    :param renewable_until: until when it can be renewed without a password.
    :param is_forwardable: whether a job's host can get another one with it.
    """

    principal: str
    starts: datetime.datetime
    ends: datetime.datetime
    renewable_until: Optional[datetime.datetime]
    is_forwardable: bool

    @property
    def fingerprint(self) -> str:
        """What tells this ticket from another, without giving it away."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def needed(lifetime: int, now: datetime.datetime) -> Ticket:
    """Return the user's ticket, which is then known to be forwardable and valid for long enough.

    :param lifetime: for how many seconds it must be valid still.
    :raises TicketNeeded: there is none, or it will not do; says what to type.
    """
    shown = _klist()
    principal = _PRINCIPAL.search(shown)
    # A new ticket is for whom the old one was; without one the name of the account is the best guess.
    kinit = f"kinit -f {principal[1] if principal else getpass.getuser()}"
    if principal is None:
        raise TicketNeeded("there is none", kinit)
    ticket = _parsed(shown, principal[1])
    if ticket is None:
        raise TicketNeeded(f"there is none for {principal[1]}", kinit)
    left = (ticket.ends - now).total_seconds()
    if left <= 0:
        raise TicketNeeded(f"that of {principal[1]} expired {in_words(-left)} ago", kinit)
    if not ticket.is_forwardable:
        raise TicketNeeded(f"that of {principal[1]} is not forwardable", kinit)
    if left < lifetime:
        problem = (
            f"that of {principal[1]} ends in {in_words(left)}, sooner than CERN.TICKET_LIFETIME ({in_words(lifetime)})"
        )
        renewable = ticket.renewable_until and (ticket.renewable_until - now).total_seconds() > lifetime
        raise TicketNeeded(problem, "kinit -R" if renewable else kinit)
    return ticket


def _klist() -> str:
    """Return what klist shows: in the language and the times that we can read, whatever the user's are."""
    program = shutil.which("klist")
    if program is None:
        raise TicketNeeded("there is no `klist` here to look for one", "dnf install krb5-workstation")
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    # It exits with 1 and says why where there is no ticket.
    result = subprocess.run([program, "-f"], env=environment, capture_output=True, text=True, check=False)
    return result.stdout


def _parsed(shown: str, principal: str) -> Ticket | None:
    found = [match.groups() for match in _GRANTING.finditer(shown)]
    realm = principal.rpartition("@")[2]
    for starts, ends, of, renewable_until, flags in found:
        if of == realm:
            until = _time(renewable_until) if renewable_until else None
            return Ticket(principal, _time(starts), _time(ends), until, "F" in flags)
    return None


def _time(text: str) -> datetime.datetime:
    year = "%Y" if re.match(r"\d\d/\d\d/\d{4}", text) else "%y"
    return datetime.datetime.strptime(text, f"%m/%d/{year} %H:%M:%S").replace(tzinfo=datetime.timezone.utc)
