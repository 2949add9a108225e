"""What a real notebook shows: the line as a widget, and errors that begin with the user's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from tests.golden_files import Golden

WIDGETS = "application/vnd.jupyter.widget-view+json"
WAITS = Path(__file__).with_name("waits.py")

SETUP = f"""
import sys
sys.argv = ["waits.py", "True", "tide"]
program = compile(open({str(WAITS)!r}).read(), "waits.py", "exec")
"""
FAILED = """
import traceback
import htmap
from htmap_core.results.errors import ComponentError, failure

def bad(x):
    return 1 / x

def error():
    try:
        bad(0)
    except ZeroDivisionError as raised:
        stack = traceback.StackSummary(traceback.extract_tb(raised.__traceback__)[1:])
        return ComponentError(component=3, exception_msg="ZeroDivisionError: division by zero",
                              stack_summary=stack, exception=ZeroDivisionError("division by zero"))
"""
LONG_WORK = """
from htmap_core.progress import work
work.MOMENT = 0.0
with work.LongWork("packing", 3, "file") as packing:
    for number in range(3):
        packing.advance()
"""
CELLS = {
    "setup": SETUP,
    "asked for": "exec(program)",
    "not asked for": "sys.argv[1] = 'None'; exec(program)",
    "failed": FAILED,
    "wait": "raise failure('tide', error())",
    "refused": "htmap.load('nobody')",
    "long work": LONG_WORK,
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """Run the cells in a notebook, and return the outputs of each."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "HTMAP_DIR"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name)))
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        patch.setenv("NO_COLOR", "1")
        made: Any = nbformat.v4
        notebook = made.new_notebook(cells=[made.new_code_cell(each) for each in CELLS.values()])
        nbclient.NotebookClient(notebook, timeout=120, allow_errors=True).execute()
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells)}


def widgets(found: list[Any]) -> list[Any]:
    return [each for each in found if WIDGETS in each.get("data", {})]


def trace(found: list[Any]) -> str:
    (error,) = [each for each in found if each["output_type"] == "error"]
    return "\n".join(error["traceback"])


def test_the_line_is_one_widget(outputs: dict[str, list[Any]]) -> None:
    for name in ("asked for", "not asked for"):
        assert len(widgets(outputs[name])) <= 1
        assert [each for each in outputs[name] if each not in widgets(outputs[name])] == []
    assert widgets(outputs["asked for"])


def test_so_is_the_bar_of_long_work(outputs: dict[str, list[Any]]) -> None:
    assert len(outputs["long work"]) == len(widgets(outputs["long work"])) == 1


def test_an_error_of_a_component_begins_with_the_exception_and_the_users_lines(
    outputs: dict[str, list[Any]], golden: Golden
) -> None:
    golden("progress/notebook-wait", without_cells(trace(outputs["wait"])))


def test_what_htmap_refuses_has_no_lines_of_htmap(outputs: dict[str, list[Any]], golden: Golden) -> None:
    golden("progress/notebook-refused", without_cells(trace(outputs["refused"])))


def without_cells(text: str) -> str:
    """Return a traceback without the random names that cells have as files."""
    lines = text.splitlines()
    return "\n".join(
        '  File "CELL"' + line.partition('"')[2].partition('"')[2] if '  File "' in line else line for line in lines
    )


def test_no_line_of_ours_is_shown(outputs: dict[str, list[Any]]) -> None:
    assert "htmap_core/" not in trace(outputs["wait"]) + trace(outputs["refused"])
