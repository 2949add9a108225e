"""What a terminal would obey is shown on it, in whatever encoding; what goes elsewhere stays as it is."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from htmap.exceptions import HTMapException, HTMapWarning, MapComponentError
from htmap_core.components import ComponentHold
from htmap_core.terminal import Terminal, beneath, shows_colors
from htmap_core.wording import printable, table
from tests import terminals
from tests.terminals import Stream, sent_to_a_terminal

# Each with how it is shown: a title, a cleared screen, colours of both kinds, a bell, a step back, a turned direction, a line.
HOSTILE = {
    "\x1b]0;owned\x07": r"\x1b]0;owned\x07",
    "\x1b[2J": r"\x1b[2J",
    "\x9b31m": r"\x9b31m",
    "a\bb\x00\x7f": r"a\x08b\x00\x7f",
    "over\rwritten": r"over\rwritten",
    "\u202erow\u2069\u200f\u061c": r"\u202erow\u2069\u200f\u061c",
    "\u2028\u2029\x85": r"\u2028\u2029\x85",
    "no\u200bthing\ufeff\u2060": r"no\u200bthing\ufeff\u2060",
    "\U000e0041": r"\U000e0041",
    "\udce9": r"\udce9",
}
HARMLESS = [
    "tab\tand\nlines\r\n",
    "Grüße, 潮, прилив",
    "[bold]:warning:[/bold]",
    "\N{WOMAN}\u200d\N{PERSONAL COMPUTER}",
    r"\x1b",
]


@pytest.mark.parametrize(("text", "shown"), HOSTILE.items())
def test_what_a_terminal_obeys_is_escaped(text: str, shown: str) -> None:
    assert printable(f"<{text}>") == f"<{shown}>"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_it_shows_stays(text: str) -> None:
    assert printable(text) == text


def test_all_controls_but_tabs_and_ends_of_lines_are_escaped() -> None:
    controls = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0))} - {"\t", "\n"}
    assert [each for each in controls if printable(each) == each] == []


# --- texts for people


class Own(HTMapException):
    def __str__(self) -> str:
        return "own \x1b[2J"


@pytest.mark.parametrize(
    "message",
    [
        HTMapException("it \x1b[2J"),
        Own(),
        MapComponentError("tide", 3, "ValueError: \x1b[2J"),
        HTMapWarning("a \x1b[2J"),
        ComponentHold(13, "Disk \x1b[2J"),
    ],
)
def test_texts_of_exceptions_warnings_and_holds_are_printable(message: object) -> None:
    assert r"\x1b[2J" in str(message)
    assert "\x1b" not in f"{message}"


def test_so_is_what_python_shows_of_a_warning() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn(HTMapWarning("\x1b[2J"), stacklevel=1)
    assert "\x1b" not in warnings.formatwarning(caught[0].message, HTMapWarning, "x.py", 1)


def test_so_are_the_cells_of_a_table() -> None:
    assert table(["Reason"], [["\x1b[2J"]]) == "Reason\n" + r"\x1b[2J"


# --- streams


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_a_terminal_shows_any_text_in_any_encoding(encoding: str) -> None:
    written = io.BytesIO()
    stream = Terminal(io.TextIOWrapper(written, encoding, write_through=True))
    every = "".join(HOSTILE) + "".join(HARMLESS)
    assert stream.write(every) == len(every)
    shown = written.getvalue().decode(encoding)
    assert printable(shown) == shown


def test_there_is_no_way_around_it_but_beneath() -> None:
    stream = io.StringIO()
    assert not hasattr(Terminal(stream), "buffer")
    with pytest.raises(TypeError):
        Terminal(stream).write(b"\x1b")  # type: ignore[arg-type]
    assert beneath(Terminal(stream)) is stream  # type: ignore[arg-type]
    assert beneath(stream) is stream


PROGRAM = """
import sys, warnings
from htmap_core import terminal
terminal.guard()
print("out \\x1b[2J \\udce9 \\u20ac")
print("err \\x1b[2J \\udce9 \\u20ac", file=sys.stderr)
raise ValueError("bug \\x1b[2J")
"""


def run(**environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, timeout=60, check=False)


def test_in_a_pipe_output_stays_as_it_is_and_messages_are_printable() -> None:
    ran = run(PYTHONIOENCODING="utf-8")
    assert ran.stdout == b"out \x1b[2J \xe9 \xe2\x82\xac\n"
    assert b"\x1b" not in ran.stderr
    assert ran.stderr.startswith(rb"err \x1b[2J \udce9 " + "\u20ac".encode())
    assert rb"ValueError: bug \x1b[2J" in ran.stderr


@pytest.mark.parametrize("environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_what_cannot_be_encoded_is_escaped(environment: dict[str, str]) -> None:
    ran = run(**environment)
    assert ran.stdout.startswith(b"out \x1b[2J \xe9 ")
    assert b"UnicodeEncodeError" not in ran.stderr
    assert rb"ValueError: bug \x1b[2J" in ran.stderr


@pytest.mark.parametrize("environment", [{}, {"PYTHON_COLORS": "1"}, {"PYTHONIOENCODING": "ascii"}])
def test_a_terminal_gets_nothing_that_it_obeys_not_even_in_the_traceback_of_a_bug(environment: dict[str, Any]) -> None:
    shown, _ = sent_to_a_terminal("-c", PROGRAM, **environment)
    assert b"\x1b" not in shown
    assert shown.count(rb"\x1b") == shown.count(rb"\x1b[2J") >= 3  # and no colours of Python's own are among it


def test_without_standard_streams_nothing_is_guarded(tmp_path: Path) -> None:
    told = tmp_path / "told"
    program = f"import sys; from htmap_core import terminal; terminal.guard(); open({str(told)!r}, 'w').write(repr(sys.stderr))"
    subprocess.run(["sh", "-c", '"$0" -c "$1" >&- 2>&-', sys.executable, program], timeout=60, check=True)
    assert told.read_text() == "None"


# --- colours


@pytest.mark.parametrize(
    ("is_terminal", "variables", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "0"}, True),  # whatever its value, says the standard
        (False, {"FORCE_COLOR": ""}, False),
        (True, {"FORCE_COLOR": ""}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_who_decides_whether_there_are_colours(
    is_terminal: bool, variables: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"TERM": "xterm", "NO_COLOR": "", "FORCE_COLOR": "", **variables}.items():
        monkeypatch.setenv(name, value)
    assert shows_colors(Stream(terminal=is_terminal)) is coloured  # type: ignore[arg-type]


# --- terminals of tests


def test_a_program_that_waits_for_keys_that_nobody_types_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminals, "PATIENCE", 0.5)
    with pytest.raises(AssertionError) as caught:
        sent_to_a_terminal("-c", "print('begun', flush=True); input()")
    assert "begun" in str(caught.value)
