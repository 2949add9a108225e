"""Where the job runs, and how much memory its components take."""

from __future__ import annotations

import os
import resource
import sys

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Optional

_KIB_PER_MB = 1024
_PER_KIB = 1024 if sys.platform == "darwin" else 1  # of ru_maxrss: macOS has bytes, Linux KiB
_PAGE = resource.getpagesize()
ENFORCES_MEMORY = "HTMapEnforcesMemory"
"""What the ad of a machine says that enforces memory in another way than by control groups."""
_OFTEN = 0.05  # seconds
_LITTLE = 1024  # KiB
_NO_TIME = 0.0002  # seconds: hardly more than that little can be got meanwhile
_RESET_PEAK = b"5"  # proc(5), clear_refs: reset the peak resident set size


def host_facts(scratch: str) -> dict[str, Optional[str]]:
    """Return where the job runs, and as which user, for the result file; None for facts that the starter did not give."""
    ad = _ad(os.environ.get("_CONDOR_MACHINE_AD"))
    return {
        "name": os.uname().nodename,
        "address": ad.get("publicnetworkipaddr") or ad.get("myaddress") or ad.get("startdipaddr"),
        "slot": ad.get("name"),
        "user": _user(),
        "scratch": scratch,
    }


def slot_memory() -> tuple[int, bool]:
    """Return the memory of the job's slot in MB, and whether HTCondor measures it and ends jobs that use more.

    It is 0 if the starter did not give it.
    """
    ad = _ad(os.environ.get("_CONDOR_MACHINE_AD"))
    memory = ad.get("memory", "")
    megabytes = int(memory) if memory.isdigit() else 0
    return megabytes, megabytes > 0 and ad.get(ENFORCES_MEMORY.lower(), "").lower() == "true"


def machine_memory() -> int:
    """Return how many bytes of memory the machine has."""
    return os.sysconf("SC_PHYS_PAGES") * _PAGE


def claimed_since() -> Optional[int]:
    """Return since when the job's slot has been claimed, perhaps by earlier jobs, in seconds since the epoch; None if unknown."""
    ad = _ad(os.environ.get("_CONDOR_MACHINE_AD"))
    since = ad.get("enteredcurrentstate", "")
    return int(since) if since.isdigit() and ad.get("state") == "Claimed" else None


def resident(process: int) -> int:
    """Return how many bytes a process has in memory; 0 if it has ended."""
    try:
        with open(f"/proc/{process}/statm", "rb", buffering=0) as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def reserved(process: int) -> int:
    """Return how many bytes a process has reserved for data, of which it may have used only some.

    :raises OSError: it has ended.
    :raises ValueError: it is just ending.
    """
    with open(f"/proc/{process}/status", "rb", buffering=0) as file:
        text = file.read(4096)
    return int(text.partition(b"VmData:")[2].partition(b"kB")[0]) * _KIB_PER_MB


def needs_memory(used: int) -> str:
    """Return what a user can do if memory ran out.

    :param used: the peak in MB.
    """
    slot, _ = slot_memory()
    had = f", and the slot has {slot} MB" if slot else ""
    more = "Ask for more with the option request_memory, or with map.set_memory() after map.rerun()."
    return f"it used {used} MB at its peak{had}. {more}"


def job_ad(scratch: str) -> dict[str, str]:
    """Return the simple attributes of the job's ad, by their names in lower case; none if it cannot be read."""
    # The starter names the file, but that path may not exist inside a container.
    return _ad(os.environ.get("_CONDOR_JOB_AD")) or _ad(os.path.join(scratch, ".job.ad"))


def _ad(path: Optional[str]) -> dict[str, str]:
    """Return the simple attributes of an ad, by their names in lower case: HTCondor ignores the case of names."""
    if path is None:
        return {}
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            pairs = [line.partition(" = ") for line in file]
    except OSError:
        return {}  # a container may hide the file; nothing else depends on it
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())  # containers often have no name for the job's user


class PeakMemory:
    """The peak of the resident set size of one component after the other, of this process or of the largest finished child.

    To reset the system's figure takes 15 us. So that is done after what has raised it, and else from time to time: among quick
    components, one that uses less than those just before it may be told their figure. To read the figure takes more than one
    microsecond, so of components that take no time not each is measured.
    """

    def __init__(self) -> None:
        self._children = 0
        self._reset_at = self._asked_at = 0.0
        self._told = 0
        self._low = self._peak = 0
        self._is_in_usage = True

    def start(self, now: float) -> None:
        """Begin a component.

        :param now: the time in seconds.
        """
        if self._peak > self._low + _LITTLE or not 0 <= now - self._reset_at < _OFTEN:
            self._reset_at = now
            self._reset()

    def megabytes(self, now: float) -> int:
        """Return the peak of the component that ends now in MB, rounded up.

        :param now: the time in seconds.
        """
        if 0 <= now - self._asked_at < _NO_TIME:
            return self._told
        self._asked_at = now
        self._peak = _peak_of(resource.RUSAGE_SELF) if self._is_in_usage else _own_peak()
        before, self._children = self._children, _peak_of(resource.RUSAGE_CHILDREN)
        peak = self._children if self._children > max(before, self._peak) else self._peak
        self._told = -(-peak // _KIB_PER_MB)
        return self._told

    def _reset(self) -> None:
        try:
            with open("/proc/self/clear_refs", "wb", buffering=0) as file:
                file.write(_RESET_PEAK)
        except OSError:
            pass  # some containers forbid it: then the peak is that of the job so far
        self._asked_at = 0.0
        self._low, usage = _own_peak(), _peak_of(resource.RUSAGE_SELF)
        # The figure of getrusage is quick to read; where it does not follow that of /proc, as after an exec, it is of no use.
        self._is_in_usage = abs(usage - self._low) <= _LITTLE
        self._children = _peak_of(resource.RUSAGE_CHILDREN)


def own_peak() -> int:
    """Return this process's peak since the component began, in MB, rounded up."""
    return -(-_own_peak() // _KIB_PER_MB)


def peak_of(used: resource.struct_rusage) -> int:
    """Return the largest resident set size in KiB."""
    return used.ru_maxrss // _PER_KIB


def _peak_of(whom: int) -> int:
    return resource.getrusage(whom).ru_maxrss // _PER_KIB


def _own_peak() -> int:
    """Return this process's peak in KiB. /proc is preferred, because the figure of getrusage may be an earlier program's."""
    try:
        with open("/proc/self/status", "rb", buffering=0) as file:
            text = file.read(4096)
        return int(text.split(b"VmHWM:", 1)[1].split(None, 1)[0])
    except (OSError, IndexError, ValueError):
        return _peak_of(resource.RUSAGE_SELF)
