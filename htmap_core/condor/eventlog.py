"""The syntax of HTCondor's event logs.

An event begins with a header that has its kind, cluster, job and time, such as
``005 (017.003.000) 2026-11-21 07:41:31 Job terminated.``. Then follow lines that begin with a tab or blanks, and a line of
three dots.
"""

from __future__ import annotations

import functools
import re
import time

END = b"\n...\n"

# A log may have a million events of a few kinds. One pass of a regular expression finds all events of a piece; that is cheaper
# than Python code for each event. It reads the needed values of the frequent kinds, and takes the text of all others.
_EVENTS = re.compile(
    rb"\n\.\.\.\n(?:"  # the end of the event before
    rb"040"  # FILE_TRANSFER: a third of all events, which HTMap does not need
    rb"|(\d{3}) \((\d+)\.(-?\d+)\.\d+\) (.{19})(?:"  # kind, cluster, job, time
    rb"(?: Job terminated\.\n\t\(1\) Normal termination \(return value (\d+)\)\n(?:\t.*\n)*?\t +Memory \(MB\) +: +"  # exit code
    rb"| Image size of job updated: \d+\n\t(?=\d+  -  MemoryUsage))(\d+) "  # MB of memory
    rb"| Job (?:submitted|executing)"
    rb"|(.*(?:\n[\t ].*)*))"  # the text of any other event
    rb"|(.{1,80}|\n))"  # text that is not an event
)
_SUBMIT = re.compile(rb"^000 \((\d+)\.", re.MULTILINE)
_EXIT_CODE = re.compile(rb"\(return value (-?\d+)\)")
_SIGNAL = re.compile(rb"\(signal (\d+)\)")
_MEMORY = re.compile(rb"\n\s+Memory \(MB\)\s+:\s+(\d+)\s+\d+\s+\d+|\n\s+(\d+)\s+-\s+MemoryUsage of job \(MB\)")
_HOLD_CODE = re.compile(rb"\n\s+Code (\d+)")
_REASON = re.compile(rb"\n[\t ]*(.*)")


def events(log: bytes) -> list[tuple[bytes, ...]]:
    """Return the events in a piece of a log.

    :param log: the piece; it begins with the :data:`END` of the event before it, and ends before an :data:`END`.
    :returns: tuples of kind, cluster, job, time, exit code, memory, text, and text that is not an event; each may be empty.
        Exit code and memory are empty if the text is there, which contains them.
    """
    return _EVENTS.findall(log)


def submitted_clusters(log: bytes) -> set[int]:
    """Return the clusters of whose submission a log tells. It may end within an event, as when HTCondor is writing it."""
    return {int(cluster) for cluster in _SUBMIT.findall(log)}


def exit_code(text: bytes) -> int | None:
    """Return the exit code in the text of a termination; None if it has a signal instead."""
    return _number(_EXIT_CODE, text)


def signal(text: bytes) -> int:
    """Return the signal in the text of a termination.

    :raises ValueError: it has none.
    """
    found = _number(_SIGNAL, text)
    if found is None:
        raise ValueError("a termination without exit code and signal")
    return found


def memory(text: bytes) -> int:
    """Return the memory that a job has used, in MB; 0 if the event does not say."""
    return _number(_MEMORY, text) or 0


def hold_code(text: bytes) -> int:
    """Return the code of a hold; 0 (HTCondor's "unspecified") if the event has none."""
    return _number(_HOLD_CODE, text) or 0


def reason(text: bytes) -> str:
    """Return why a job was held or removed, from the second line of the event; empty if the event does not say."""
    found = _REASON.search(text)
    return found[1].decode(errors="replace") if found else ""


@functools.lru_cache(maxsize=1024)
def seconds(when: bytes) -> float:
    """Return the time of an event in seconds since the epoch; the log has the submit side's local time.

    For other notations, which an administrator can configure, return 0: users see times, but no state depends on them.
    """
    try:
        return time.mktime(time.strptime(when.decode(errors="replace"), "%Y-%m-%d %H:%M:%S"))
    except ValueError:
        return 0.0


def _number(pattern: re.Pattern[bytes], text: bytes) -> int | None:
    found = pattern.search(text)
    return None if found is None else int(found[found.lastindex or 0])
