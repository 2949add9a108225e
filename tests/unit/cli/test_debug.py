"""``htmap debug`` runs a component here, and opens the debugger at its exception."""

from __future__ import annotations

import linecache
import os
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.storage.tags import find_map
from htmap_core.testing import run_htmap
from htmap_core.testing.own_settings import settings_with
from tests.terminals import sent_to_a_terminal


def failing() -> htmap.Map:
    def share(people: int) -> float:
        pieces = 12
        return pieces / people

    return htmap.map(share, [3, 0], tag="cake", where="here")


def debugged(component: int, keys: str) -> tuple[str, int]:
    sent, code = sent_to_a_terminal("-m", "htmap", "debug", "cake", str(component), keys=keys)
    return sent.decode(), code


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_debugger_is_where_the_exception_was_raised(htmap_dir: Path) -> None:
    failing()
    before = files(find_map("cake").path)
    sent, code = debugged(1, "p pieces * 100 + people\nq\n")
    assert code == 0
    assert "ZeroDivisionError" in sent
    assert "(Pdb) p pieces * 100 + people\r\n1200\r\n" in sent
    assert files(find_map("cake").path) == before


CELL = """\
def share(people):
    pieces = 12
    if people < 1:
        return pieces / people  # of the cell
    return pieces
"""


@pytest.mark.parametrize("is_there", [False, True])
def test_lines_are_shown_that_were_typed_or_are_others_in_their_file_by_now(
    htmap_dir: Path, tmp_path: Path, is_there: bool
) -> None:
    typed = str(tmp_path / "cell.py") if is_there else "<ipython-input-1-5a4d>"
    linecache.cache[typed] = len(CELL), None, CELL.splitlines(keepends=True), typed  # as IPython does for a cell
    found: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(CELL, typed, "exec"), found)
    if is_there:
        Path(typed).write_text("# another\n" * 5)
    htmap.map(found["share"], [3, 0], tag="cake", where="here")
    sent, code = debugged(1, "l 1,4\nll\nq\n")
    assert code == 0
    assert "\r\n    return pieces / people  # of the cell" in sent  # of the traceback
    assert sent.count("  4  ->\t        return pieces / people  # of the cell") == 2
    assert "  5  \t    return pieces" in sent
    assert "# another" not in sent


def test_a_component_that_ends_well_needs_no_debugger(htmap_dir: Path) -> None:
    failing()
    sent, code = debugged(0, "")
    assert ("(Pdb)" in sent, code) == (False, 0)


def test_breakpoints_work_and_leaving_there_ends_the_component(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(height: int) -> int:
        breakpoint()  # noqa: T100 -- it is what is tested
        return height

    monkeypatch.setenv("PYTHONBREAKPOINT", "0")
    htmap.map(stop, [7], tag="cake", where="here")
    monkeypatch.delenv("PYTHONBREAKPOINT")
    sent, code = debugged(0, "p height * 11\nq\n")
    assert "\r\n77\r\n" in sent
    assert code == 0


def test_a_debugger_needs_a_terminal(htmap_dir: Path) -> None:
    failing()
    ran = run_htmap("debug", "cake", "1")
    assert isinstance(ran.exception, htmap.exceptions.CannotDebug)
    assert ran.exception.component == 1


def test_a_component_must_be_there(htmap_dir: Path) -> None:
    failing()
    assert isinstance(run_htmap("debug", "cake", "7").exception, htmap.exceptions.ComponentNotFound)


def test_an_input_file_that_is_gone_is_said(htmap_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "tide.txt").write_text("high")
    htmap.map(lambda path: int(path.read_text()), [htmap.TransferPath(tmp_path / "tide.txt")], tag="cake", where="here")
    (tmp_path / "tide.txt").unlink()
    sent, code = debugged(0, "")
    assert (str(tmp_path / "tide.txt") in sent.replace("\r\n", ""), "Traceback" in sent, code) == (True, False, 1)


def test_a_module_that_is_not_here_is_said(htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cakes_of_here.py").write_text("def bake(_):\n    return 1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    import cakes_of_here  # type: ignore[import-not-found]  # made above

    htmap.map(cakes_of_here.bake, [1], tag="sent", where="here")
    with settings_with({"SEND_MODULES": False, "TELL_MISTAKES": False}):
        htmap.map(cakes_of_here.bake, [1], tag="cake", where="here")
    sent, code = debugged(0, "")
    assert ("cakes_of_here" in sent, "Traceback" in sent, code) == (True, False, 1)
    for tag, path in (("cake", str(tmp_path)), ("sent", "")):
        with_it, code = sent_to_a_terminal("-m", "htmap", "debug", tag, "0", keys="q\n", size=(24, 80), PYTHONPATH=path)
        assert (b"(Pdb)" in with_it, code) == (True, 0)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files to others")
def test_a_map_of_another_user_is_not_run_even_where_they_are_trusted(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing()
    os.chown(find_map("cake").path, 4711, -1)
    monkeypatch.setenv("HTMAP_TRUSTED_FOLDERS", str(htmap_dir))
    sent, code = debugged(1, "")
    assert ("CannotDebug" in sent, "ZeroDivisionError" in sent, "cake" in sent, code) == (False, False, True, 1)
