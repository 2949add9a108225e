"""The reference of the usual map options is what their signature and docstring say (`make golden` writes it)."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import htmap
from htmap_core.contract.option_values import INPUT_FILES, OUTPUT_REMAPS
from htmap_core.contract.usual.checks import USUAL
from tests.docstrings import parsed
from tests.golden_files import Golden

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
USUAL_OPTIONS = {
    name: parameter.annotation
    for name, parameter in inspect.signature(htmap.MapOptions).parameters.items()
    if parameter.kind is inspect.Parameter.KEYWORD_ONLY
}

# Where a reader finds more.
PAGES = {
    "request_memory": "after-it-ran.md#memory-that-grows",
    "walltime": "limit-the-run-time.md",
    "chunksize": "chunks.md",
    "expected_runtime": "chunks.md#what-htmap-chooses",
    "retry_exceptions": "partial-success.md#try-again-by-itself",
    "checkpoint": "checkpoint.md",
    "checkpoint_interval": "checkpoint.md#when-a-host-is-lost",
    "results_interval": "chunks.md#results-before-the-end",
    "fixed_input_files": "files.md",
    "input_files": "files.md",
    "output_remaps": "move-files-by-url.md",
}


def table() -> str:
    meanings = parsed(htmap.MapOptions).of("param")
    rows = [("option", "type", "by component", "meaning"), ("---",) * 4]
    rows += [(linked(name), types(name), "yes" if varies(name) else "", meanings[name]) for name in USUAL_OPTIONS]
    return "".join(f"| {' | '.join(row)} |\n".replace("|  |", "| |") for row in rows)


def linked(name: str) -> str:
    return f"[`{name}`](../how-to/{PAGES[name]})" if name in PAGES else f"`{name}`"


def varies(name: str) -> bool:
    return name in {INPUT_FILES, OUTPUT_REMAPS} or (name in USUAL and USUAL[name].varies)


def types(name: str) -> str:
    """Return the types of one value: of an iterable that has one for each component, those of its items."""
    single: list[ast.expr] = []
    many: list[ast.expr] = []
    for each in members(ast.parse(USUAL_OPTIONS[name], mode="eval").body):
        is_many = isinstance(each, ast.Subscript) and ast.unparse(each.value) == "Iterable"
        (many if is_many else single).append(each)
    found = single or [inner for each in many if isinstance(each, ast.Subscript) for inner in members(each.slice)]
    return ", ".join(f"`{ast.unparse(each)}`" for each in found).replace(" | ", " \\| ")


def members(union: ast.expr) -> Iterator[ast.expr]:
    """Yield the members of a union but None."""
    if isinstance(union, ast.BinOp):
        yield from members(union.left)
        yield from members(union.right)
    elif not (isinstance(union, ast.Constant) and union.value is None):
        yield union


def test_the_reference_has_a_row_for_each_of_the_usual_options(golden: Golden) -> None:
    golden.section(PAGE, "map options", table())


def test_the_pages_with_more_are_of_options_that_there_are() -> None:
    assert set(PAGES) <= set(USUAL_OPTIONS)
