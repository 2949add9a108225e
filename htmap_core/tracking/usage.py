"""What jobs have asked for and used, from the tables at their ends in the event log.

HTCondor looks at what a job uses from time to time. The log alone keeps what the job had asked for in the run that ended: options
may be expressions, and requests change by edits and by ``retry_request_memory``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple, Optional

from htmap_core.condor import eventlog
from htmap_core.condor.eventlog import DISK, END, MEMORY
from htmap_core.files.reading import open_file
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir

_PIECE = 1 << 20  # bytes


class Amount(NamedTuple):
    """What a job has used of something, and what it had asked for."""

    used: int
    asked: int


class Usage(NamedTuple):
    """What a job has used at its peak, as HTCondor has measured it: memory in MB, disk space in KB. None where it has not."""

    memory: Optional[Amount]
    disk: Optional[Amount]


def logged(map_dir: MapDir, jobs: Collection[Job], *, at_most: int | None = None) -> Mapping[Job, Usage]:
    """Return what some jobs have used, of those that have ended.

    :param at_most: how many bytes of the log to read, from its end; None for all.
    """
    clusters = {each.number: each.cluster for each in map_dir.submissions.all()}
    wanted = {(clusters.get(job.submission), job.row): job for job in jobs}
    found: dict[Job, Usage] = {}
    try:
        with open_file(map_dir.events) as log:
            size = log.seek(0, 2)
            begin = 0 if at_most is None else max(0, size - at_most)
            log.seek(begin)
            text = END if not begin else b""
            while piece := log.read(_PIECE):
                text += piece
                end = max(0, text.rfind(END))
                for cluster, row, table in eventlog.usages(text[:end]):
                    if (job := wanted.get((cluster, row))) is not None:
                        found[job] = Usage(_amount(table, MEMORY), _amount(table, DISK))
                text = text[end:]
    except OSError:
        pass  # nothing has run yet, or the log was moved away; whoever asks for states is told of anything else
    return found


def _amount(table: Mapping[bytes, tuple[int, int]], name: bytes) -> Amount | None:
    return Amount(*table[name]) if name in table else None
