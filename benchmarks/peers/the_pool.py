"""The pool on which the contenders run in turn: what they find there, and that it is at rest before each."""

from __future__ import annotations

import os
import time
from pathlib import Path

import htcondor2
from htmap_pool.places import Places
from htmap_pool.running import record

from .processes import cpu_seconds, named, tree

_PATIENCE = 180  # seconds until a pool must be at rest


class NotAtRest(Exception):
    """Jobs or slots of the one before are still there."""


def programs(folder: Path) -> Path:
    """Return the folder of HTCondor's commands, which the peers call."""
    return Path(_record(folder).release) / "bin"


def schedd_seconds(folder: Path) -> tuple[float, float]:
    """Return the processor time that the schedd has taken so far, and that of what it has started: shadows, and its answers."""
    schedd = named("condor_schedd", tree(_record(folder).pid))[:1]  # the others are its children
    own = cpu_seconds(schedd, children=False)
    return own, cpu_seconds(pid for each in schedd for pid in tree(each)) - own


def clear() -> None:
    """Remove whatever jobs are in the queue, and wait until the pool is at rest.

    :raises NotAtRest: it does not come to rest.
    """
    schedd = htcondor2.Schedd()
    until = time.monotonic() + _PATIENCE
    while busy := _jobs(schedd) + _claimed():
        if time.monotonic() > until:
            raise NotAtRest(f"{busy} jobs and slots are busy after {_PATIENCE} s")
        for action in (htcondor2.JobAction.Remove, htcondor2.JobAction.RemoveX):
            if _jobs(schedd):  # also those that ended and were told to stay
                schedd.act(action, "true")
        time.sleep(0.5)


def _jobs(schedd: htcondor2.Schedd) -> int:
    return len(schedd.query("true", ["ClusterId"], limit=1))


def _claimed() -> int:
    """Return the number of slots that have been cut out of the machine's one, or are claimed."""
    constraint = 'SlotType == "Dynamic" || State == "Claimed"'
    return len(htcondor2.Collector().query(htcondor2.AdTypes.Startd, constraint, ["Name"]))


def _record(folder: Path) -> record.Record:
    found = record.read(Places.of(folder))
    assert found is not None, os.listdir(folder)
    return found
