"""What both sides know: the names of files, each spelt in one place, and what functions use of ``htmap``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import htmap
from htmap_core import names as on_submit_side
from htmap_run import htmap as on_execute_side
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


def a_call(found: Callable[..., Any]) -> tuple[list[None], dict[str, None]]:
    """Return the arguments of a call with all parameters: the first by position if that is possible, the others by name."""
    first, *others = inspect.signature(found).parameters.values()
    by_name = (first.KEYWORD_ONLY, first.POSITIONAL_OR_KEYWORD)
    if first.kind in {first.KEYWORD_ONLY, first.VAR_KEYWORD}:
        return [], {each.name: None for each in (first, *others) if each.kind in by_name}
    return [None], {each.name: None for each in others if each.kind in by_name}


@pytest.mark.parametrize("name", on_execute_side.__all__)
def test_what_functions_use_of_htmap_is_on_both_sides_and_can_be_called_in_the_same_way(name: str) -> None:
    here, there = getattr(htmap, name), getattr(on_execute_side, name)
    assert name in htmap.__all__
    assert callable(here) == callable(there)
    if callable(here):
        arguments, named_arguments = a_call(here)
        inspect.signature(there).bind(*arguments, **named_arguments)


@pytest.mark.parametrize("name", [name for name in on_execute_side.__all__ if inspect.isclass(getattr(htmap, name))])
def test_classes_that_functions_use_have_no_methods_that_the_submit_side_lacks(name: str) -> None:
    public = {each for each in vars(getattr(on_execute_side, name)) if not each.startswith("_")}
    assert public <= set(dir(getattr(htmap, name)))


@pytest.mark.parametrize("name", ["checkpoint", "transfer_output_files"])
def test_what_hands_over_files_is_one_function_which_does_nothing_on_the_submit_side(name: str) -> None:
    assert getattr(htmap, name) is getattr(on_execute_side, name)
    getattr(htmap, name)("no such file")
