"""Steps of memory, written as one request: ``request_memory="1GB, 2GB, 4GB"``.

The first is what jobs request, the others are what HTCondor gives a job that has used too much (``retry_request_memory``). They
are one text and no list, because a list has a value for each component, as with all options.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from htmap_core.contract.options import MapOptions
from htmap_core.exceptions import InvalidOption
from htmap_core.language import amounts

_REQUEST, _RETRY = "request_memory", "retry_request_memory"


def merged(given: Iterable[MapOptions]) -> MapOptions:
    """Merge options, the leftmost first, and return them with steps of memory as HTCondor has them.

    Steps give way to a request as a whole: those of the settings would have a job run again with less than the map asks for.

    :raises InvalidOption: as :func:`apart`.
    """
    found, is_requested = [], False
    for options in given:
        own = options.copy()
        if is_requested:
            own.pop(_REQUEST, None)
        found.append(apart(own))
        is_requested = is_requested or _REQUEST in own
    return MapOptions.merge(*found)


def apart(options: MapOptions) -> MapOptions:
    """Return options with steps of memory as HTCondor has them.

    Components may have steps of their own, in a list or tuple of texts.

    :raises InvalidOption: the steps do not rise, or ``retry_request_memory`` is given, too.
    """
    given = options.get(_REQUEST)
    several = given if isinstance(given, (list, tuple)) else [given]
    steps = [_steps(each) for each in several]
    if not any(steps):
        return options
    if _RETRY in options:
        raise InvalidOption(_REQUEST, given, f"has steps, and so has {_RETRY}: leave out one of them")
    firsts = [found[0] if found else each for found, each in zip(steps, several)]
    # HTCondor would take an empty value for that of the first job. With its own request, a job is run once more, and then held.
    others = [", ".join(found[1:]) if found else str(each) for found, each in zip(steps, several)]
    changed = options.copy()
    is_of_all = several is not given
    changed[_REQUEST], changed[_RETRY] = (firsts[0], others[0]) if is_of_all else (firsts, others)
    return changed


def _steps(given: Any) -> list[str]:
    """Return the steps in a request; none if it has no more than one amount, or is an expression with a comma."""
    parts = [part.strip() for part in given.split(",")] if isinstance(given, str) and "," in given else []
    try:
        read = [amounts.read(part) for part in parts]
    except ValueError:
        return []
    megabytes = [amounts.whole(number, unit or "MB", "MB") for number, unit in read]
    if sorted(set(megabytes)) != megabytes:
        raise InvalidOption(_REQUEST, given, "has steps that do not rise")
    return parts
