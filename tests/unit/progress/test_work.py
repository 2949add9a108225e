"""The bar of long work: on terminals, in pipes and logs; one at a time, and gone whatever happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from htmap_core.components import ComponentStatus
from htmap_core.progress import bars, work
from htmap_core.progress.line import Line
from htmap_core.progress.pace import Pace
from htmap_core.progress.work import LongWork
from htmap_core.testing.own_settings import settings_with
from tests.terminals import last_line, sent_to_a_terminal
from tests.unit.conftest import Look

WORKS = str(Path(__file__).with_name("works.py"))

pytestmark = pytest.mark.usefixtures("htmap_dir")


class TestOnARealTerminal:
    @pytest.mark.parametrize(
        ("end", "says"), [("well", "packed"), ("error", "ValueError"), ("ctrl-c", "KeyboardInterrupt")]
    )
    def test_it_is_there_meanwhile_and_gone_whatever_happens(self, end: str, says: str) -> None:
        sent, code = sent_to_a_terminal(WORKS, end, PYTHON_COLORS="0")
        text = sent.decode()
        assert (code == 0) == (end == "well")
        assert re.search(r"packing: +\d0%\|#+", text)
        assert "something within" not in text
        lines = [last_line(each) for each in text.replace("\r\n", "\n").rstrip("\n").split("\n")]
        assert lines[0].partition(" ")[0] in {"packed", "Traceback"}
        assert lines[-1].startswith(says)
        assert "\x1b" not in text.partition("packed")[0].partition("Traceback")[0]

    def test_none_on_a_terminal_that_can_only_print(self) -> None:
        sent, _ = sent_to_a_terminal(WORKS, "well", TERM="dumb", HTMAP_PROGRESS="never")
        assert sent == b"packed\r\n"

    @pytest.mark.parametrize("setting", ["auto", "always"])
    def test_a_pipe_gets_no_bar_even_with_forced_colours_and_a_line_if_it_wants_one(self, setting: str) -> None:
        environment = {**os.environ, "FORCE_COLOR": "1", "HTMAP_PROGRESS": setting}
        ran = subprocess.run(
            [sys.executable, WORKS, "well"], env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        assert ran.stdout == "packed\n"
        assert "\r" not in ran.stderr
        assert {each.split(":")[0] for each in ran.stderr.splitlines()} == (
            {"packing"} if setting == "always" else set()
        )


class TestInAProgram:
    @pytest.mark.parametrize(("total", "said"), [(3, "| 1/3 ["), (0, "1component [")])
    def test_it_counts(self, look: Look, total: int, said: str) -> None:
        seen = look()
        with LongWork("creating tide", total, "component") as creating:
            assert list(creating.counting("abc")) == ["a", "b", "c"]
        assert said in seen.got
        assert last_line(seen.got) == ""

    def test_what_is_over_in_a_moment_shows_nothing(self, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = look()
        monkeypatch.setattr(work, "MOMENT", 1000.0)
        with LongWork("packing") as packing:
            packing.begin("still packing")
            packing.look()
        assert seen.got == ""

    def test_what_is_to_be_seen_from_the_beginning_is(self, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = look()
        monkeypatch.setattr(work, "MOMENT", 1000.0)
        with LongWork("", at_once=True) as checking:
            checking.begin("checking slots")
        assert "checking slots [" in seen.got

    def test_what_is_to_be_quiet_and_what_settings_do_not_want_shows_nothing(self, look: Look) -> None:
        seen = look()
        with LongWork("packing", quiet=True) as packing:
            calls = iter("abc")
            assert packing.counting(calls) is calls
        with settings_with({"PROGRESS": "never"}), LongWork("packing") as packing:
            packing.look()
        assert seen.got == ""

    def test_another_thread_shows_nothing(self, look: Look) -> None:
        seen = look()

        def pack() -> None:
            with LongWork("packing") as packing:
                packing.look()

        with ThreadPoolExecutor(1) as threads:
            threads.submit(pack).result()
        assert seen.got == ""

    def test_bytes_have_units(self, look: Look) -> None:
        seen = look()
        with LongWork("packing Python", 3 << 20, "B") as packing:
            packing.advance(1 << 20)
        assert "1.05M/3.15M" in seen.got

    def test_what_a_terminal_would_obey_is_shown(self, look: Look) -> None:
        seen = look()
        with LongWork("removing ti\x1b[2Jde") as removing:
            removing.look()
        assert r"ti\x1b[2Jde" in seen.got
        assert "\x1b[2J" not in seen.got

    def test_who_looked_at_it_may_go_and_the_work_goes_on(self, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
        look(gone=True)
        with LongWork("packing") as packing:
            for _ in range(3):
                packing.look()

    def test_there_is_none_while_the_line_about_a_map_is_there(self, look: Look) -> None:
        seen = look()
        counts = {ComponentStatus.RUNNING: 1}
        with Line("tide", lambda: counts, 1, {ComponentStatus.COMPLETED}, Pace(1), asked=None) as waits:
            waits.look()
            with LongWork("fetching") as fetching:
                fetching.look()
                assert "fetching" not in seen.got
                waits.hide()
                fetching.look()
                assert "fetching" in seen.got

    def test_a_wait_does_not_make_the_work_after_it_long(self, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = look()
        with LongWork("reading tide", 3, "result") as reading:
            reading.reach(1)
            assert "1/3" in seen.got
            monkeypatch.setattr(work, "MOMENT", 1000.0)
            reading.rest()
            reading.reach(2)
            reading.reach(3)
            assert last_line(seen.got) == ""
            assert "2/3" not in seen.got


def test_a_short_line_in_a_log_says_how_far_it_is(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = look(terminal=False)
    monkeypatch.setattr(work, "PAUSE", 0.0)
    begun = time.monotonic()
    with settings_with({"PROGRESS": "always"}):
        for total, unit in ((3, "file"), (0, "file"), (3 << 20, "B"), (100, "%"), (0, "")):
            with LongWork("packing", total, unit) as packing:
                packing.advance(1)
    assert [each.rpartition(" after ")[0] for each in seen.got.splitlines()] == [
        "packing: 1 of 3 files",
        "packing: 1 file",
        "packing: 1.0 B of 3.0 MB",
        "packing: 1%",
        "packing",
    ]
    assert time.monotonic() - begun < bars.PAUSE
