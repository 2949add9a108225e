"""Errors of HTCondor's bindings as exceptions of HTMap."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from htmap_core.condor import bindings
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CondorError, CondorRefused, PoolUnavailable, RefusedByRule, TooManyJobs

SHOWN = "`condor_status -any` shows all daemons and their states"
PER_OWNER = "MAX_JOBS_PER_OWNER"
PER_SUBMISSION = "MAX_JOBS_PER_SUBMISSION"
_IN_ALL = "MAX_JOBS_SUBMITTED"
# The bindings say the schedd's number and not what it stands for.
_LIMITS = {"-2": _IN_ALL, "-3": PER_OWNER, "-4": PER_SUBMISSION}
_LIMIT = re.compile(r"expected next ProcId to be (\d+), but Schedd says (-\d+)")
_NO_ROOM = re.compile(r"MAX_JOBS_SUBMITTED exceeded\. Current=\d+, Limit=(\d+)")
_RULE = re.compile(r"Unable to commit transaction, SCHEDD:\d+:(.*)")  # the words of an administrator, which may be any
_UNEXPLAINED = re.compile(r"Submit requirement (\w+) not met")
_LATE_MONITOR = "credmon did not process"
_UNREACHABLE = (
    "connect",
    "locate",
    "authenticat",
    "communicat",
    "timed out",
    "collector host",
    "FS:1004",
    "Failed to fetch ads",
)


def translated(error: Exception, address: PoolAddress, condor: Any) -> CondorError:
    """Return the exception for an error that the bindings raised when a pool was asked."""
    text = " ".join(str(error).split())
    is_reached = _RULE.search(text) is not None or not any(sign.casefold() in text.casefold() for sign in _UNREACHABLE)
    if is_reached:
        return CondorRefused(text)
    advice = advice_on(address)
    if "FS:1004" in text or "authenticat" in text.casefold():
        # Wheels built after September 2026 cannot authenticate with older daemons, and HTCondor's message does not say so.
        advice = (
            f"this Python has HTCondor's bindings {condor.version().split()[1]}; if the pool's daemons have another version, "
            f"install the wheel that matches them: `pip install 'htcondor==<version of condor_version>'`{of_the_system()}"
        )
    return PoolUnavailable(address.pool, text, advice)


def advice_on(address: PoolAddress) -> str:
    """Return how to find out more about a pool that does not answer."""
    return "`htmap pool status` shows its state" if address.pool == "personal" else SHOWN


def of_the_system() -> str:
    """Return how to get the bindings of the system, as a sentence to add; empty if it has none, or this Python has them."""
    version = bindings.of_system()
    if version is None or bindings.release(bindings.bindings_version()) == version:
        return ""
    command = "`/usr/bin/python3 -m venv --system-site-packages ENVIRONMENT`"
    return f". The system's Python has {version}; {command} makes an environment with these"


def is_late_monitor(error: CondorError) -> bool:
    """Return whether the credd has a credential that its monitor did not look at in time (CREDD_POLLING_TIMEOUT)."""
    return isinstance(error, CondorRefused) and _LATE_MONITOR in error.said


def explained(refusal: CondorError, parameter: Callable[[str], str | None]) -> CondorError:
    """Return the exception that says which limit or rule of the schedd a refused submission met; else the *refusal* itself.

    :param parameter: returns a parameter of the schedd's configuration, or None; it may raise CondorError.
    """
    if not isinstance(refusal, CondorRefused):
        return refusal
    if (found := _LIMIT.search(refusal.said)) is not None and found[2] in _LIMITS:
        name = _LIMITS[found[2]]
        return TooManyJobs(refusal.said, name, number(_asked(parameter, name)), int(found[1]))
    if (found := _NO_ROOM.search(refusal.said)) is not None:
        return TooManyJobs(refusal.said, _IN_ALL, int(found[1]), 0)
    if (found := _RULE.search(refusal.said)) is not None:
        rule, unexplained = "", _UNEXPLAINED.search(found[1])
        if unexplained is not None:
            name = f"SUBMIT_REQUIREMENT_{unexplained[1]}"
            rule = f"{name} = {_asked(parameter, name) or '...'}"
        return RefusedByRule(refusal.said, found[1].strip(), rule)
    return refusal


def number(value: str | None) -> int | None:
    """Return a limit as a number; None if it is not set, or an expression."""
    return int(value) if value is not None and value.strip().isdecimal() else None


def _asked(parameter: Callable[[str], str | None], name: str) -> str | None:
    try:
        return parameter(name)
    except CondorError:  # a schedd may keep its configuration to itself
        return None
