"""``htmap docs --notebook``: a page as a notebook, with what it runs, types, writes and shows."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest

from htmap_core.cli.docs.notebook import notebook
from htmap_core.cli.docs.pages import Page, pages
from htmap_core.testing import run_htmap
from tests.golden_files import Golden
from tests.house.tree import ROOT

PAGES = pages()
PAGE = """# The tide

See [files](../how-to/files.md).

```python
for height in (3, 1):
    print(height)
    #> 3
    #> 1
```

## What goes wrong

```python
print("one")
#> one
1 / 0
#> Traceback (most recent call last):
#> ...
#> ZeroDivisionError: division by zero
```

    what it shows
    line by line

Write this into `low-tide.py`:

```python
print("low")  #> is no output here
```

```console
$ python low-tide.py
low
$ htmap tags
```

Not run:

    htmap status

```sh
rm tide
```
"""


@pytest.fixture(scope="module")
def cells() -> list[Any]:
    page = Page("tide", "tutorials", "The tide", ROOT / "docs/tutorials/tide.md", PAGE)
    made: Any = nbformat.reads(notebook(page, PAGES), as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(made)
    return list(made.cells)


def code(cells: list[Any]) -> list[Any]:
    return [each for each in cells if each.cell_type == "code"]


def test_what_a_page_shows_are_the_outputs_of_its_cells(cells: list[Any]) -> None:
    first, *_ = code(cells)
    assert first.source.splitlines() == ["for height in (3, 1):", "    print(height)"]
    assert [(each.name, each.text) for each in first.outputs] == [("stdout", "3\n1\n")]


def test_an_exception_that_is_shown_does_not_stop_the_notebook(cells: list[Any]) -> None:
    _, failing, *_ = code(cells)
    printed, raised = failing.outputs
    assert failing.metadata.tags == ["raises-exception"]
    assert (printed.text, raised.ename, raised.evalue) == ("one\n", "ZeroDivisionError", "division by zero")


def test_files_are_written_and_commands_are_typed(cells: list[Any]) -> None:
    _, _, file, commands = code(cells)
    assert file.source.splitlines() == ["%%writefile low-tide.py", 'print("low")  #> is no output here']
    assert commands.source.splitlines() == ["!python low-tide.py", "!htmap tags"]
    assert commands.outputs[0].text == "low\n"


def test_each_heading_is_a_slide_and_links_are_commands(cells: list[Any]) -> None:
    read = [each for each in cells if each.cell_type == "markdown"]
    slides = [each.source.splitlines()[0] for each in read if "slideshow" in each.metadata]
    assert slides == ["# The tide", "## What goes wrong"]
    assert "files (`htmap docs files`)" in read[0].source
    assert read[-1].source.endswith("```sh\nrm tide\n```")


def test_what_is_indented_below_a_cell_stays_a_block(cells: list[Any]) -> None:
    (read,) = [each for each in cells if "line by line" in each.source]
    assert read.source.startswith("    what it shows\n    line by line\n\nWrite")


@pytest.mark.parametrize("name", [page.name for page in PAGES if page.kind == "tutorials" and page.name != "workshop"])
def test_every_tutorial_can_be_had_as_one(name: str) -> None:
    made: Any = nbformat.reads(run_htmap("docs", "--notebook", name).stdout, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(made)
    assert code(made.cells)


@pytest.mark.parametrize("words", [[], ["holds"], ["some", "words"]])
def test_what_is_no_page_with_something_to_run_is_refused(words: list[str], golden: Golden) -> None:
    refused = run_htmap("docs", "--notebook", *words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    golden(f"cli/docs-notebook-{'-'.join(words) or 'none'}", refused.stderr)


def test_programs_are_told_where_the_page_is() -> None:
    (told,) = json.loads(run_htmap("docs", "--notebook", "first-steps", "--json").stdout)["pages"]
    assert told["name"] == "first-steps"
