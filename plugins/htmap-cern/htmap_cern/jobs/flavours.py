"""Job flavours, CERN's names for the time that a job may run. https://batchdocs.web.cern.ch lists them."""

from __future__ import annotations

from htmap_core.durations import in_words

FLAVOURS = {
    "espresso": 20 * 60,
    "microcentury": 3600,
    "longlunch": 2 * 3600,
    "workday": 8 * 3600,
    "tomorrow": 24 * 3600,
    "testmatch": 3 * 24 * 3600,
    "nextweek": 7 * 24 * 3600,
}

DEFAULT = "espresso"
"""What jobs get that say nothing."""

LONGEST = max(FLAVOURS.values())

LISTED = ", ".join(f"{name} ({in_words(limit)})" for name, limit in FLAVOURS.items())


def flavour(name: str) -> str:
    """Return the flavour called *name*, in lower case.

    :raises ValueError: there is no such flavour; the message lists all flavours with their times.
    """
    folded = name.strip().casefold()
    if folded not in FLAVOURS:
        raise ValueError(f"{name!r} is not a job flavour of CERN; the flavours are {LISTED}")
    return folded


def holding(runtime: int) -> str:
    """Return the smallest flavour in which a job may run for *runtime* seconds.

    :raises ValueError: no flavour gives that much time.
    """
    for name, limit in FLAVOURS.items():
        if runtime <= limit:
            return name
    raise ValueError(f"{in_words(runtime)} is longer than any job flavour allows; the flavours are {LISTED}")
