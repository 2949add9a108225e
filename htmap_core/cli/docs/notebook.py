"""A page as a Jupyter notebook: what the page has in Python and types in a terminal are cells, with the outputs that it shows.

A block of ``python`` is a cell. So is one of ``console``, whose lines that begin with ``$`` are typed. A block is a file if the
sentence before it ends with the name in backticks and a colon; its cell writes it. What a block shows (``#>`` in Python, the
other lines of ``console``) is the output of its cell, until somebody runs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from htmap_core.cli.docs.pages import Page
from htmap_core.cli.docs.shown import with_commands

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"`([\w./-]+\.\w+)`:\s*\Z")
_SHOWN = re.compile(r"^ *#>(?: |$)", re.MULTILINE)
_RAISED = re.compile(r"^(\w+)(?:: |$)", re.MULTILINE)
_SLIDE = re.compile(r"^(?=##? )", re.MULTILINE)
_KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
TRACEBACK = "Traceback (most recent call last):"


@attrs.frozen
class Cell:
    """A cell of a notebook.

    :param source: what is typed or read in it.
    :param shown: what it prints, as the page has it.
    """

    kind: str  # as Jupyter calls it: code, or markdown
    source: str
    shown: str = ""

    @property
    def fails(self) -> bool:
        """Whether it ends with an exception, which it shows."""
        return TRACEBACK in self.shown.splitlines()

    def written(self, name: str) -> dict[str, Any]:
        """Return it as notebooks have it (nbformat 4.5)."""
        metadata: dict[str, Any] = {"tags": ["raises-exception"]} if self.fails else {}
        if self.kind == "markdown" and _SLIDE.match(self.source):
            metadata["slideshow"] = {"slide_type": "slide"}
        cell = {"cell_type": self.kind, "id": name, "metadata": metadata, "source": self.source}
        return {**cell, "execution_count": None, "outputs": list(self._outputs())} if self.kind == "code" else cell

    def _outputs(self) -> Iterator[dict[str, Any]]:
        printed, is_raised, raised = self.shown.partition(f"{TRACEBACK}\n")
        if printed:
            yield {"output_type": "stream", "name": "stdout", "text": printed}
        if is_raised:
            _, exception, text = _RAISED.split(raised, maxsplit=1)
            lines = [TRACEBACK, *raised.splitlines()]
            yield {"output_type": "error", "ename": exception, "evalue": text.strip(), "traceback": lines}


def has_cells(page: Page) -> bool:
    """Return whether there is something to run on a page."""
    return any(cell.kind == "code" for cell in cells(page.text))


def notebook(page: Page, known: Sequence[Page]) -> str:
    """Return the text of a notebook (``.ipynb``); links to other pages are commands in it."""
    found = cells(with_commands(page, known))
    written = [cell.written(f"{page.name}-{number}"[-64:]) for number, cell in enumerate(found)]
    whole = {"cells": written, "metadata": _KERNEL, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def cells(text: str) -> Iterator[Cell]:
    """Yield the cells of a page."""
    read, end = "", 0
    for block in _BLOCK.finditer(text):
        language, code = block.groups()
        read, end = read + text[end : block.start()], block.end()
        cell = _code(language, code, _NAMED.search(read))
        if cell is None:
            read += block.group()
            continue
        yield from _markdown(read)
        yield cell
        read = ""
    yield from _markdown(read + text[end:])


def _markdown(text: str) -> Iterator[Cell]:
    """Yield what is read between two cells of code: a cell for each heading, so that it can be shown as a slide."""
    # An indented first line stays so: it begins a block of code.
    yield from (Cell("markdown", part.strip("\n").rstrip()) for part in _SLIDE.split(text) if part.strip())


def _code(language: str, code: str, named: re.Match[str] | None) -> Cell | None:
    if named:
        return Cell("code", f"%%writefile {named.group(1)}\n{code}".rstrip())
    if language not in {"python", "console"}:
        return None
    lines = code.splitlines(keepends=True)
    if language == "console":
        typed = [f"!{line[2:]}" for line in lines if line.startswith("$ ")]
        shown = [line for line in lines if not line.startswith("$ ")]
    else:
        typed = [line for line in lines if not _SHOWN.match(line)]
        shown = [_SHOWN.sub("", line) for line in lines if _SHOWN.match(line)]
    return Cell("code", "".join(typed).strip(), "".join(shown))
