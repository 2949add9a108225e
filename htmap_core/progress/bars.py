"""Bars, and where they can be shown."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from enum import Enum
from typing import Any

from htmap_core.settings import tables
from htmap_core.terminal import beneath, is_dumb
from htmap_core.wording import printable

MOMENT = 1.0  # seconds: what is over by then shows nothing
_USUAL = 80, 24  # columns and rows of a terminal
PAUSE = 30.0  # seconds between two lines in a log, at least


class Place(Enum):
    """Where progress can be shown."""

    NOWHERE = "nowhere"
    LOG = "log"  # a file, a pipe, a terminal that can only print: a line now and then
    TERMINAL = "terminal"
    NOTEBOOK = "notebook"


def place(*, asked: bool | None) -> Place:
    """Return where progress is shown now.

    :param asked: whether the program has asked for it; None if it has said nothing.
    """
    wanted = tables.setting("PROGRESS")
    if asked is False or wanted == "never":
        return Place.NOWHERE
    if _is_notebook():
        return Place.NOTEBOOK
    if sys.stderr is None or sys.stderr.closed:
        return Place.NOWHERE
    is_terminal = sys.stderr.isatty()
    if is_terminal and not is_dumb():
        return Place.TERMINAL
    return Place.LOG if asked or is_terminal or wanted == "always" else Place.NOWHERE


def _is_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in getattr(shell, "config", ())


def _is_of_the_kernel(stream: Any) -> bool:
    """Return whether a stream goes to the notebook, and not to what a program keeps of it, as ``%%capture`` does."""
    return type(stream).__module__.partition(".")[0] == "ipykernel"


def progress_bar(*args: Any, **options: Any) -> Any:
    """Return a progress bar; the arguments are those of ``tqdm.tqdm``.

    In a notebook without ipywidgets, tqdm warns and then writes text. The text is enough, so the warning is suppressed. It goes
    to standard output: on standard error it would be in red, like an error, and leave an empty red line behind. ::

        bar = progress_bar(desc="tide", total=10, ascii=True)
    """
    stream = sys.stdout if _is_notebook() and _is_of_the_kernel(sys.stdout) else beneath(sys.stderr)
    return _tqdm()(*args, **{"file": stream, **_size(options.get("file") or stream), **options})


def _size(stream: Any) -> dict[str, Any]:
    """Return what tqdm is told of the size of what a bar is drawn on."""
    follows = {"dynamic_ncols": True}  # a terminal may get another width
    try:
        columns, rows = os.get_terminal_size(stream.fileno()) if stream.isatty() else _USUAL
    except (AttributeError, OSError, ValueError):  # it is a terminal by its own word
        return follows
    if columns and rows:
        return follows
    # One without a size, as some programs make them: tqdm would take that for one without room.
    return {"ncols": (columns or _USUAL[0]) - 1, "nrows": rows or _USUAL[1]}


@functools.lru_cache(maxsize=1)  # once: the block would disturb the warnings of other threads
def _tqdm() -> Any:
    from tqdm import TqdmWarning  # 30 ms

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # tqdm warns when the module is first imported
        from tqdm.auto import tqdm
    return tqdm


def tell(text: str) -> None:
    """Write a line to standard error, for whoever reads it."""
    if sys.stderr is not None:
        sys.stderr.write(f"{printable(text)}\n")
        sys.stderr.flush()
