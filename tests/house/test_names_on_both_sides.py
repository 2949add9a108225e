"""The folder that jobs return is spelt in one place, but for what starts before any of our modules can be imported."""

from __future__ import annotations

import re

from htmap_core import names as on_submit_side
from htmap_run import names
from tests.house.tree import ROOT, files, named

# It starts Python. What delivery methods have it start writes to standard error, which it has led into the folder.
STARTER = "htmap_run/launcher.sh"


def spellings() -> dict[str, list[str]]:
    """Return what shipped programs say of the returned folder, line by line."""
    shipped = [
        path for path in files() if path.suffix in {".py", ".sh"} and named(path).startswith(("htmap", "plugins/"))
    ]
    found = {
        named(path): [line.strip() for line in path.read_text().splitlines() if re.search(r"_htmap_ret\w*", line)]
        for path in shipped
        if "tests" not in path.relative_to(ROOT).parts
    }
    return {name: lines for name, lines in found.items() if lines}


def test_the_folder_that_jobs_return_is_spelt_once() -> None:
    assert set(spellings()) == {"htmap_run/names.py", STARTER}


def test_what_starts_python_says_its_last_words_where_the_outputs_are() -> None:
    said = [line for line in spellings()[STARTER] if "exec 2>>" in line]
    assert [re.findall(r"_htmap_\w+/\w+", line) for line in said] == [[f"{names.RETURN}/{names.STDERR}"] * 2]


def test_both_sides_mean_the_same() -> None:
    shared = {name for name in vars(names) if name.isupper()} & set(vars(on_submit_side))
    assert {"FUNCTION", "FILES", "REMAPPED", "RETURN"} <= shared
    assert {name: getattr(names, name) for name in shared} == {name: getattr(on_submit_side, name) for name in shared}
