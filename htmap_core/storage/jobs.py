"""Submissions and their jobs, as a map's directory knows them."""

from __future__ import annotations

from typing import Optional

import attrs

from htmap_core import names


@attrs.frozen
class Submission:
    """One submission of jobs: a line in ``submissions.jsonl``.

    :param number: the submissions of a map are counted from 0.
    :param token: the value of the jobs' attribute ``HTMapSubmission``, which finds them in the queue.
    :param jobs: how many jobs it has, one for each row of its item file.
    :param late: whether the schedd makes the jobs only as they are needed.
    :param held: whether the jobs are on hold from the start, of which the event log tells nothing.
    :param cluster: the cluster's number; None while it is not known whether the schedd took it.
    """

    number: int
    token: str
    jobs: int
    late: bool = False
    held: bool = False
    cluster: Optional[int] = None


@attrs.frozen
class Job:
    """One job: a row of the item file of a submission."""

    submission: int
    row: int

    @property
    def output(self) -> str:
        """The path of its files below the outputs, without their ending."""
        return f"{self.submission}/{self.row // names.ENTRIES_PER_DIRECTORY}/{self.row}"
