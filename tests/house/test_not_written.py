"""What must not be written anywhere."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.tree import files, matches, named


def test_no_file_names_a_path_of_the_machine_that_it_was_written_on() -> None:
    assert matches(re.compile(r"(?<![\w.$}~/-])/(?:work|root)(?![\w-])")) == []


def test_no_file_names_where_packages_came_from_on_that_machine() -> None:
    assert matches(re.compile(r"(?:extra-)?index-url\s*[=h]|trusted-host\s*[=\w]")) == []


def test_no_left_over_marker_waits_for_somebody() -> None:
    assert matches(re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b"), {".py", ".md", ".toml", ".sh"}) == []


def test_no_file_was_built_elsewhere() -> None:
    """The maps that earlier versions left are the one exception: nobody can read a diff of anything else that is no text."""
    assert [
        named(path) for path in files() if not named(path).startswith("tests/pool/old_maps/") and _is_no_text(path)
    ] == []


def _is_no_text(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return True
    return False
