"""Ctrl-C while somebody waits for a map: it goes on, and what to do is told."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.components import ComponentStatus
from htmap_core.progress import interruption
from tests.golden_files import Golden
from tests.unit.maps.conftest import Load

WAITS: dict[str, Callable[[htmap.Map], Any]] = {
    "wait": lambda tide: tide.wait(),
    "get": lambda tide: tide.get(1),
    "list": list,
    "outcomes": lambda tide: list(tide.outcomes()),
    "errors": lambda tide: tide.errors,
    "stdout": lambda tide: tide.stdout.get(0),
}


@pytest.fixture
def tide(load: Load, htmap_dir: Path, monkeypatch: pytest.MonkeyPatch) -> htmap.Map:
    """Return a map for which nobody waits longer than for a moment."""

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    loaded = load([ComponentStatus.RUNNING, ComponentStatus.IDLE])
    monkeypatch.setattr(time, "sleep", interrupted)
    return loaded


@pytest.mark.parametrize("name", WAITS)
def test_whoever_interrupts_a_wait_is_told_that_the_map_goes_on(
    name: str, tide: htmap.Map, capsys: pytest.CaptureFixture[str], golden: Golden
) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        WAITS[name](tide)
    golden("progress/interrupted", capsys.readouterr().err)
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert name == "stdout" or sum("/htmap_core/" in each for each in files) <= 2


def test_a_tag_that_a_shell_would_take_apart_is_quoted(capsys: pytest.CaptureFixture[str], golden: Golden) -> None:
    interruption.tell_that_it_goes_on("Jane's;tide&co")
    golden("progress/interrupted-quoted", capsys.readouterr().err)


@pytest.mark.parametrize("submitted", [None, "tide"])
def test_whoever_interrupts_a_creation_is_told_whether_there_is_a_map(
    submitted: str | None, capsys: pytest.CaptureFixture[str], golden: Golden
) -> None:
    with pytest.raises(KeyboardInterrupt), interruption.of_a_creation(lambda: submitted):
        raise KeyboardInterrupt
    golden(f"progress/interrupted-{'creation' if submitted is None else 'submission'}", capsys.readouterr().err)


def test_whoever_interrupts_a_script_that_runs_again_is_told_that_its_map_stays(
    capsys: pytest.CaptureFixture[str], golden: Golden
) -> None:
    with pytest.raises(KeyboardInterrupt), interruption.of_a_creation(lambda: None, may_exist=True):
        raise KeyboardInterrupt
    golden("progress/interrupted-resuming", capsys.readouterr().err)


def test_other_errors_of_a_creation_speak_for_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError), interruption.of_a_creation(lambda: None):
        raise ValueError
    assert capsys.readouterr().err == ""
