"""The lines of README name what there is; ``test_followed_readme.py`` types them."""

from __future__ import annotations

import re

from htmap_core.cli import COMMANDS
from tests.docs.following import File, steps
from tests.house.tree import DISTRIBUTIONS, ROOT, project

README = (ROOT / "README.md").read_text()


def test_it_has_a_program_and_commands_that_install_and_run_it() -> None:
    program, *commands = steps(README)
    assert isinstance(program, File)
    assert program.name == "double.py"
    assert [each.text.splitlines()[-1].split() for each in commands] == [
        ["export", 'PIP_FIND_LINKS="$PWD/dist"'],
        ["htmap", "pool", "install"],
        ["python", "double.py"],
    ]


def test_the_commands_that_it_names_are_there() -> None:
    named = set(
        re.findall(r"`?htmap ([a-z]+)\b", " ".join(re.findall(r"`htmap [a-z ]+`|^htmap .*", README, re.MULTILINE)))
    )
    assert {"pool", "docs", "doctor"} <= named <= {*COMMANDS, "pool"}
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"^(?: {4})?make ([\w-]+)$", README, re.MULTILINE)) <= set(targets)


def test_its_table_has_an_extra_for_each_of_our_distributions() -> None:
    extras = set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE))
    assert extras == {name.partition("-")[2] for name in DISTRIBUTIONS}
    offered = project(ROOT)["project"]["optional-dependencies"]
    asked = {name for each in re.findall(r"htmap-core\[([\w,]+)\]", README) for name in each.split(",")}
    assert asked | extras <= set(offered)


def comparison() -> list[list[str]]:
    """Return the rows of the table of other programs, each as its cells."""
    _, _, rest = README.partition("## Beside other programs\n")
    return [
        [cell.strip() for cell in line.strip("| ").split(" | ")] for line in rest.splitlines() if line.startswith("| ")
    ]


def test_what_it_says_of_programs_has_a_source_or_was_measured() -> None:
    head, _, *rows = comparison()
    assert {"dask-jobqueue", "Parsl", "submitit", "law"} <= set(head)
    assert len(rows) > 5
    cells = [cell for _, *told in rows for cell in told]
    assert [cell for cell in cells if "](" not in cell and "][" not in cell and not cell.startswith("not ")] == []


def test_each_source_that_it_names_has_an_address() -> None:
    named = set(re.findall(r"\]\[([\w-]+)\]", README))
    assert named == set(re.findall(r"^\[([\w-]+)\]: https://", README, re.MULTILINE))
