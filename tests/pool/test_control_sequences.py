"""What jobs write cannot command the terminal of whoever looks at them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import htmap
from htmap_core import names
from htmap_core.testing import using_htmap_dir
from htmap_core.wording import printable
from tests.terminals import sent_to_a_terminal

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("in_module_pool")]

TIMEOUT = 180
HOSTILE = "\x1b]0;owned\x07\x1b[2Jgone\x9b31m\u202ewor\u2028over\rwritten\b"
SHOWN = printable(HOSTILE)
NO_TEXT = b"caf\xe9"  # in an encoding of old
PLACE = "P" * len(HOSTILE.encode())

# What rich and tqdm send by themselves: styles, a step to the beginning of the line, a cursor that is hidden.
OURS = re.compile(r"\x1b\[[0-9;]*m|\r|\x1b\[\?25[lh]|\x1b\[\d*[AK]")


def on_a_terminal(*words: str) -> str:
    sent, _ = sent_to_a_terminal("-m", "htmap", *words)
    return sent.decode()


def in_a_pipe(*words: str) -> bytes:
    command = [sys.executable, "-m", "htmap", *words]
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
    assert printable(ran.stderr.decode()) == ran.stderr.decode()
    return ran.stdout


def unfolded(shown: str) -> str:
    """Return what a terminal was sent without that of ours, and without the ends of lines where a cell was folded."""
    return re.sub(r"\s+", "", OURS.sub("", shown))


@pytest.fixture(scope="module", autouse=True)
def submitted(module_pool: Path) -> None:
    """Submit a map that writes what terminals obey, and one that is held for a reason that has it."""

    def tell(component: int) -> None:
        print(HOSTILE)
        print(HOSTILE, file=sys.stderr, flush=True)
        sys.stdout.flush()
        for stream in (1, 2):
            os.write(stream, NO_TEXT)
        if component:
            local = HOSTILE  # noqa: F841 -- for the report
            raise ValueError(HOSTILE)

    options = htmap.MapOptions(on_exit_hold="true", on_exit_hold_reason=f'"{PLACE}"')
    with using_htmap_dir(module_pool):
        tide = htmap.map(tell, range(2), tag="tide", quiet=True)
        held = htmap.map(tell, [0], tag="held", quiet=True, map_options=options)
        tide.wait(TIMEOUT, errors_ok=True)
        with pytest.raises(htmap.exceptions.MapComponentHeld, match=PLACE):
            held.wait(TIMEOUT)
        write_reason(module_pool / names.MAPS)


def write_reason(maps: Path) -> None:
    """Write into the event log what HTCondor itself would quote from the execute side, such as the name of a file."""
    for events in maps.glob(f"*/{names.EVENTS}"):
        events.write_bytes(events.read_bytes().replace(PLACE.encode(), HOSTILE.encode()))
        (events.parent / names.STATE).unlink(missing_ok=True)


@pytest.mark.parametrize(
    "words",
    [
        ("errors", "tide"),
        ("stdout", "tide", "0"),
        ("stdout", "tide", "0", "--follow"),
        ("stderr", "tide", "1"),
        ("reasons", "held"),
        ("why", "held"),
        ("wait", "held"),
    ],
    ids=" ".join,
)
class TestOnATerminal:
    def test_it_is_shown_and_not_obeyed(self, words: tuple[str, ...]) -> None:
        shown = on_a_terminal(*words)
        assert re.sub(r"\s", "", SHOWN) in unfolded(shown)
        rest = OURS.sub("", shown)
        assert printable(rest) == rest


class TestOnATerminalToo:
    def test_a_failure_in_one_line(self) -> None:
        shown = on_a_terminal("wait", "tide")
        assert r"ValueError:\x1b]0;owned\x07\x1b[2Jgone\x9b31m\u202ewor" in unfolded(shown)
        assert printable(OURS.sub("", shown)) == OURS.sub("", shown)

    @pytest.mark.parametrize(
        "words",
        [
            ("retag", "tide", HOSTILE),
            ("status", HOSTILE),
            ("path", f"tide:{HOSTILE}"),
            ("set", HOSTILE, "1"),
            ("set", "WAIT_TIME", HOSTILE),
            ("errors", "--pattern", HOSTILE),
            ("stdout", "tide", HOSTILE),
            ("plugins", "show", HOSTILE),
            (f"--{HOSTILE}",),
            (HOSTILE,),
        ],
        ids=lambda words: " ".join(words).replace(HOSTILE, "HOSTILE"),
    )
    def test_names_that_are_refused(self, words: tuple[str, ...]) -> None:
        shown = on_a_terminal(*words)
        assert r"\x1b]0;owned\x07" in unfolded(shown)
        assert printable(shown) == shown

    def test_colours_of_ours_are_seen(self) -> None:
        assert "\x1b[32mCOMPLETED\x1b[0m" in on_a_terminal("components", "tide")
        assert "\x1b[31m" in on_a_terminal("status")

    def test_so_is_a_bar(self) -> None:
        # The other failed. Half of an odd width is told by a digit, and the width depends on how quick it was.
        *_, bar = re.findall(r"\r(tide:  50%\|#+\d? +\| 1/2 [^\r]*)", on_a_terminal("wait", "tide"))
        assert len(bar) in {79, 80}  # as wide as the terminal


class TestElsewhere:
    @pytest.mark.parametrize(
        "words", [("stdout", "tide", "0"), ("stdout", "tide", "0", "--follow"), ("stderr", "tide", "1")]
    )
    def test_output_in_a_pipe_is_as_the_function_wrote_it(self, words: tuple[str, ...]) -> None:
        assert HOSTILE.encode() + b"\n" + NO_TEXT in in_a_pipe(*words)

    @pytest.mark.parametrize("words", [("errors", "tide"), ("reasons", "held"), ("why", "held"), ("wait", "held")])
    def test_reports_in_a_pipe_are_for_people_too(self, words: tuple[str, ...]) -> None:
        told = in_a_pipe(*words).decode()
        assert printable(told) == told

    def test_in_an_encoding_that_lacks_characters_nothing_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTHONIOENCODING", "ascii")
        assert HOSTILE.encode() + b"\n" + NO_TEXT in in_a_pipe("stdout", "tide", "0")
        assert rb"\x1b]0;owned" in in_a_pipe("errors", "tide")
        assert r"\u202ewor" in on_a_terminal("stdout", "tide", "0")


class TestInAProgram:
    def test_texts_are_for_people_and_output_is_as_it_came(self) -> None:
        tide = htmap.load("tide")
        with pytest.raises(htmap.exceptions.MapComponentError) as caught:
            tide.get(1)
        for text in (str(caught.value), tide.get_err(1).report(), *tide.error_reports(), repr(tide.get_err(1))):
            assert SHOWN in text.replace("'", "")
            assert printable(text) == text
        assert f"{HOSTILE}\ncaf\ufffd" in tide.stdout[0]
        assert f"{HOSTILE}\ncaf\ufffd" in tide.stderr[0]
        assert tide.get_err(1).exception_msg == f"ValueError: {HOSTILE}"

    def test_so_are_those_of_holds(self) -> None:
        held = htmap.load("held")
        with pytest.raises(htmap.exceptions.MapComponentHeld) as caught:
            held.wait()
        for text in (str(caught.value), held.hold_report(), str(held.holds[0])):
            assert SHOWN.partition(r"\u2028")[0] in text
            assert printable(text) == text
