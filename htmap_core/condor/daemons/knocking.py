"""Whether a daemon answers at all, which is found out before the bindings ask it anything.

While the bindings wait for a daemon, they keep the interpreter for themselves: no other thread runs, and Ctrl-C does not come
through. One that is stopped, or hangs on a file system, costs a query a minute, and a submission more than five. So a plain
socket asks first. It gives the daemon HTCondor's command that does nothing (DC_NOP), which needs no authentication; the daemon
reads it and ends the connection. That takes less than a millisecond, and leaves nothing in its log.
"""

from __future__ import annotations

import re
import selectors
import socket
import struct
import threading
import time
from urllib.parse import parse_qsl

import attrs

from htmap_core.progress.bars import tell

PATIENCE = 20.0  # seconds: so long HTCondor's own tools wait for the first word of a daemon
LONGER = 60.0  # seconds, where much depends on it: a schedd that is silent for half a minute takes jobs then
_LATER = 1.0  # seconds for one that has just been waited for in vain
_TOLD_AFTER = 5.0  # seconds
_LONG_AGO = 60.0  # seconds
_SLICE = 1.0  # seconds after which to look whether there is something to tell

_NOP, _SHARED_PORT_CONNECT = 60011, 75  # of HTCondor's condor_commands.h
_ADDRESS = re.compile(r"<?(?P<host>[^\s<>?,]+):(?P<port>[1-9]\d*)(?:\?(?P<parameters>[^\s<>]*))?>?")
_BY_OTHERS = frozenset({"CCBID", "PrivAddr", "PrivNet"})  # of those, only the bindings know how to reach them


@attrs.frozen
class _Silence:
    """The silence of a daemon.

    :param since: since when it was waited for in vain.
    :param until: until when.
    :param patient_until: until when it was last waited for with all patience. Who asks again soon waits shortly, but not for
        ever: one that is overloaded, and takes a few seconds for each word, would not be heard any more.
    :param waited: for how many seconds that was.
    """

    since: float
    until: float
    patient_until: float
    waited: float

    def patience(self, usual: float) -> float:
        """Return for how many seconds to wait once more, where it would be *usual* otherwise."""
        is_known = usual <= self.waited and time.monotonic() < self.patient_until + _LONG_AGO
        return _LATER if is_known else usual


_silences: dict[str, _Silence] = {}
_told: set[str] = set()  # the addresses of whose silence a line has told, of whichever thread


def why_silent(address: str, what: str, patience: float | None = None) -> str | None:
    """Return in words why nothing can be asked of a daemon; None if it answers, or the bindings are to find out.

    Ctrl-C ends it, and other threads run meanwhile. Who has waited in vain waits for a second when asking again soon.

    :param address: as daemons write it, such as ``<127.0.0.1:9618?sock=schedd_17>``, or ``host:port``.
    :param what: the daemon, for whoever waits.
    :param patience: for how many seconds to wait; when the program ends, for PATIENCE at most. None for PATIENCE.
    """
    found = _ADDRESS.fullmatch(address)
    # No blank: it parts addresses.
    parameters = dict(parse_qsl(((found and found["parameters"]) or "").replace("+", "%2B")))
    if found is None or not _BY_OTHERS.isdisjoint(parameters):
        return None
    began, before, usual = time.monotonic(), _silences.get(address), PATIENCE if patience is None else patience
    if before is not None and began > before.until + _LONG_AGO:  # nobody knows what was in between
        before = None
        _told.discard(address)
    wait = _Wait(what, address, began, usual if before is None else before.patience(usual))
    try:
        is_heard = _is_heard((found["host"].strip("[]"), int(found["port"])), parameters.get("sock"), wait)
    except socket.timeout:
        is_heard = "+" in parameters.get("addrs", "")  # it has others, of which the bindings know which to take
    except (OSError, UnicodeError):  # it refuses the connection, or no host has such a name: the bindings tell it
        is_heard = True
    if is_heard:
        _silences.pop(address, None)
        _told.discard(address)
        return None
    since, until = began if before is None else before.since, time.monotonic()
    if before is None or wait.patience > _LATER:
        _silences[address] = _Silence(since, until, until, wait.patience)
    else:
        _silences[address] = attrs.evolve(before, until=until)
    return f"{what} at {address} says nothing, for {until - since:.0f} s now; it may be overloaded, or stopped"


@attrs.frozen
class _Wait:
    """A wait for a daemon, which is told once if it takes long.

    :param what: the daemon.
    :param address: where it is.
    :param since: when it began.
    :param patience: after how many seconds it is over.
    """

    what: str
    address: str
    since: float
    patience: float

    def left(self) -> float:
        """Return the seconds that are left; fewer when the program ends meanwhile."""
        patience = self.patience if threading.main_thread().is_alive() else min(self.patience, PATIENCE)
        return self.since + patience - time.monotonic()

    def tell(self) -> None:
        """Tell it, if it takes long."""
        if self.address not in _told and time.monotonic() > self.since + _TOLD_AFTER:
            _told.add(self.address)
            tell(
                f"htmap: {self.what} has said nothing for {_TOLD_AFTER:.0f} s; waiting for up to {self.left():.0f} s more"
            )


def _is_heard(place: tuple[str, int], socket_name: str | None, wait: _Wait) -> bool:
    """Give a daemon the command that does nothing, and return whether it has read it.

    :param socket_name: the name by which the daemon that has the port knows the one that is meant.
    :raises OSError: nobody is reached there.
    """
    with _connected(place, wait) as connection, selectors.DefaultSelector() as waiting:
        connection.sendall(_said_to(socket_name))
        waiting.register(connection, selectors.EVENT_READ)
        while wait.left() > 0:
            if waiting.select(min(_SLICE, wait.left())):  # it ends the connection
                return True
            wait.tell()
    return False


def _connected(place: tuple[str, int], wait: _Wait) -> socket.socket:
    """Return a connection to a daemon; raises what :func:`_is_heard` does. Where packets are dropped, that is waited for, too."""
    try:
        return socket.create_connection(place, min(_TOLD_AFTER, wait.patience))
    except socket.timeout:
        if wait.left() <= 0:
            raise
    wait.tell()
    return socket.create_connection(place, wait.left())


def _said_to(socket_name: str | None) -> bytes:
    if socket_name is None:
        return _packet(_number(_NOP))
    no_deadline, nothing_more = _number(-1), _number(0)
    to_port = _number(_SHARED_PORT_CONNECT) + _text(socket_name) + _text("htmap") + no_deadline + nothing_more
    return _packet(to_port) + _packet(_number(_NOP))


def _packet(body: bytes) -> bytes:
    """Return a message of HTCondor's protocol: whether it is the last packet, its length, what it says."""
    return b"\x01" + struct.pack(">I", len(body)) + body


def _number(value: int) -> bytes:
    return struct.pack(">q", value)


def _text(value: str) -> bytes:
    return value.encode() + b"\0"
