"""The submission of jobs, such that no jobs are ever in the queue that nobody knows of."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Protocol

from htmap_core import names
from htmap_core.condor.interrupts import held_back
from htmap_core.language.expressions import quoted
from htmap_core.language.submit_text import render
from htmap_core.storage.creation import Creation, storing
from htmap_core.storage.mapdir import MapDir, MapRecord

_TRUE = {"true", "1"}  # of condor_submit; other words are an error


class Queue(Protocol):
    """What takes jobs: a connection to a pool."""

    def submit(self, text: str) -> Any:
        """Submit a description, and return something with the number of the ``cluster``."""

    def remove(self, constraint: str, reason: str) -> None:
        """Remove the jobs that satisfy a ClassAd expression."""


def submit(map_dir: MapDir, jobs: int, commands: Mapping[str, str], columns: tuple[str, ...], queue: Queue) -> None:
    """Submit the next submission of a map, whose item file is written already.

    What is intended is on disk before the schedd is asked, and what came of it at once after: if this process is killed
    in between, the next command finds out. Ctrl-C waits for the end of it; and where the disk is too full to write down
    that the schedd has taken the jobs, they are taken back.
    """
    late = not {"max_idle", "max_materialize"}.isdisjoint(commands)
    held = not late and commands.get("hold", "").casefold() in _TRUE  # HTCondor ignores it where jobs are made late
    with held_back():
        submission = map_dir.submissions.intend(jobs, late=late, held=held)
        own = {f"MY.{names.SUBMISSION_TOKEN}": quoted(submission.token)}
        text = render({**commands, **own}, columns, map_dir.items(submission.number))
        try:
            cluster = queue.submit(text).cluster
        except Exception:
            # Most likely it was refused. If only the answer was lost, the jobs are there all the same, and found by their token.
            with contextlib.suppress(Exception):  # the first error is the one to tell
                queue.remove(submission.constraint, "htmap got no answer to its submission")
            map_dir.submissions.not_taken(submission)
            raise
        try:
            map_dir.submissions.taken(submission, cluster)
        except OSError:
            queue.remove(f"ClusterId == {cluster}", "htmap could not write down that it was submitted")
            raise


def submit_map(creation: Creation, record: MapRecord, commands: Mapping[str, str], queue: Queue) -> None:
    """Write down all that is known of a map, and submit its jobs."""
    map_dir = creation.map_dir
    with storing(map_dir):
        map_dir.write_record(record)
        map_dir.write_submit(commands, creation.columns)
        submit(map_dir, creation.jobs, commands, creation.columns, queue)
