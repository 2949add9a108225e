"""The syntax of HTCondor's event logs.

An event begins with a header that has its kind, cluster, job and time, such as
``005 (017.003.000) 2026-11-21 07:41:31 Job terminated.``. Then follow lines that begin with a tab or blanks, and a line of
three dots.
"""

from __future__ import annotations

import functools
import itertools
import re
import time
from collections.abc import Iterator

END = b"\n...\n"
MEMORY, DISK = b"Memory (MB)", b"Disk (KB)"

# HTCondor writes each kind of event with a title of its own, so a number that is damaged contradicts its title. Kinds and titles
# that are not here are not judged: a newer HTCondor may have others.
TITLES = {
    b"000": b"Job submitted",
    b"001": b"Job executing",
    b"004": b"Job was evicted",
    b"005": b"Job terminated",
    b"006": b"Image size",
    b"007": b"Shadow exception",
    b"009": b"Job was aborted",
    b"010": b"Job was suspended",
    b"011": b"Job was unsuspended",
    b"012": b"Job was held",
    b"013": b"Job was released",
    b"021": b"Error from starter",
    b"022": b"Job disconnected",
    b"023": b"Job reconnected",
    b"024": b"Job reconnection failed",
    b"036": b"Cluster removed",
    b"040": b"Finished transferring",
}
_KINDS = {title: kind for kind, title in TITLES.items()}
_TO_MINUTE = len(b"2026-11-21 07:41")
_TITLE = re.compile(rb"(?:\.\d+)? (%s)" % b"|".join(TITLES.values()))  # times may have fractions of seconds

# A log may have a million events of a few kinds. One pass of a regular expression finds all events of a piece; that is cheaper
# than Python code for each event. It reads the needed values of the frequent kinds, and takes the text of all others.
_EVENTS = re.compile(
    rb"\n\.\.\.\n(?:"  # the end of the event before
    rb"040.*\bfiles(?!.)"  # FILE_TRANSFER: a third of all events, which HTMap does not need
    rb"|(\d{3}) \((\d+)\.(-?\d+)\.000\) (.{19}(?:\.\d{1,6})?)(?:"  # kind, cluster, job, time, which may have a fraction
    rb" (Job submitted|Job executing|Job terminated|Image size)(?:(?<=submitted|executing)|(?:"  # title
    rb"\.\n\t\(1\) Normal termination \(return value (\d+)\)\n(?:\t.*\n)*?\t +Memory \(MB\) +: +(?=\d+ +\d+ +\d)"  # exit code
    rb"| of job updated: \d+\n\t(?=\d+  -  MemoryUsage))(\d+) )"  # MB of memory
    rb"|(.*(?:\n[\t ].*)*))"  # the text of any other event
    rb"|(.{1,80}|\n))"  # text that is not an event
)
_UNSEPARATED = re.compile(rb"(?<!\n\.\.\.\n)(\d{3} \(\d+\.-?\d+\.000\) .*)")
_TORN = re.compile(rb"[^\n](\d{3} \(\d+\.-?\d+\.000\) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_HEADER = re.compile(rb"\d{3} \(\d+\.-?\d+\.000\) (.{19})")
_SUBMIT = re.compile(rb"^000 \((\d+)\.", re.MULTILINE)
_FIRST = re.compile(rb"\d{3} \(\d+\.-?\d+\.000\) (.{19})")
_SUBMIT_HOST = re.compile(rb"^000 .* Job submitted from host: <([^?>]*)\?(?:[^>]*&)?alias=([^&>]+)", re.MULTILINE)
_LOOPBACK = (b"127.", b"[::1]")
_WHEN = "%Y-%m-%d %H:%M"
_REQUEUED = b"\n\t(0) Job terminated and was requeued"
_EXIT_CODE = re.compile(rb"\(return value (-?\d+)\)")
_SIGNAL = re.compile(rb"\(signal (\d+)\)")
_MEMORY = re.compile(rb"\n\s+Memory \(MB\)\s+:\s+(\d+)\s+\d+\s+\d+|\n\s+(\d+)\s+-\s+MemoryUsage of job \(MB\)")
# An end with its table of resources, as far as HTCondor has measured them: used, asked for, and what the slot had.
_USAGE = re.compile(rb"\n\.\.\.\n005 \((\d+)\.(\d+)\.\d+\) .*((?:\n[\t ].*)*)")
_USED = re.compile(rb"\n\s+(Disk \(KB\)|Memory \(MB\))\s+:\s+(\d+)\s+(\d+)\s+\d+")
_HOLD_CODES = re.compile(rb"\n\s+Code (\d+)(?: Subcode (-?\d+))?")
_REASON = re.compile(rb"\n[\t ]*(.*)")


def events(log: bytes) -> list[tuple[bytes, ...]]:
    """Return the events in a piece of a log.

    :param log: the piece; it begins with the :data:`END` of the event before it, and ends before an :data:`END`.
    :returns: tuples of kind, cluster, job, time, title, exit code, memory, text, and text that is not an event; each may be
        empty. Title, exit code and memory are empty if the text is there, which contains them. All are empty for events that
        HTMap does not need.
    """
    return _EVENTS.findall(log)


def damage(log: bytes, count: int) -> int | None:
    """Return where a piece of a log has what HTCondor cannot have written; None if nothing is to be seen.

    :param count: how many events :func:`events` has found in it.
    """
    if b"\0" in log:
        return log.index(b"\0")
    if log.count(b".000) ") <= count:  # as fast as memory, and true for nearly every piece
        return None
    found = _UNSEPARATED.search(log)  # an event without the end of the one before it
    return found and found.start()


def damage_of_first(log: bytes) -> int | None:
    """Return where the first event in a piece of a log has what HTCondor cannot have written; None if nothing is to be seen."""
    end = log.find(END, len(END))
    first = log if end < 0 else log[:end]
    found = events(first)
    if any(no_event for *_, no_event in found):
        return len(END)
    return damage(first, len(found))


def after_torn(log: bytes) -> int | None:
    """Return where the next event begins if the first one in a piece of a log was cut short; None if it was not.

    A full disk has room for a part of an event. The next one, once there is room again, begins in the same line. Where what
    stands before it looks like the end of an event, that is damaged, and nothing was cut.
    """
    if (found := _TORN.search(log, len(END))) is None or END in log[len(END) : found.start(1)]:
        return None
    is_late = b"\0" in log[: found.start(1)]  # of a network file system: it may come yet
    return None if is_late or b".." in log[found.start(1) - len(END) : found.start(1)] else found.start(1)


def begin(log: bytes, number: int) -> int:
    """Return where the event with this number begins, with the end before it, of those that :func:`events` has found."""
    return next(itertools.islice(_EVENTS.finditer(log), number, None)).start()


def time_of_next(log: bytes) -> float:
    """Return the time of the first event in a text, in seconds since the epoch; 0 if it has none."""
    found = _HEADER.search(log)
    return seconds(found[1]) if found else 0.0


def is_of_another_kind(kind: bytes, text: bytes) -> bool:
    """Return whether an event has the title of another kind of event.

    :param text: the title and what follows it.
    """
    found = _TITLE.match(text)
    return found is not None and _KINDS[found[1]] != kind


def submitted_clusters(log: bytes) -> set[int]:
    """Return the clusters of whose submission a log tells. It may end within an event, as when HTCondor is writing it."""
    return {int(cluster) for cluster in _SUBMIT.findall(log)}


def began(log: bytes) -> float | None:
    """Return the time of the first event of a log, in seconds since the epoch; None if it has none, or in another notation.

    :param log: at least the first line.
    """
    found = _FIRST.match(log)
    return (seconds(found[1]) or None) if found else None


def submit_machine(log: bytes) -> str | None:
    """Return the machine of the schedd that has written a log; None where the log does not tell.

    A schedd that listens on loopback only can be reached from no other machine, so its machine is of no use.
    """
    found = _SUBMIT_HOST.search(log)
    return None if found is None or found[1].startswith(_LOOPBACK) else found[2].decode(errors="replace")


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


def usages(log: bytes) -> Iterator[tuple[int, int, dict[bytes, tuple[int, int]]]]:
    """Yield what the jobs that end in a piece of a log have used.

    :param log: the piece, as for :func:`events`.
    :returns: tuples of cluster and job, and by :data:`MEMORY` and :data:`DISK` what was used of it and what was asked for, in MB
        and KB. What HTCondor has not measured is missing.
    """
    for found in _USAGE.finditer(log):
        table = {name: (int(used), int(asked)) for name, used, asked in _USED.findall(found[3])}
        yield int(found[1]), int(found[2]), table


def hold_codes(text: bytes) -> tuple[int, int]:
    """Return the code and the subcode of a hold; 0 (HTCondor's "unspecified") for what the event does not have."""
    found = _HOLD_CODES.search(text)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def ended(text: bytes) -> bool:
    """Return whether a job whose eviction is told had ended by itself: its exit policy has HTCondor run it again."""
    return _REQUEUED in text


def reason(text: bytes) -> str:
    """Return why a job was held or removed, from the second line of the event; empty if the event does not say."""
    found = _REASON.search(text)
    return found[1].decode(errors="replace") if found else ""


def seconds(when: bytes) -> float:
    """Return the time of an event in seconds since the epoch; the log has the submit side's local time.

    Fractions of seconds are there where the pool says so (``DEFAULT_USERLOG_FORMAT_OPTIONS = SUB_SECOND``). For other notations,
    which an administrator can configure, return 0: users see times, but no state depends on them.
    """
    minute = _minute(when[:_TO_MINUTE])
    try:
        return minute and minute + float(when[_TO_MINUTE + 1 :])
    except ValueError:
        return 0.0


@functools.lru_cache(maxsize=1024)
def _minute(when: bytes) -> float:
    try:
        return time.mktime(time.strptime(when.decode(errors="replace"), _WHEN))
    except ValueError:
        return 0.0


# --- the events of jobs that run without HTCondor, in its notation, so that whatever reads logs reads these


def submitted(cluster: int) -> bytes:
    """Return the event by which a log tells of a cluster first."""
    return _event("000", cluster, 0, f"Job submitted from host: {_NO_HOST}")


def executing(cluster: int, row: int) -> bytes:
    """Return the event of a job that begins to run now."""
    return _event("001", cluster, row, f"Job executing on host: {_NO_HOST}")


def terminated(cluster: int, row: int, code: int, memory: int) -> bytes:
    """Return the event of a job that has ended now.

    :param code: its exit code; a negative one is that of the signal that killed it.
    :param memory: the megabytes that it has used.
    """
    how = f"(0) Abnormal termination (signal {-code})" if code < 0 else f"(1) Normal termination (return value {code})"
    used = f"Partitionable Resources :    Usage  Request Allocated\n\t   Memory (MB)          : {memory:8} {memory:8} {memory:9}"
    return _event("005", cluster, row, f"Job terminated.\n\t{how}\n\t{used}")


def aborted(cluster: int, row: int, why: str) -> bytes:
    """Return the event of a job that is not run to its end."""
    return _event("009", cluster, row, f"Job was aborted.\n\t{' '.join(why.split())}")


_NO_HOST = "<127.0.0.1:0>"


def _event(kind: str, cluster: int, row: int, text: str) -> bytes:
    return f"{kind} ({cluster:03}.{row:03}.000) {time.strftime(_WHEN + ':%S')} {text}".encode() + END


def _number(pattern: re.Pattern[bytes], text: bytes) -> int | None:
    found = pattern.search(text)
    return None if found is None else int(found[found.lastindex or 0])
