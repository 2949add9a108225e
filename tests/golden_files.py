"""Golden files: the texts that HTMap promises, each in a file of ``tests/golden``, where changed English is read as a diff.

A test asserts facts (types, attributes, exit codes), and gives whole texts to the fixture ``golden``::

    golden("cli/unknown-tag", ran.stderr)
    golden("cli/version", ran.stdout, hide={htmap.__version__: "VERSION"})

``make golden`` writes the files anew, and the generated sections of the documentation (:meth:`Golden.section`). The name is
written where it is used (an f-string will do for a parametrized test), so that a house rule finds the files that no test uses.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "golden"
RENEWING = "run `make golden` (or pytest with --renew-golden), and read what git says has changed"

Hidden = Mapping[Any, str]  # texts, paths and patterns are keys, of one kind or mixed


class Golden:
    """Compare texts with their golden files, or write these files."""

    def __init__(
        self, folder: Path = FOLDER, *, hide: Hidden | None = None, renewed: dict[str, str] | None = None
    ) -> None:
        """Take what is hidden in every text, and, where files are written anew, what was written so far."""
        self._folder = folder
        self._hide = hide or {}
        self._renewed = renewed

    def __call__(self, name: str, text: object, hide: Hidden | None = None) -> None:
        """Fail unless a text is what its file says.

        :param name: the file below ``tests/golden``, without ``.txt``.
        :param text: the text, or an exception or the like whose ``str`` it is.
        :param hide: what differs between runs and machines, as for :func:`hidden`; ``tmp_path`` is always hidden.
        """
        __tracebackhide__ = True
        shown = hidden(str(text), {**self._hide, **(hide or {})}).rstrip("\n") + "\n"
        file = self._folder / f"{name}.txt"
        if self._renewed is not None:
            self._write(name, file, shown, self._renewed)
        elif not file.is_file():
            pytest.fail(f"there is no golden file {name}.txt; {RENEWING}. The text is:\n{shown}")
        elif (kept := file.read_text(encoding="utf-8")) != shown:
            pytest.fail(f"the text is not that of the golden file {name}.txt; {RENEWING}.\n{difference(kept, shown)}")

    def section(self, page: Path, name: str, text: str) -> None:
        """Fail unless a section of a page of the documentation is what is generated for it, or write it there.

        :param page: a Markdown file with a line ``<!-- generated: name -->`` before the section and ``<!-- end -->`` after it.
        """
        __tracebackhide__ = True
        kept = page.read_text(encoding="utf-8")
        begin, end = f"<!-- generated: {name} -->\n", "<!-- end -->\n"
        before, found, rest = kept.partition(begin)
        section, ended, after = rest.partition(end)
        if not found or not ended:
            pytest.fail(f"{page} has no line {begin.strip()} or no line {end.strip()} after it")
        if self._renewed is not None:
            page.write_text(f"{before}{begin}{text}{end}{after}", encoding="utf-8")
        elif section != text:
            pytest.fail(f"section {name} of {page} is not what is generated; {RENEWING}.\n{difference(section, text)}")

    def file(self, path: Path, text: str) -> None:
        """Fail unless a file of the repository is what is generated for it, or write it."""
        __tracebackhide__ = True
        kept = path.read_text(encoding="utf-8") if path.is_file() else ""
        if self._renewed is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif kept != text:
            pytest.fail(f"{path} is not what is generated; {RENEWING}.\n{difference(kept, text)}")

    @staticmethod
    def _write(name: str, file: Path, shown: str, renewed: dict[str, str]) -> None:
        __tracebackhide__ = True
        if renewed.setdefault(name, shown) != shown:
            change = difference(renewed[name], shown)
            pytest.fail(f"two tests write golden file {name}.txt, unlike each other:\n{change}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(shown, encoding="utf-8")


def hidden(text: str, hide: Hidden) -> str:
    """Return a text with what is volatile (paths, times, ids, versions, hosts) replaced by names in angle brackets.

    Longer values are replaced before shorter ones, since a folder's path begins those of its files; patterns come last.

    :param hide: a value (a text, a path, or a pattern that matches it) for each name that stands for it.
    """
    values = sorted((str(value) for value in hide if not isinstance(value, re.Pattern)), key=len, reverse=True)
    names = {value if isinstance(value, re.Pattern) else str(value): name for value, name in hide.items()}
    for value in values:
        text = text.replace(value, f"<{names[value]}>")
    for pattern in hide:
        if isinstance(pattern, re.Pattern):
            text = pattern.sub(f"<{names[pattern]}>", text)
    return text


def difference(kept: str, shown: str) -> str:
    """Return how a text differs from what is kept of it, as ``diff -u`` shows it."""
    return "\n".join(
        difflib.unified_diff(kept.splitlines(), shown.splitlines(), "golden file", "this run", lineterm="")
    )
