"""Read the user's Kerberos ticket from the output of ``klist``.

``klist`` reads any cache that KRB5CCNAME can name (a file, a folder, the kernel's keyring, KCM), and is installed wherever there
are tickets. The Python packages for Kerberos must be compiled, with headers that lxplus does not have.
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

from htmap_cern.errors import TicketNeeded
from htmap_core.durations import in_words

_PRINCIPAL = re.compile(r"^Default principal: (\S+)", re.MULTILINE)
_TIME = r"(\d\d/\d\d/\d{2,4} \d\d:\d\d:\d\d)"
_GRANTING = re.compile(rf"^{_TIME} +{_TIME} +krbtgt/(\S+)@\3\n\t(?:renew until {_TIME}, )?Flags: (\w+)", re.MULTILINE)


@attrs.frozen
class Ticket:
    """A ticket-granting ticket; times are in UTC.

    :param principal: its owner.
    :param starts: when it became valid.
    :param ends: when it expires.
    :param renewable_until: until when it can be renewed without a password; None if it cannot be renewed.
    :param is_forwardable: whether a job's host can get another ticket with it.
    """

    principal: str
    starts: datetime.datetime
    ends: datetime.datetime
    renewable_until: Optional[datetime.datetime]
    is_forwardable: bool

    @property
    def fingerprint(self) -> str:
        """A text that identifies this ticket and does not reveal its facts."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def needed(lifetime: int, now: datetime.datetime) -> Ticket:
    """Return the user's ticket, after checking that it is forwardable and valid for long enough.

    :param lifetime: for how many seconds it must still be valid.
    :param now: the time, in UTC.
    :raises TicketNeeded: there is no ticket, or it is not usable; the message says what to type.
    """
    shown = _klist()
    principal = _PRINCIPAL.search(shown)
    # A new ticket is for the owner of the old one. Without an old one, the account's name is the best guess.
    kinit = f"kinit -f {principal[1] if principal else getpass.getuser()}"
    if principal is None:
        raise TicketNeeded("there is none", kinit)
    ticket = _parsed(shown, principal[1])
    if ticket is None:
        raise TicketNeeded(f"there is none for {principal[1]}", kinit)
    left = (ticket.ends - now).total_seconds()
    if left <= 0:
        raise TicketNeeded(f"the ticket of {principal[1]} expired {in_words(-left)} ago", kinit)
    if not ticket.is_forwardable:
        raise TicketNeeded(f"the ticket of {principal[1]} is not forwardable", kinit)
    if left < lifetime:
        problem = (
            f"the ticket of {principal[1]} expires in {in_words(left)}, sooner than CERN.TICKET_LIFETIME "
            f"({in_words(lifetime)})"
        )
        renewable = ticket.renewable_until and (ticket.renewable_until - now).total_seconds() > lifetime
        raise TicketNeeded(problem, "kinit -R" if renewable else kinit)
    return ticket


def _klist() -> str:
    """Return the output of klist, in English and in UTC whatever the user's locale and time zone are."""
    program = shutil.which("klist")
    if program is None:
        raise TicketNeeded("there is no `klist` here that could show one", "dnf install krb5-workstation")
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    # If there is no ticket, klist exits with 1 and says so.
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
