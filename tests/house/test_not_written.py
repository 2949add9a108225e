"""What must not be written anywhere."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.tree import matches, named


def test_no_file_names_a_path_of_the_machine_that_it_was_written_on() -> None:
    assert matches(re.compile(r"(?<![\w.$}~/-])/(?:work|root)(?![\w-])")) == []


def test_no_file_names_where_packages_came_from_on_that_machine() -> None:
    assert matches(re.compile(r"(?:extra-)?index-url\s*[=h]|trusted-host\s*[=\w]")) == []


def test_no_left_over_marker_waits_for_somebody() -> None:
    assert matches(re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b"), {".py", ".md", ".toml", ".sh"}) == []


def test_every_exception_from_the_linter_says_why() -> None:
    bare = re.compile(r"#\s*noqa(?!: [A-Z]+\d+(?:, ?[A-Z]+\d+)*\s+-- \S)")
    assert [found for found in matches(bare, {".py"}) if not found.startswith(named(Path(__file__)))] == []
