"""What the next map should ask for: amounts with some room above what was measured, in round numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from htmap_core import durations

_ROOM = 1.2  # times the largest memory: the next inputs are others
_ROOM_ON_DISK = 1.5  # HTCondor looks seldom at the disk
_ROOM_OF_TIME = 3  # times the longest call: machines differ, too
_MB, _GB = 1024, 1024**2  # in KB
_LEAST_DISK = 100 * _MB  # what programs write into a scratch directory differs by so much
_SPANS = (600, 1200, 1800, *(hours * 3600 for hours in (1, 2, 4, 8, 12)), *(days * 86400 for days in (1, 2, 3, 5, 7)))
_MINUTE = 60  # seconds
_SIGNIFICANT = 10  # seconds, from which on whole ones do


def share(values: Sequence[float], part: float) -> float:
    """Return what a part of some values does not exceed.

    >>> share([1, 2, 3, 9], 0.5), share([1, 2, 3, 9], 1)
    (2, 9)
    """
    return sorted(values)[max(0, math.ceil(round(part * len(values), 9)) - 1)]


def memory(megabytes: float) -> str:
    """Return the memory to ask for, of a job that needs so many megabytes.

    >>> memory(61), memory(425), memory(900)
    ('128MB', '512MB', '1280MB')
    """
    wanted = megabytes * _ROOM
    step = 64 if wanted <= _MB else 256
    return _amount(max(128, math.ceil(wanted / step) * step), "MB", "GB")


def disk(kilobytes: float) -> str:
    """Return the disk space to ask for, of a job that needs so many kilobytes.

    >>> disk(50), disk(900 * 1024)
    ('100MB', '1400MB')
    """
    wanted = max(_LEAST_DISK, kilobytes * _ROOM_ON_DISK)
    step = 100 * _MB if wanted < 10 * _GB else _GB
    return _amount(math.ceil(wanted / step) * step // _MB, "MB", "GB")


def _amount(count: int, unit: str, larger: str) -> str:
    return f"{count // 1024}{larger}" if count % 1024 == 0 else f"{count}{unit}"


def walltime(seconds: float) -> str:
    """Return the time limit of a component, of which the longest took so many seconds.

    >>> walltime(0.2), walltime(1500)
    ('10 min', '2 h')
    """
    wanted = _ROOM_OF_TIME * seconds
    found = next((span for span in _SPANS if span >= wanted), math.ceil(wanted / _SPANS[-1]) * _SPANS[-1])
    return durations.in_words(found)


def expected_runtime(seconds: float) -> float | str:
    """Return how long a call takes, as the option has it, of calls that took so many seconds on average.

    >>> expected_runtime(0.01234), expected_runtime(12.6), expected_runtime(1000)
    (0.012, 13, '16 min 40 s')
    """
    if seconds < _SIGNIFICANT:
        return max(0.001, float(f"{seconds:.2g}"))
    return round(seconds) if seconds < _MINUTE else durations.in_words(seconds)
