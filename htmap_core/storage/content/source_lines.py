"""The lines of source of functions that travel with their code, as they were when the map was created.

Code names a file and a line. But the execute node does not have the file, here it may have changed since, and in a notebook there
is none. So the lines are kept with the map, for reports on errors.
"""

from __future__ import annotations

import difflib
import dis
import linecache
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import attrs

from htmap_core.files.atomic import write_atomically
from htmap_core.files.reading import read_file
from htmap_core.files.sealed import seal, unseal
from htmap_core.storage.content.formats import check_needs
from htmap_core.storage.faults.damage import check_shape, check_texts

# Characters, for one map. The lines of further functions are looked up in their files, if these are there.
_MOST = 256 * 1024


@attrs.frozen
class SourceLines:
    """The lines of source of a map's functions.

    :param files: by the name that code has for a file: its ``path``, and its ``lines`` by their numbers as text.
    """

    files: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)

    def path(self, filename: str) -> str:
        """Return the path of the file that code calls *filename*: relative names are of the program that made the map."""
        known = self.files.get(filename)
        return str(known["path"]) if known else filename

    def line(self, filename: str, lineno: int) -> str | None:
        """Return a line without its indentation; an empty text if its file was another one already; None if it is not known."""
        known = self.files.get(filename)
        found: str | None = known["lines"].get(str(lineno)) if known else None
        return None if found is None else found.strip()

    def show(self) -> None:
        """Have tracebacks and debuggers of this process show the lines where a file is not there, or is another one by now.

        Lines of other code stay empty. Maps of earlier versions have the lines without their indentation.
        """
        for filename, of_file in self.files.items():
            lines = {int(number): line for number, line in of_file["lines"].items()}
            present = linecache.getlines(filename)
            if any(present[number - 1 : number] != [f"{line}\n"] for number, line in lines.items()):
                known = [f"{lines.get(number, '')}\n" for number in range(1, max(lines) + 1)]
                linecache.cache[filename] = sum(map(len, known)), None, known, filename


def write(path: Path, functions: Iterable[FunctionType]) -> None:
    """Write the lines of *functions*; if there are none, write no file.

    :raises OSError: the file cannot be written.
    """
    files = _collected(functions)
    if files:
        write_atomically(path, seal({"files": files}, indent=1))


def changed(before: SourceLines, functions: Iterable[FunctionType]) -> list[str]:
    """Return the lines of source that *functions* do not have any more, or have now, each with ``-`` or ``+`` before it."""
    then, now = (
        [line.strip() for known in files.values() for line in known["lines"].values()]
        for files in (before.files, _collected(functions))
    )
    return [line for line in difflib.ndiff(then, now) if line.startswith(("- ", "+ "))]


def _collected(functions: Iterable[FunctionType]) -> dict[str, dict[str, Any]]:
    """Return the lines of functions, as :attr:`SourceLines.files` has them."""
    files: dict[str, dict[str, Any]] = {}
    left = _MOST
    for code in (function.__code__ for function in functions):
        lines = _lines(code)
        left -= sum(map(len, lines.values()))
        if left < 0:
            break
        if lines:
            of_file = files.setdefault(code.co_filename, {"path": _path(code.co_filename), "lines": {}})
            of_file["lines"].update(lines)
    return files


def read(path: Path) -> SourceLines:
    """Return the lines that :func:`write` has written; none if there is no file, as in older maps.

    :raises ValueError: the file is damaged; or what else reading it raises.
    :raises MadeByNewerHTMap: a newer HTMap wrote it, in a way that this one does not understand.
    """
    try:
        content = unseal(read_file(path))
        check_needs(content, path)
        check_shape(content, {"files": dict})
        for known in content["files"].values():
            check_shape(known, {"path": str, "lines": dict})
            check_texts(known["lines"])
        return SourceLines(content["files"])
    except FileNotFoundError:
        return SourceLines()


def _lines(code: CodeType) -> dict[str, str]:
    all_lines = linecache.getlines(code.co_filename)
    last = max(_numbers(code), default=code.co_firstlineno)
    found = all_lines[code.co_firstlineno - 1 : last]
    defines = r"\blambda\b" if code.co_name == "<lambda>" else rf"\bdef\s+{re.escape(code.co_name)}\b"
    # A program that was edited while it ran has other lines there by now: better none than a wrong one.
    is_it = re.search(defines, "".join(found))
    return {str(number): line.rstrip() if is_it else "" for number, line in enumerate(found, code.co_firstlineno)}


def _numbers(code: CodeType) -> Iterator[int]:
    """Yield the numbers of the lines that have code, also in functions within."""
    yield from (number for _, number in dis.findlinestarts(code) if number is not None)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _numbers(constant)


def _path(filename: str) -> str:
    """Return the absolute path of a file; scripts have relative names since Python 3.9, if their users type such."""
    return os.path.abspath(filename) if os.path.isfile(filename) else filename
