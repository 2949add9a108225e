"""What is made once for the site tests: it takes networks, which fail for a moment."""

from __future__ import annotations

from pathlib import Path

import pytest
from htmap_pool.errors import ToolFailed

from tests.site import debian


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(debian, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(debian, "_PAUSES", (0, 0))
    return tmp_path / "cache"


class Maker:
    """Makes a folder, and fails half-way the first times."""

    def __init__(self, failures: int) -> None:
        self.failures, self.attempts = failures, 0

    def __call__(self, folder: Path) -> None:
        self.attempts += 1
        folder.mkdir()
        if self.attempts <= self.failures:
            raise ToolFailed("apt-get", "the mirror does not answer")
        (folder / "whole").touch()


def test_what_fails_twice_is_made_at_last_and_then_kept() -> None:
    make = Maker(failures=2)
    assert (debian.made("thing", make) / "whole").exists()
    debian.made("thing", make)
    assert make.attempts == 3


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_what_cannot_be_made_is_a_skip_and_a_failure_in_ci_with_nothing_left(
    cache: Path, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    make = Maker(failures=3)
    with pytest.raises(outcome, match=r"thing cannot be made: .*the mirror does not answer"):
        debian.made("thing", make)
    assert not (cache / "thing").exists()
    assert make.attempts == 3
