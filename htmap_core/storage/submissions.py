"""The submissions of a map, in ``submissions.jsonl``. Lines are only appended, each with a checksum of its own."""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Optional

import attrs

from htmap_core import names
from htmap_core.exceptions import CorruptMap
from htmap_core.files.ownership import private_opener
from htmap_core.files.reading import UNREADABLE, read_file
from htmap_core.files.sealed import seal, unseal
from htmap_core.language.expressions import quoted
from htmap_core.storage.content.formats import GROWS, check_needs
from htmap_core.storage.faults.damage import check_shape, reason
from htmap_core.storage.portions.growth_record import Added

_INTENT = {
    "number": int,
    "token": str,
    "jobs": int,
    "late": bool,
    "held": bool,
    "items?": (str, type(None)),
    "added?": (dict, type(None)),
}
_OUTCOME = {"number": int, "cluster": (int, type(None))}
_KEYS_OF_0_7_0 = frozenset({"number", "token", "jobs", "late", "held", "cluster"})


@attrs.frozen
class Submission:
    """One submission of jobs.

    :param number: its number in the map, from 0.
    :param token: the value of the jobs' attribute ``HTMapSubmission``, which finds them in the queue.
    :param jobs: the number of its jobs, which is the number of rows in its item file.
    :param late: whether the schedd materializes the jobs only when it needs them.
    :param held: whether the jobs are on hold from the start; the event log does not tell.
    :param cluster: the cluster's number; None until HTMap knows that the schedd took the submission.
    :param items: the checksum of its item file; None for submissions of 0.7.0.
    :param added: the components that it adds to the map; None if it has those that the map was made with, or a rerun.
    """

    number: int
    token: str
    jobs: int
    late: bool = False
    held: bool = False
    cluster: Optional[int] = None
    items: Optional[str] = None
    added: Optional[Added] = None

    @property
    def is_rerun(self) -> bool:
        """Whether its components had other jobs before."""
        return bool(self.number) and self.added is None

    @property
    def constraint(self) -> str:
        """A ClassAd expression that finds the jobs, even if their cluster is not known yet."""
        return f"{names.SUBMISSION_TOKEN} == {quoted(self.token)}"


_FIELDS = frozenset(attrs.fields_dict(Submission))


@attrs.define
class _Ledger:
    """What lines of the ledger say together.

    :param text: the lines.
    :param found: the submissions, without those that the schedd refused, in order.
    :param clusters: the clusters that the schedd gave submissions, with those that were taken back.
    :param has_refused: whether the schedd has refused one, its answer was lost, or its jobs were taken back.
    :param next_number: the number of the next submission.
    """

    text: bytes = b""
    found: dict[int, Submission] = attrs.field(factory=dict)
    clusters: set[int] = attrs.field(factory=set)
    has_refused: bool = False
    next_number: int = 0

    def add(self, entry: Mapping[str, Any]) -> None:
        """Add what one more line says; raises one of ``UNREADABLE`` if it does not fit to the others."""
        number, is_outcome = entry["number"], "cluster" in entry
        self.next_number = max(self.next_number, number + 1)
        if not is_outcome:
            self.found[number] = _submission(entry)
        elif entry["cluster"] is None:
            self.has_refused = True
            del self.found[number]
        else:
            self.clusters.add(entry["cluster"])
            self.found[number] = attrs.evolve(self.found[number], cluster=entry["cluster"])


class Submissions:
    """The ledger of a map's submissions: first the intent of each, then its outcome. Threads can share it.

    A map that grows by each call of a program has thousands of lines. So those that were read are read again only to see that
    they are the same.

    :param path: the path of ``submissions.jsonl``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = os.fspath(path)
        self._known = _Ledger()
        self._reading = threading.Lock()

    def all(self) -> list[Submission]:
        """Return the submissions in order, without those that the schedd refused.

        A truncated last line is skipped: a command asks the schedd for the outcome that it would have had.

        :raises CorruptMap: another line is damaged.
        :raises MadeByNewerHTMap: a newer HTMap wrote a line that this one does not understand.
        """
        with self._read() as ledger:
            return [*ledger.found.values()]

    def clusters(self) -> set[int]:
        """Return the clusters that the schedd gave submissions, with those that were taken back."""
        with self._read() as ledger:
            return {*ledger.clusters}

    def has_refused(self) -> bool:
        """Return whether the schedd has refused a submission, its answer was lost, or its jobs were taken back.

        The event log may tell of such jobs.
        """
        with self._read() as ledger:
            return ledger.has_refused

    def size(self) -> int:
        """Return the size of the file in bytes: the cheapest way to notice new entries.

        :raises FileNotFoundError: nothing was submitted yet.
        """
        try:
            return os.lstat(self._text).st_size
        except NotADirectoryError as error:  # the map's directory is none
            raise FileNotFoundError(error.errno, error.strerror, self._text) from error

    def next_number(self) -> int:
        """Return the number of the next submission. Numbers of refused submissions are not used again.

        :raises CorruptMap: a line is damaged.
        """
        with self._read() as ledger:
            return ledger.next_number

    def intend(
        self, jobs: int, *, late: bool, held: bool = False, items: str | None = None, added: Added | None = None
    ) -> Submission:
        """Write the intent to submit jobs. After a crash, a later command finds it and asks the schedd for the outcome.

        :param items: the checksum of the item file.
        :param added: the components that they add to the map.
        """
        number, token = self.next_number(), uuid.uuid4().hex
        entry = {"number": number, "token": token, "jobs": jobs, "late": late, "held": held, "items": items}
        grows = {} if added is None else {"needs": GROWS, "added": attrs.asdict(added)}
        self._append({**entry, **grows})
        return Submission(number, token, jobs, late, held, items=items, added=added)

    def taken(self, submission: Submission, cluster: int) -> None:
        """Write the cluster that the schedd gave a submission."""
        self._append({"number": submission.number, "cluster": cluster})

    def not_taken(self, submission: Submission) -> None:
        """Write that the schedd refused a submission, or that its jobs were taken out of the queue."""
        self._append({"number": submission.number, "cluster": None})

    @contextlib.contextmanager
    def _read(self) -> Iterator[_Ledger]:
        """Read the lines that were written since, and give a block what all say."""
        with self._reading:
            content = self._content()
            if not content.startswith(self._known.text):
                self._known = _Ledger()
            known, self._known = self._known, _Ledger()  # after a damaged line, all are read again
            end = content.rfind(b"\n") + 1
            for line in content[len(known.text) : end].split(b"\n")[:-1]:
                self._add(known, line)
            known.text = content[:end]
            if not (whole := _without_line_end(content[end:])):
                self._known = known
            else:  # it may get its end, or others in its place
                self._add(known, whole)
            yield known

    def _content(self) -> bytes:
        try:
            return read_file(self._path)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise self._corrupt(f"cannot be read ({reason(error)})") from error

    def _add(self, ledger: _Ledger, line: bytes) -> None:
        try:
            entry = unseal(line, unsealed=_KEYS_OF_0_7_0)
            check_needs(entry, self._path)
            check_shape(entry, _INTENT if "token" in entry else _OUTCOME)
        except UNREADABLE as error:
            raise self._corrupt(f"has a line that HTMap did not write ({error}): {line[:80]!r}") from error
        try:
            ledger.add(entry)
        except UNREADABLE as error:
            raise self._corrupt(f"has an entry that does not fit to the others, {entry!r}") from error

    def _append(self, entry: Mapping[str, Any]) -> None:
        """Append a line; it replaces a last line that a crash has truncated."""
        with open(self._path, "ab", opener=private_opener) as file:
            if file.tell() > 0 and not (content := read_file(self._path)).endswith(b"\n"):
                file.truncate(content.rfind(b"\n") + 1)
                if whole := _without_line_end(content.rpartition(b"\n")[2]):
                    file.write(whole + b"\n")
            file.write(seal(entry).encode() + b"\n")

    def lacks_entries(self) -> CorruptMap:
        """Return what tells that there are files of submissions of which the ledger does not know."""
        return self._corrupt("lacks entries, so no component of the map can be submitted again, and none can be added")

    def _corrupt(self, reason: str) -> CorruptMap:
        return CorruptMap(self._path, f"{reason}. Results may be in the folder outputs beside it")


def _submission(entry: Mapping[str, Any]) -> Submission:
    """Return the submission of an intent; a later version may have more to say about it."""
    known = {key: value for key, value in entry.items() if key in _FIELDS}
    return Submission(**{**known, "added": Added.of(entry["added"]) if entry.get("added") else None})


def _without_line_end(last: bytes) -> bytes:
    """Return the last line of the file, which has no line end; empty if a crash has truncated it.

    The line itself may be whole: its line end was not written any more, or is damaged.
    """
    for text in (last, last[:-1]) if last else ():
        try:
            unseal(text)
        except ValueError:
            continue
        return text
    return b""
