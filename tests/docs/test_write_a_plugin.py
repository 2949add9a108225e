"""The pages on plugins list the API, and name what there is. That it can be followed: ``test_followed_pages.py``."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import htmap_core
from htmap_core import testing
from tests.docs.following import File, steps

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "how-to" / "write-a-plugin.md"
REFERENCE = DOCS / "reference" / "plugins.md"
PAGES = [PAGE, REFERENCE, DOCS / "how-to" / "write-a-site-plugin.md", DOCS / "how-to" / "write-a-transfer-protocol.md"]
AN_AFTERNOON = 250  # lines, half of them files that it shows
FILES = [step.name for step in steps(PAGE.read_text()) if isinstance(step, File)]


def listed(text: str) -> list[str]:
    """Return the names in the tables of the page's section on the API."""
    return re.findall(r"^\| `(\w+)` \| \S", text.partition("\n## The API\n")[2], flags=re.MULTILINE)


def fixtures() -> list[str]:
    tree = ast.parse((Path(testing.__file__).with_name("fixtures.py")).read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [each.name for each in functions if any("pytest.fixture" in ast.unparse(by) for by in each.decorator_list)]


def test_the_reference_lists_the_api_with_a_line_for_each_name_and_nothing_else() -> None:
    assert sorted(listed(REFERENCE.read_text())) == sorted([*htmap_core.__all__, *testing.__all__, *fixtures()])


def test_the_reference_names_what_modules_of_the_api_give() -> None:
    (line,) = re.findall(r"^\| `wording` \| .*: (.*) \|$", REFERENCE.read_text(), flags=re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", line)) == sorted(htmap_core.wording.__all__)


def test_the_pages_name_files_that_there_are() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    named = re.findall(r"`((?:htmap_core|examples|plugins|tests)/[\w./-]+)`", text)
    root = DOCS.parent
    of_page = [name.partition("/")[2] for name in FILES]  # the page's own plugin has a folder of tests, too
    assert [name for name in named if not (root / name).exists() and name not in of_page] == []
    assert {"htmap_core/contract/hookspecs.py", *of_page} & set(named)


def test_the_page_is_read_in_an_afternoon() -> None:
    assert len(PAGE.read_text().splitlines()) < AN_AFTERNOON
