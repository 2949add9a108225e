"""Whether a shell finds ``htmap``, which advice says to type, and finds that of this environment."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from htmap_core.contract.site.checks import Check
from htmap_core.wording import in_shell

_COMMAND = "htmap"
_PYTHON = re.compile(
    rb"#!\s*(/\S*python[\d.]*)\s"
)  # how pip begins a program; a wrapper of somebody's begins otherwise


def checks() -> Iterator[Check]:
    """Tell if the command is not on PATH, or is that of another environment; what a wrapper starts is not known."""
    here = Path(sys.executable)
    instead = f"`{in_shell(here)} -m {_COMMAND}` is the same command"
    found = shutil.which(_COMMAND)
    if found is None:
        yield Check("command", "note", f"`{_COMMAND}` is not on your PATH", f"{_way_there(here)}{instead}")
        return
    if (folder := _folder_of_its_python(found)) is not None and folder != os.path.realpath(here.parent):
        text = f"`{_COMMAND}` on your PATH is {found}, which has another Python than this one, {here}"
        yield Check("command", "note", text, f"{_way_there(here)}{instead}")


def _folder_of_its_python(program: str) -> str | None:
    if not os.access(program, os.R_OK):
        return None
    with open(program, "rb") as file:
        first = _PYTHON.match(file.read(1024))
    return os.path.realpath(os.path.dirname(os.fsdecode(first[1]))) if first else None


def _way_there(here: Path) -> str:
    """Return how to put the command on PATH, where one knows where it is."""
    if (activate := here.with_name("activate")).exists():
        return f"`. {in_shell(activate)}` puts it there, in each new shell; "
    user = Path("~/.local/bin").expanduser()
    folder = next((each for each in (here.parent, user) if (each / _COMMAND).exists()), None)
    return f"`export PATH={in_shell(folder)}:$PATH` puts it there, in each new shell; " if folder else ""
