"""The notation of HTCondor's event logs.

An event is a header, ``005 (017.003.000) 2026-11-21 07:41:31 Job terminated.``, with its kind, cluster and job, then lines that
begin with a tab or blanks, then a line of three dots.
"""

from __future__ import annotations

import functools
import re
import time

END = b"\n...\n"

# A log may have a million events of a few kinds. One pass of a regular expression, cheaper than a look at each of them in
# Python, finds all events of a piece, with all that is wanted of those kinds; of the others it takes the text.
_EVENTS = re.compile(
    rb"\n\.\.\.\n(?:"  # the end of the event before
    rb"040"  # FILE_TRANSFER: a third of all events, and none of our business
    rb"|(\d{3}) \((\d+)\.(-?\d+)\.\d+\) (.{19})(?:"  # kind, cluster, job, time
    rb"(?: Job terminated\.\n\t\(1\) Normal termination \(return value (\d+)\)\n(?:\t.*\n)*?\t +Memory \(MB\) +: +"  # exit code
    rb"| Image size of job updated: \d+\n\t(?=\d+  -  MemoryUsage))(\d+) "  # MB of memory
    rb"| Job (?:submitted|executing)"
    rb"|(.*(?:\n[\t ].*)*))"  # the text of any other
    rb"|(.{1,80}|\n))"  # what is no event
)
_EXIT_CODE = re.compile(rb"\(return value (-?\d+)\)")
_SIGNAL = re.compile(rb"\(signal (\d+)\)")
_MEMORY = re.compile(rb"\n\s+Memory \(MB\)\s+:\s+(\d+)\s+\d+\s+\d+|\n\s+(\d+)\s+-\s+MemoryUsage of job \(MB\)")
_HOLD_CODE = re.compile(rb"\n\s+Code (\d+)")
_REASON = re.compile(rb"\n[\t ]*(.*)")


def events(log: bytes) -> list[tuple[bytes, ...]]:
    """Return the events of a piece of a log that begins with the :data:`END` of the event before, and ends before an :data:`END`.

    :returns: tuples of kind, cluster, job, time, exit code, memory, text, and what is there instead of an event; each may be
        empty. Exit code and memory are there only where the text, in which they stand, is not.
    """
    return _EVENTS.findall(log)


def exit_code(text: bytes) -> int | None:
    """Return the exit code that a termination names; None where it names a signal."""
    return _number(_EXIT_CODE, text)


def signal(text: bytes) -> int:
    """Return the signal that a termination names.

    :raises ValueError: it names none.
    """
    found = _number(_SIGNAL, text)
    if found is None:
        raise ValueError("a termination that names neither exit code nor signal")
    return found


def memory(text: bytes) -> int:
    """Return how much memory a job has used, in MB; 0 where an event does not say."""
    return _number(_MEMORY, text) or 0


def hold_code(text: bytes) -> int:
    """Return the code of a hold; 0, which is HTCondor's "unspecified", where it has none."""
    return _number(_HOLD_CODE, text) or 0


def reason(text: bytes) -> str:
    """Return why a job was held or removed, which stands in the second line; nothing where it is not said."""
    found = _REASON.search(text)
    return found[1].decode(errors="replace") if found else ""


@functools.lru_cache(maxsize=1024)
def seconds(when: bytes) -> float:
    """Return the time of an event, which is in the submit side's local time, in seconds since the epoch.

    0 for other notations, which an administrator may ask for: times are figures only, states do not depend on them.
    """
    try:
        return time.mktime(time.strptime(when.decode(errors="replace"), "%Y-%m-%d %H:%M:%S"))
    except ValueError:
        return 0.0


def _number(pattern: re.Pattern[bytes], text: bytes) -> int | None:
    found = pattern.search(text)
    return None if found is None else int(found[found.lastindex or 0])
