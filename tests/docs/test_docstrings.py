"""The examples in the docstrings of `htmap`'s names run on a pool; what a `#>` comment shows is what the line prints."""

from __future__ import annotations

import inspect
import re
import textwrap
from pathlib import Path

import pytest

import htmap
from tests.docs.test_examples import printed

# Names whose examples need no pool are doctests; `settings` is an object, with the docstring of its class.
DESCRIBED = [
    name for name in htmap.__all__ if inspect.isroutine(getattr(htmap, name)) or inspect.isclass(getattr(htmap, name))
]

BEFORE = "import json, sys, time\nfrom pathlib import Path\nimport htmap\n"


def examples(name: str) -> list[str]:
    """Return the literal blocks of a docstring."""
    documented = inspect.getdoc(getattr(htmap, name)) or ""
    blocks = re.findall(r"::\n\n((?:    .*\n|\n)+)", documented + "\n")
    return [textwrap.dedent(block) for block in blocks]


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_name_has_an_example_and_says_since_when_it_is_there(name: str) -> None:
    documented = inspect.getdoc(getattr(htmap, name)) or ""
    assert examples(name) or ">>> " in documented
    assert re.search(r"Since 0\.\d", documented)


@pytest.mark.pool
@pytest.mark.parametrize("name", [name for name in DESCRIBED if examples(name)])
def test_the_examples_of_a_name_run_and_print_what_they_show(
    name: str, personal_pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for example in examples(name):
        if 'tag="tide"' not in example:
            htmap.map(abs, [-1], tag="tide")  # the one that examples load
        shown = re.findall(r"#> (.*)$", example, flags=re.MULTILINE)
        lines = iter(printed(BEFORE + example, {"__name__": "__main__"}))
        assert [text for text in shown if text in lines] == shown, example
