"""The log of what was done to maps."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest

from htmap_core.settings.chain import settings
from htmap_core.storage.log import log_file, logger


def test_it_is_made_when_something_is_written_for_its_owner_alone(htmap_dir: Path) -> None:
    logger.debug("of no interest")
    assert not htmap_dir.exists()
    logger.info("created map %r", "tide")
    assert log_file().read_text().rstrip().endswith("created map 'tide'")
    assert log_file().parent.stat().st_mode & 0o077 == 0


def test_it_lies_in_the_directory_that_the_settings_name_then(htmap_dir: Path, tmp_path: Path) -> None:
    logger.info("first")
    settings["HTMAP_DIR"] = tmp_path / "elsewhere"
    logger.info("second")
    assert "first" in (htmap_dir / "logs" / "htmap.log").read_text()
    assert "second" in log_file().read_text()
    assert "first" not in log_file().read_text()


def test_a_program_gets_records_of_the_level_that_it_asks_for(htmap_dir: Path) -> None:
    root, written = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(written), root.level
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    try:
        logger.info("created")
        logger.warning("careful")
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
    assert written.getvalue() == "careful\n"


def test_it_rotates_and_older_files_lie_beside_it(htmap_dir: Path) -> None:
    for _ in range(12):
        logger.info("x" * 100_000)
    assert {path.name for path in log_file().parent.iterdir()} == {"htmap.log", "htmap.log.1"}


def test_what_cannot_be_written_stops_nobody(htmap_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    htmap_dir.mkdir()
    (htmap_dir / "logs").write_text("in the way")
    logger.info("created")
    assert "FileExistsError" in capsys.readouterr().err
