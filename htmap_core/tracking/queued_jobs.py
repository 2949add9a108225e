"""What the ad of a job in the queue tells of its status, where the event log lacks an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from htmap_core.components import ComponentStatus

_HOLD = ("HoldReason", "HoldReasonCode", "HoldReasonSubCode")
_STARTS = ("JobCurrentStartDate", "JobCurrentStartExecutingDate")
ATTRIBUTES = (*_HOLD, *_STARTS)

# HTCondor's JobStatus of a job that is in the queue and has not ended.
_QUEUED = {
    1: ComponentStatus.IDLE,
    2: ComponentStatus.RUNNING,
    5: ComponentStatus.HELD,
    6: ComponentStatus.RUNNING,  # its outputs are sent
    7: ComponentStatus.SUSPENDED,
}


def status(ad: Mapping[str, Any]) -> ComponentStatus | None:
    """Return the status of a job; None if it is about to leave the queue."""
    return _QUEUED.get(ad["JobStatus"])


def knows_better(logged: ComponentStatus, ad: Mapping[str, Any]) -> bool:
    """Return whether the log lacks the last event of a job.

    The schedd says that a job runs from the start of its shadow on; the log tells later, when its input files have arrived.

    :param logged: its status by the log.
    """
    in_queue = status(ad)
    is_sending_inputs = in_queue is ComponentStatus.RUNNING and not started(ad)
    return in_queue is not logged and not (logged is ComponentStatus.IDLE and is_sending_inputs)


def started(ad: Mapping[str, Any]) -> float:
    """Return since when the present run of a job executes, in seconds since the epoch; 0 where it does not yet."""
    begun, executing = (float(ad.get(name) or 0) for name in _STARTS)
    return executing if executing >= begun else 0.0


def hold(ad: Mapping[str, Any]) -> tuple[str, int, int]:
    """Return the reason, code and subcode of the hold of a job; an empty reason if it is not held."""
    reason, code, subcode = (ad.get(name) if status(ad) is ComponentStatus.HELD else None for name in _HOLD)
    return str(reason or ""), int(code or 0), int(subcode or 0)
