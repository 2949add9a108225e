"""Duration categories, the OSPool's names for the time of a job. https://portal.osg-htc.org/documentation has the rules."""

from __future__ import annotations

_HOUR = 3600

MEANT = {"Medium": 10 * _HOUR, "Long": 20 * _HOUR}
"""The seconds that jobs of a category are meant to take; the shortest comes first, which is what jobs get that say nothing."""

DEFAULT = next(iter(MEANT))

ALLOWED = {name: 2 * meant for name, meant in MEANT.items()}
"""The seconds after which the OSPool holds a job. They are more because machines differ."""


def hours(seconds: int) -> str:
    """Return a span of time in hours, as the OSPool does, also where it is more than a day.

    >>> hours(108_000)
    '30 h'
    """
    return f"{seconds / _HOUR:.4g} h"


LISTED = ", ".join(f"{name} (less than {hours(meant)}, at most {hours(2 * meant)})" for name, meant in MEANT.items())


def category(name: str) -> str:
    """Return the category called *name*, as the OSPool spells it.

    :raises ValueError: there is no such category; the message lists all with their times.
    """
    spelt = name.strip().capitalize()
    if spelt not in MEANT:
        raise ValueError(f"{name!r} is not a duration category of the OSPool; the categories are {LISTED}")
    return spelt


def holding(wanted: int) -> str:
    """Return the category for a job that may take *wanted* seconds.

    :raises ValueError: the OSPool runs no job for so long.
    """
    for name, meant in MEANT.items():
        if wanted <= meant:
            return name
    longest = max(ALLOWED, key=lambda name: ALLOWED[name])
    if wanted <= ALLOWED[longest]:
        return longest
    raise ValueError(f"is more than any job of the OSPool may take; the categories are {LISTED}")
