"""Markers, which other processes make and delete meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmap_core.storage import operations


def test_a_marker_that_was_just_deleted_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "_entries", lambda root, kind: [root / kind / "gone"])
    for kind in operations.KINDS:
        assert [*operations.unfinished(tmp_path, kind)] == []
    assert [*operations.markers(tmp_path)] == []
