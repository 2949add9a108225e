"""Where the job runs, and how much memory its components take."""

from __future__ import annotations

import os
import resource

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from typing import Optional

_KIB_PER_MB = 1024
_RESET_PEAK = b"5"  # proc(5), clear_refs: start the peak resident set size over


def host_facts(scratch: str) -> dict[str, Optional[str]]:
    """Return where and as whom the job runs, for the result file; None for what the starter did not say."""
    ad = _ad(os.environ.get("_CONDOR_MACHINE_AD"))
    return {
        "name": os.uname().nodename,
        "address": ad.get("publicnetworkipaddr") or ad.get("myaddress") or ad.get("startdipaddr"),
        "slot": ad.get("name"),
        "user": _user(),
        "scratch": scratch,
    }


def slot_memory() -> int:
    """Return the memory of the job's slot in MB; 0 where the starter did not say."""
    text = _ad(os.environ.get("_CONDOR_MACHINE_AD")).get("memory", "")
    return int(text) if text.isdigit() else 0


def oom_kills() -> int:
    """Return how many processes of this job the system has killed because memory ran out, as far as cgroups tell."""
    try:
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            groups = [line.rstrip("\n").split(":", 2) for line in file]
    except (OSError, UnicodeError):
        return 0
    return sum(_oom_kills(controllers, path) for _, controllers, path in groups)


def _oom_kills(controllers: str, path: str) -> int:
    if controllers not in ("", "memory"):
        return 0
    counts = (
        f"/memory{path}/memory.oom_control" if controllers else f"{path}/memory.events"
    )  # version 1 of cgroups, and 2
    try:
        with open(f"/sys/fs/cgroup{counts}", encoding="utf-8") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("oom_kill "))
    except OSError:
        return 0  # no such cgroup here, or a container hides it: the peak of the memory has to do


def job_ad(scratch: str) -> dict[str, str]:
    """Return the simple attributes of the job's ad by name, in lower case; none where it cannot be read."""
    # The starter names the file; inside a container that path may be unknown.
    return _ad(os.environ.get("_CONDOR_JOB_AD")) or _ad(os.path.join(scratch, ".job.ad"))


def _ad(path: Optional[str]) -> dict[str, str]:
    """Return the simple attributes of an ad by name, in lower case: HTCondor ignores the case of names."""
    if path is None:
        return {}
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            pairs = [line.partition(" = ") for line in file]
    except OSError:
        return {}  # the starter names the file, but a container may hide it; nothing else depends on it
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())  # containers often know no name for the job's user


class PeakMemory:
    """The peak of the resident set size since :meth:`start`, of this process or of the largest finished child."""

    def __init__(self) -> None:
        self._children = 0

    def start(self) -> None:
        """Start over, for the next component."""
        try:
            with open("/proc/self/clear_refs", "wb", buffering=0) as file:
                file.write(_RESET_PEAK)
        except OSError:
            pass  # some containers forbid it: the peak is that of the job so far, then
        self._children = _peak_of(resource.RUSAGE_CHILDREN)

    def megabytes(self) -> int:
        """Return the peak, rounded up."""
        children = _peak_of(resource.RUSAGE_CHILDREN)
        peak = max(_own_peak(), children if children > self._children else 0)
        return -(-peak // _KIB_PER_MB)


def _peak_of(whom: int) -> int:
    return resource.getrusage(whom).ru_maxrss


def _own_peak() -> int:
    """Return this process's peak in KiB, from /proc where there is one: the figure of getrusage cannot be started over."""
    try:
        with open("/proc/self/status", "rb", buffering=0) as file:
            text = file.read(4096)
        return int(text.split(b"VmHWM:", 1)[1].split(None, 1)[0])
    except (OSError, IndexError, ValueError):
        return _peak_of(resource.RUSAGE_SELF)
