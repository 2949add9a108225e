"""The submissions of a map: ``submissions.jsonl``, to which lines are only added."""

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

    @property
    def constraint(self) -> str:
        """A ClassAd expression that finds the jobs, also where it is not known yet which cluster they are."""
        return f"{names.SUBMISSION_TOKEN} == {quoted(self.token)}"


class Submissions:
    """What was submitted of a map, the intent of each submission first, and then what came of it.

    :param path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = os.fspath(path)

    def all(self) -> list[Submission]:
        """Return the submissions, the first first.

        :raises CorruptMap: a line that is not the last cannot be read. A last line that was cut short is passed over: what it
            would have said is asked of the schedd.
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
                raise CorruptMap(self._path, f"has a line that is not HTMap's: {line[:80]!r}") from error
        return [found[number] for number in sorted(found)]

    def size(self) -> int:
        """Return how many bytes have been written, which tells at little cost whether there is anything new.

        :raises FileNotFoundError: nothing was submitted yet.
        """
        return os.stat(self._text).st_size

    def next_number(self) -> int:
        """Return the number that the next submission will have; one that was never taken by the schedd keeps its own."""
        return 1 + max((json.loads(line)["number"] for line in self._lines()), default=-1)

    def intend(self, jobs: int, *, late: bool, held: bool = False) -> Submission:
        """Write down that jobs are about to be submitted, so that a crash in between can be told from none."""
        number, token = self.next_number(), uuid.uuid4().hex
        self._append({"number": number, "token": token, "jobs": jobs, "late": late, "held": held})
        return Submission(number, token, jobs, late, held)

    def taken(self, submission: Submission, cluster: int) -> None:
        """Write down the cluster that a submission became."""
        self._append({"number": submission.number, "cluster": cluster})

    def not_taken(self, submission: Submission) -> None:
        """Write down that the schedd did not take a submission after all."""
        self._append({"number": submission.number, "cluster": None})

    def _lines(self) -> list[bytes]:
        try:
            return self._path.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []

    def _append(self, entry: Mapping[str, Any]) -> None:
        """Add a line, in place of one that a crash may have left half-written."""
        with self._path.open("ab") as file:
            if file.tell() > 0 and not (content := self._path.read_bytes()).endswith(b"\n"):
                file.truncate(content.rfind(b"\n") + 1)
            file.write(json.dumps(entry).encode() + b"\n")
