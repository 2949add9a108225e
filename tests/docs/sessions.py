"""A page as the session of its reader: the notebook that is made of it runs in a real kernel, and prints what the page shows.

What differs between runs is hidden on both sides: sizes, times, dates, widths of columns. ``...`` in a page stands for anything.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import nbclient
import nbformat
from jupyter_client.manager import AsyncKernelManager

from htmap_core.cli.docs.notebook import notebook
from htmap_core.cli.docs.pages import Page, pages

_PATIENCE = 500  # seconds for a cell
_HIDDEN = {
    re.compile(r"\x1b\[[0-9;?]*[A-Za-z]"): "",
    re.compile(r"^(Created map|Found map|Writing|Overwriting) .*\n", re.MULTILINE): "",
    re.compile(r"\b\d+(\.\d+)? ?[KMG]?B\b"): "SIZE",
    re.compile(r"\b\d+(\.\d+)? (s|min|h)\b"): "TIME",
    re.compile(r"\b\d{4}-\d\d-\d\d\b"): "DATE",
    re.compile(r"[ \t\r]+"): " ",
    re.compile(r"^ | $", re.MULTILINE): "",
}


@attrs.frozen
class Difference:
    """A cell that has printed something else than its page shows."""

    source: str
    shown: str
    printed: str

    def __str__(self) -> str:
        return f"\n{self.source}\n--- shows\n{self.shown}\n--- printed\n{self.printed}\n"


def page(name: str) -> Page:
    return next(each for each in pages() if each.name == name)


def session(name: str, folder: Path, environment: Mapping[str, str], *, whole: bool = True) -> list[Difference]:
    """Run the notebook of a page in a folder, and return what it has printed that the page does not show.

    :param whole: otherwise the last cell, which clears away, is left out, as by somebody who stops half-way.
    :raises nbclient.exceptions.CellExecutionError: a cell has failed, and the page does not show that.
    """
    made: Any = nbformat.reads(notebook(page(name), pages()), as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(made)
    if not whole:
        del made.cells[max(place for place, cell in enumerate(made.cells) if cell.cell_type == "code") :]
    shown = [_text(cell.get("outputs", [])) for cell in made.cells]
    with tempfile.TemporaryDirectory(prefix="htmap-") as sockets:  # a short name, and reached from any network
        kernel = AsyncKernelManager(transport="ipc", connection_file=f"{sockets}/kernel.json")
        resources = {"metadata": {"path": str(folder)}}
        client = nbclient.NotebookClient(made, km=kernel, timeout=_PATIENCE, resources=resources)
        client.execute(env={**environment}, cleanup_kc=True)
    return list(_differences(made.cells, shown))


def _differences(cells: list[Any], shown: list[str]) -> Iterator[Difference]:
    for cell, expected in zip(cells, shown):
        printed = _text(cell.get("outputs", []))
        if not is_shown(printed, expected):
            yield Difference(cell.source, expected, printed)


def is_shown(printed: str, shown: str) -> bool:
    """Return whether something was printed as it is shown, but for what differs between runs."""
    parts = [re.escape(_hidden(part)) for part in re.split(r" *\.\.\. *", shown)]
    return re.fullmatch(r"(?s:.*?)".join(parts), _hidden(printed)) is not None


def _hidden(text: str) -> str:
    for pattern, name in _HIDDEN.items():
        text = pattern.sub(name, text)
    return text.strip()


def _text(outputs: list[Any]) -> str:
    """Return what a cell has printed, and its exception as it is displayed; warnings and bars are written to standard error."""
    printed = "".join(each["text"] for each in outputs if each["output_type"] == "stream" and each["name"] == "stdout")
    raised = [line for each in outputs if each["output_type"] == "error" for line in each["traceback"]]
    return printed + "\n".join(raised)


def environment(folder: Path, htmap_dir: Path) -> dict[str, str]:
    """Return the environment of somebody who has HTMap and a pool, and a home in a folder."""
    named = {name: folder / name for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    for each in named.values():
        each.mkdir(parents=True)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("HTMAP_", "PYTEST_"))},
        **{name: str(path) for name, path in named.items()},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HTMAP_DIR": str(htmap_dir),
        "HTMAP_CONFIG": "",
        "HTMAP_PROGRESS": "never",
        "JUPYTER_PLATFORM_DIRS": "1",
        "NO_COLOR": "1",
        "COLUMNS": "160",
    }
