"""The submission of jobs. The map's ledger knows every job in the queue, even after a crash."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Protocol

from htmap_core import names
from htmap_core.condor.interrupts import held_back
from htmap_core.language.expressions import quoted
from htmap_core.language.submit_text import render
from htmap_core.storage.creation import Creation, storing
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import MapRecord
from htmap_core.submission.pace import LATE

_TRUE = {"true", "1"}  # condor_submit's words for true; other words are an error


class Queue(Protocol):
    """A queue of jobs; the connection to a pool is one."""

    def submit(self, text: str) -> Any:
        """Submit a description, and return an object with the number of the ``cluster``."""

    def remove(self, constraint: str, reason: str) -> None:
        """Remove the jobs that satisfy a ClassAd expression."""


def submit(map_dir: MapDir, jobs: int, commands: Mapping[str, str], columns: tuple[str, ...], queue: Queue) -> None:
    """Submit the next submission of a map; its item file exists already.

    The intent is on disk before the schedd is asked, and the outcome directly afterwards. If the process is killed in between,
    the next command asks the schedd. Ctrl-C waits until the outcome is on disk. If the disk is too full for the outcome, the
    jobs are removed from the queue.
    """
    late = not LATE.isdisjoint(commands)
    held = (
        not late and commands.get("hold", "").casefold() in _TRUE
    )  # HTCondor ignores `hold` with late materialization
    with held_back():
        submission = map_dir.intend(jobs, late=late, held=held)
        own = {f"MY.{names.SUBMISSION_TOKEN}": quoted(submission.token)}
        text = render({**commands, **own}, columns, map_dir.items(submission.number))
        try:
            cluster = queue.submit(text).cluster
        except Exception:
            # Most likely the schedd refused it. If only its answer was lost, the jobs are in the queue, and the token finds them.
            with contextlib.suppress(Exception):  # the user should see the first error
                queue.remove(submission.constraint, "htmap got no answer to its submission")
            map_dir.submissions.not_taken(submission)
            raise
        try:
            map_dir.submissions.taken(submission, cluster)
        except OSError:
            queue.remove(f"ClusterId == {cluster}", "htmap could not write down that it was submitted")
            raise


def submit_map(creation: Creation, record: MapRecord, commands: Mapping[str, str], queue: Queue) -> None:
    """Write the record and the submit description of a map, and submit its jobs."""
    map_dir = creation.map_dir
    with storing(map_dir):
        map_dir.write_record(record)
        map_dir.write_submit(commands, creation.columns)
        submit(map_dir, creation.jobs, commands, creation.columns, queue)
