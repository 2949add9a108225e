"""The collector's answers about slots, kept on disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from htmap_core.files import answers
from htmap_core.files.answers import Answers


@pytest.fixture
def kept(tmp_path: Path) -> Answers:
    kept = Answers.of(tmp_path / "slots", None, "collector.example.org")
    kept.put("HasDocker", [3, 214])
    return kept


def again(kept: Answers) -> Answers:
    """Return the answers as another process reads them."""
    return Answers(kept.file, kept.configuration)


def test_another_process_has_an_answer_that_is_kept(kept: Answers) -> None:
    kept.put("HasTeX", [5, 214])
    assert (again(kept).get("HasDocker"), again(kept).get("HasTeX")) == ([3, 214], [5, 214])


def test_an_answer_is_forgotten_when_it_is_old(kept: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "KEPT", 0.0)
    assert again(kept).get("HasDocker") is None


def test_the_answers_of_another_pool_are_others(kept: Answers) -> None:
    folder = kept.file.parent
    assert Answers.of(folder, None, "other.example.org").get("HasDocker") is None
    assert Answers.of(folder, Path("/etc/condor/other"), "collector.example.org").get("HasDocker") is None


def test_answers_from_before_the_configuration_was_written_are_not_believed(tmp_path: Path) -> None:
    configuration = tmp_path / "condor_config"
    configuration.touch()
    kept = Answers.of(tmp_path / "slots", configuration, None)
    kept.put("HasDocker", [3, 214])
    assert again(kept).get("HasDocker") == [3, 214]
    os.utime(configuration, (1, 1))
    assert again(kept).get("HasDocker") is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"answers": {}, "checksum": "00000000"}', b'{"later": 1}'])
def test_a_damaged_file_is_no_answer_and_is_replaced(kept: Answers, content: bytes) -> None:
    kept.file.write_bytes(content)
    assert kept.get("HasDocker") is None
    kept.put("HasDocker", [4, 214])
    assert again(kept).get("HasDocker") == [4, 214]


def test_the_file_stays_small_and_is_the_user_s_alone(kept: Answers) -> None:
    for number in range(answers.MOST + 5):
        kept.put(f"Memory > {number}", [1, 214])
    assert again(kept).get("HasDocker") is None
    assert again(kept).get("Memory > 104") == [1, 214]
    assert kept.file.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "slots").touch()
    kept = Answers.of(tmp_path / "slots", None, None)
    kept.put("HasDocker", [3, 214])
    assert kept.get("HasDocker") is None
