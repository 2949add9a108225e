"""Errors of HTCondor's bindings as exceptions of HTMap."""

from __future__ import annotations

from typing import Any

from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CondorError, CondorRefused, PoolUnavailable

SHOWN = "`condor_status -any` shows all daemons and their states"
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
_REFUSED = "Unable to commit transaction"  # what follows are words of an administrator's, which may be any


def translated(error: Exception, address: PoolAddress, condor: Any) -> CondorError:
    """Return the exception for an error that the bindings raised when a pool was asked."""
    text = " ".join(str(error).split())
    if text.startswith(_REFUSED) or not any(sign.casefold() in text.casefold() for sign in _UNREACHABLE):
        return CondorRefused(text)
    advice = "`htmap pool status` shows its state" if address.pool == "personal" else SHOWN
    if "FS:1004" in text or "authenticat" in text.casefold():
        # Wheels built after September 2026 cannot authenticate with older daemons, and HTCondor's message does not say so.
        advice = (
            f"this Python has HTCondor's bindings {condor.version().split()[1]}; if the pool's daemons have another version, "
            f"install the wheel that matches them: `pip install 'htcondor==<version of condor_version>'`"
        )
    return PoolUnavailable(address.pool, text, advice)
