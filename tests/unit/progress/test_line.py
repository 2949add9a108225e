"""The line on terminals of all kinds, in logs, and where nobody looks."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.components import ComponentStatus
from htmap_core.progress import bars, line, shown
from htmap_core.progress.bars import Place, place
from htmap_core.progress.line import Line
from htmap_core.progress.pace import Pace
from htmap_core.progress.shown import Log
from htmap_core.progress.words import State
from htmap_core.testing.own_settings import settings_with
from tests.terminals import Stream, sent_to_a_terminal

WAITS = str(Path(__file__).with_name("waits.py"))
TAG = "tide"

pytestmark = pytest.mark.usefixtures("htmap_dir")


def drawn(sent: str) -> list[str]:
    """Return what was seen on the line, one after the other."""
    return [each.strip() for each in re.split(r"[\r\n]", sent) if each.strip()]


class TestOnARealTerminal:
    def test_a_line_that_was_asked_for_is_there_at_once_fits_and_stays(self) -> None:
        sent, code = sent_to_a_terminal(WAITS, "True", TAG, "narrows")
        seen = drawn(sent.decode())
        assert code == 0
        assert seen[0].startswith("tide:   0%|")
        assert 70 < max(map(len, seen)) <= 80
        assert len(seen[-1]) <= 40
        assert "10/10" in seen[-1]
        assert sent.endswith(b"\n")

    def test_one_that_was_not_asked_for_is_gone_before_the_program_prints(self) -> None:
        sent, code = sent_to_a_terminal(WAITS, "None", TAG, "prints")
        assert code == 0
        assert any("running" in each for each in drawn(sent.decode()))
        assert re.search(rb"\r +\ra result\r\n[\r ]*$", sent)

    @pytest.mark.parametrize("size", [(0, 100), (24, 0), (0, 0)])
    def test_one_that_does_not_tell_its_size_has_a_line_too(self, size: tuple[int, int]) -> None:
        sent, code = sent_to_a_terminal(WAITS, "True", TAG, size=size)
        assert code == 0
        assert "| 10/10 [" in drawn(sent.decode())[-1]

    def test_a_log_of_a_real_program(self) -> None:
        command = [sys.executable, WAITS, "True", TAG]
        told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stderr.splitlines()
        assert 2 <= len(told) <= 12
        assert told[-1].startswith("tide: 10 of 10 components after 0:00:0")


ONE_OF_TEN = {ComponentStatus.COMPLETED: 1, ComponentStatus.RUNNING: 1, ComponentStatus.IDLE: 8}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what takes a moment take none."""
    for module in (line, shown):
        monkeypatch.setattr(module, "MOMENT", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("TQDM_DISABLE", raising=False)


@pytest.fixture
def told(quick: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return what returns what is written to standard error in a wait with one look."""

    def told(*, asked: bool | None, terminal: bool = True, tag: str = TAG) -> str:
        stream = Stream(terminal=terminal)
        monkeypatch.setattr(sys, "stderr", stream)
        with Line(tag, lambda: ONE_OF_TEN, 10, {ComponentStatus.COMPLETED}, Pace(1), asked=asked) as shows:
            shows.look()
        return stream.got

    return told


class TestOnATerminal:
    @pytest.mark.parametrize("asked", [True, None])
    def test_when_it_is_over_other_work_can_be_seen(self, told: Callable[..., str], asked: bool | None) -> None:
        assert told(asked=asked)
        assert not Line.is_drawn

    @pytest.mark.parametrize("asked", [True, None])
    def test_there_is_a_line_by_itself(self, told: Callable[..., str], asked: bool | None) -> None:
        assert "| 1/10 [00:00, 1 running, 8 waiting]" in told(asked=asked)

    def test_none_that_the_program_does_not_want(self, told: Callable[..., str]) -> None:
        assert told(asked=False) == ""

    @pytest.mark.parametrize("asked", [True, None])
    def test_none_that_the_settings_do_not_want(self, told: Callable[..., str], asked: bool | None) -> None:
        with settings_with({"PROGRESS": "never"}):
            assert told(asked=asked) == ""

    def test_none_where_no_bar_of_tqdm_is_wanted(
        self, told: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shown, "progress_bar", with_options(bars.progress_bar, disable=True))
        assert told(asked=True) == ""

    @pytest.mark.parametrize("columns", [5, 30, 45, 100])
    def test_it_is_never_wider_than_the_terminal(
        self, told: Callable[..., str], columns: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        narrow = with_options(bars.progress_bar, dynamic_ncols=False, ncols=columns)
        monkeypatch.setattr(shown, "progress_bar", narrow)
        seen = drawn(told(asked=True))
        assert max(map(len, seen)) <= columns
        assert columns < 40 or "1 running" in seen[-1]

    def test_it_has_no_colours(self, told: Callable[..., str]) -> None:
        assert "\x1b" not in told(asked=True)

    def test_a_terminal_that_can_only_print_gets_lines(
        self, told: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TERM", "dumb")
        assert told(asked=None).splitlines() == told(asked=True, terminal=False).splitlines()

    def test_what_a_terminal_would_obey_is_shown(self, told: Callable[..., str]) -> None:
        assert r"ti\x1b[2Jde: " in told(asked=True, tag="ti\x1b[2Jde")
        assert r"ti\x1b[2Jde: " in told(asked=True, tag="ti\x1b[2Jde", terminal=False)

    def test_a_locale_without_a_letter_of_the_tag_gets_another_spelling(
        self, quick: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bytes_sent = io.BytesIO()
        stream = io.TextIOWrapper(bytes_sent, encoding="ascii", errors="backslashreplace")  # as Python opens it
        monkeypatch.setattr(sys, "stderr", stream)
        with Line("Flut-f\xfcr", lambda: ONE_OF_TEN, 10, {ComponentStatus.COMPLETED}, Pace(1), asked=True) as shows:
            shows.look()
        stream.flush()
        assert rb"Flut-f\xfcr: 1 of 10" in bytes_sent.getvalue()

    def test_after_an_interruption_the_message_about_it_is_the_last(
        self, quick: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream = Stream(terminal=True)
        monkeypatch.setattr(sys, "stderr", stream)
        line_of_map = Line(TAG, lambda: ONE_OF_TEN, 10, {ComponentStatus.COMPLETED}, Pace(1), asked=True)
        with contextlib.suppress(KeyboardInterrupt), line_of_map as shows:
            shows.look()
            shows.hide()
            bars.tell("it goes on")
            raise KeyboardInterrupt
        assert drawn(stream.got)[-1] == "it goes on"


class TestInALog:
    def test_there_is_none_unless_it_was_asked_for(self, told: Callable[..., str]) -> None:
        assert told(asked=None, terminal=False) == told(asked=False, terminal=False) == ""
        line_in_log = told(asked=True, terminal=False)
        assert "\r" not in line_in_log
        assert len(line_in_log.splitlines()) == 1
        with settings_with({"PROGRESS": "always"}):
            assert told(asked=None, terminal=False) == line_in_log

    def test_a_day_has_not_many_lines(self, capsys: pytest.CaptureFixture[str]) -> None:
        log, day = Log(), 86400
        for second in range(0, day, 7):
            log.show(State(TAG, {ComponentStatus.RUNNING: 1000}, second // 100, 1000, float(second)))
        assert 50 < len(capsys.readouterr().err.splitlines()) < 200

    def test_what_a_reader_wants_to_know_at_once_is_told_soon(self, capsys: pytest.CaptureFixture[str]) -> None:
        log = Log()
        for second in range(20):
            running = 1 if second > 5 else 0
            log.show(State(TAG, {ComponentStatus.RUNNING: running}, 0, 1000, float(second)))
        assert len(capsys.readouterr().err.splitlines()) == 2

    def test_what_is_over_in_a_moment_needs_no_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        Log().show(State(TAG, {ComponentStatus.COMPLETED: 1}, 1, 1, 0.5))
        assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("asked", "setting", "terminal", "where"),
    [
        (None, "auto", False, Place.NOWHERE),
        (True, "auto", False, Place.LOG),
        (None, "always", False, Place.LOG),
        (None, "auto", True, Place.TERMINAL),
        (False, "always", True, Place.NOWHERE),
        (True, "never", True, Place.NOWHERE),
    ],
)
def test_who_decides_where_it_is_shown(
    asked: bool | None, setting: str, terminal: bool, where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Stream(terminal=terminal))
    with settings_with({"PROGRESS": setting}):
        assert place(asked=asked) is where


def test_a_program_without_standard_error_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert place(asked=True) is Place.NOWHERE


def test_a_setting_that_is_none_of_the_three_is_refused() -> None:
    with settings_with({"PROGRESS": "loud"}), pytest.raises(htmap.exceptions.InvalidSetting):
        place(asked=None)


def test_who_looked_at_it_may_go_and_the_wait_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "MOMENT", 0)
    monkeypatch.setattr(sys, "stderr", Stream(gone=True))
    asked = 0

    def counts() -> Counter[ComponentStatus]:
        nonlocal asked
        asked += 1
        return Counter()

    with Line(TAG, counts, 1, set(), Pace(1), asked=True) as told:
        told.look()
        told.has_news()
        told.hide()
    assert asked == 1


def with_options(make: Any, **options: Any) -> Any:
    """Return what makes bars with other options."""
    return lambda *args, **given: make(*args, **{**given, **options})


def test_another_thread_shows_nothing(told: Callable[..., str]) -> None:
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(told, asked=True).result() == ""
