"""The submissions of a map, in ``submissions.jsonl``. Lines are only appended."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

import attrs

from htmap_core import names
from htmap_core.exceptions import CorruptMap
from htmap_core.language.expressions import quoted


@attrs.frozen
class Submission:
    """One submission of jobs.

    :param number: its number in the map, from 0.
    :param token: the value of the jobs' attribute ``HTMapSubmission``, which finds them in the queue.
    :param jobs: the number of its jobs, which is the number of rows in its item file.
    :param late: whether the schedd materializes the jobs only when it needs them.
    :param held: whether the jobs are on hold from the start; the event log does not tell.
    :param cluster: the cluster's number; None until HTMap knows that the schedd took the submission.
    """

    number: int
    token: str
    jobs: int
    late: bool = False
    held: bool = False
    cluster: Optional[int] = None

    @property
    def constraint(self) -> str:
        """A ClassAd expression that finds the jobs, even if their cluster is not known yet."""
        return f"{names.SUBMISSION_TOKEN} == {quoted(self.token)}"


class Submissions:
    """The ledger of a map's submissions: first the intent of each, then its outcome.

    :param path: the path of ``submissions.jsonl``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = os.fspath(path)

    def all(self) -> list[Submission]:
        """Return the submissions in order, without those that the schedd refused.

        A truncated last line is skipped: a command asks the schedd for the outcome that it would have had.

        :raises CorruptMap: another line cannot be read.
        """
        found: dict[int, Submission] = {}
        for line in self._lines():
            try:
                entry = json.loads(line)
                if entry.get("cluster", "") is None:
                    del found[entry["number"]]
                elif "cluster" in entry:
                    found[entry["number"]] = attrs.evolve(found[entry["number"]], cluster=entry["cluster"])
                else:
                    found[entry["number"]] = Submission(**entry)
            except (ValueError, TypeError, KeyError) as error:
                raise CorruptMap(self._path, f"has a line that HTMap did not write: {line[:80]!r}") from error
        return [found[number] for number in sorted(found)]

    def has_refused(self) -> bool:
        """Return whether the schedd has refused a submission, or its answer was lost. The event log may tell of its jobs."""
        return any(json.loads(line).get("cluster", "") is None for line in self._lines())

    def size(self) -> int:
        """Return the size of the file in bytes: the cheapest way to notice new entries.

        :raises FileNotFoundError: nothing was submitted yet.
        """
        return os.stat(self._text).st_size

    def next_number(self) -> int:
        """Return the number of the next submission. Numbers of refused submissions are not used again."""
        return 1 + max((json.loads(line)["number"] for line in self._lines()), default=-1)

    def intend(self, jobs: int, *, late: bool, held: bool = False) -> Submission:
        """Write the intent to submit jobs. After a crash, a later command finds it and asks the schedd for the outcome."""
        number, token = self.next_number(), uuid.uuid4().hex
        self._append({"number": number, "token": token, "jobs": jobs, "late": late, "held": held})
        return Submission(number, token, jobs, late, held)

    def taken(self, submission: Submission, cluster: int) -> None:
        """Write the cluster that the schedd gave a submission."""
        self._append({"number": submission.number, "cluster": cluster})

    def not_taken(self, submission: Submission) -> None:
        """Write that the schedd refused a submission."""
        self._append({"number": submission.number, "cluster": None})

    def _lines(self) -> list[bytes]:
        try:
            return self._path.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []

    def _append(self, entry: Mapping[str, Any]) -> None:
        """Append a line; it replaces a last line that a crash has truncated."""
        with self._path.open("ab") as file:
            if file.tell() > 0 and not (content := self._path.read_bytes()).endswith(b"\n"):
                file.truncate(content.rfind(b"\n") + 1)
            file.write(json.dumps(entry).encode() + b"\n")
