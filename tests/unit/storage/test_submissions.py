"""The ledger of a map's submissions: it is read on where it has grown, and anew where it has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from htmap_core.exceptions import CorruptMap
from htmap_core.files.sealed import unseal
from htmap_core.storage import submissions
from htmap_core.storage.submissions import Submissions


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "submissions.jsonl"


def added(path: Path, cluster: int | None) -> None:
    """Have another process add a submission to the ledger."""
    ledger = Submissions(path)
    submission = ledger.intend(1, late=False)
    if cluster is None:
        ledger.not_taken(submission)
    else:
        ledger.taken(submission, cluster)


def clusters(ledger: Submissions) -> list[int | None]:
    return [each.cluster for each in ledger.all()]


def test_what_another_process_has_added_is_seen(path: Path) -> None:
    ledger = Submissions(path)
    assert clusters(ledger) == []
    for cluster in (17, None, 18):
        added(path, cluster)
        assert ledger.next_number() == len(path.read_text().splitlines()) / 2
    assert clusters(ledger) == [17, 18]
    assert ledger.clusters() == {17, 18}
    assert ledger.has_refused()


def test_a_line_is_read_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[bytes] = []

    def noting(line: bytes, **more: Any) -> dict[str, Any]:
        lines.append(line)
        return unseal(line, **more)

    monkeypatch.setattr(submissions, "unseal", noting)
    ledger = Submissions(path)
    for cluster in range(20):
        added(path, cluster)
        lines.clear()
        assert len(ledger.all()) == cluster + 1
        assert len(lines) == 2
        ledger.all()
        assert len(lines) == 2


def test_a_line_that_changes_after_it_was_read_is_read_again(path: Path) -> None:
    ledger = Submissions(path)
    added(path, 17)
    added(path, 18)
    known = clusters(ledger)
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"jobs": 1', b'"jobs": 2', 1))
    for _ in range(2):
        with pytest.raises(CorruptMap):
            ledger.all()
    path.write_bytes(content)
    assert clusters(ledger) == known == [17, 18]


def test_a_line_that_is_still_being_written_is_not_kept(path: Path) -> None:
    ledger = Submissions(path)
    added(path, 17)
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert clusters(ledger) in ([], [None], [17])
        path.write_bytes(whole)
        assert clusters(ledger) == [17]


def test_a_shorter_ledger_is_another_one(path: Path) -> None:
    ledger = Submissions(path)
    added(path, 17)
    added(path, 18)
    assert clusters(ledger) == [17, 18]
    path.unlink()
    added(path, 19)
    assert clusters(ledger) == [19]
    assert not ledger.has_refused()
