"""The picture of README is what a terminal shows today (`make golden` draws it where that has changed)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs import picture
from tests.docs.picture import PICTURE
from tests.golden_files import Golden, hidden

VOLATILE = re.compile(r" *\d+(\.\d+)? (MB|KB|s|B|min)\b| *\d\d:\d\d|~| +")


def lasting(words: str) -> str:
    """Return what does not differ between runs: no times and sizes, nor the widths of columns."""
    return hidden(words, {VOLATILE: " "})


@pytest.mark.pool
def test_the_picture_shows_what_a_terminal_shows(
    golden: Golden,
    renewed_golden_files: dict[str, str] | None,
    personal_pool: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    console = picture.recorded(tmp_path)
    shown = lasting(picture.words(console))
    if renewed_golden_files is not None and lasting(picture.words_of(PICTURE.read_text())) != shown:
        PICTURE.write_text(picture.drawn(console))
    assert lasting(picture.words_of(PICTURE.read_text())) == shown


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    drawn = PICTURE.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|@import|<script|@font-face", drawn)


def test_a_picture_of_something_else_is_seen() -> None:
    kept = picture.words_of(PICTURE.read_text())
    assert lasting(kept.replace("division by zero", "division by one")) != lasting(kept)
    assert lasting(kept.replace(" s ", " min ")) == lasting(kept)
