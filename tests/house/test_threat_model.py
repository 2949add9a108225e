"""docs/explanation/threat-model.md: each row of its tables names tests that exist and run, or says why nothing stops it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.house.tree import ROOT

TEXT = (ROOT / "docs/explanation/threat-model.md").read_text()

WHO = ["The submit side", "The execute side", "Other users of the submit node", "Authors of plugins"]
COLUMNS = ["what it could do", "what stops it", "the test that shows it"]

# Why some tests are left out on some machines, with where they run.
CONDITIONS = {
    "only root can act as several users": "as root, as the tests of several hosts",
    "only root can give files to others": "likewise",
    "this machine has no apt-get": "where HTCondor is installed by apt",
}

COLLECT = """
import sys
import pytest

class Collected:
    def pytest_collection_finish(self, session):
        for item in session.items:
            marks = [mark for mark in item.iter_markers() if mark.name in {"skip", "skipif"}]
            print("collected", item.nodeid, *(str(mark.kwargs.get("reason", "")) for mark in marks), sep="\\t")

sys.exit(pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[Collected()]))
"""


def section(heading: str) -> str:
    """Return what stands below a heading."""
    _, _, below = TEXT.partition(f"\n## {heading}\n")
    return below.partition("\n## ")[0]


def table(text: str) -> list[list[str]]:
    """Return the cells of each row of the first table in a text, its head first."""
    lines = re.search(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines[0].splitlines()] if lines else []
    return [[cell.strip() for cell in row] for number, row in enumerate(rows) if number != 1]


def named_tests(text: str) -> list[str]:
    """Return the tests that a text names, as pytest names them."""
    return re.findall(r"`((?:tests|plugins)/[\w./-]+\.py(?:::\w+)*)`", text)


ROWS = [row for who in WHO for row in table(section(who))[1:]]


def faults(row: list[str]) -> Iterator[str]:
    """Yield what is wrong with a row: its number of cells, or that it neither names tests nor says why nothing stops it."""
    if len(row) != len(COLUMNS) or not all(row):
        yield "not three cells"
        return
    _, stopped_by, shown_by = row
    if stopped_by.startswith("nothing"):
        if named_tests(shown_by) or not re.fullmatch(r"accepted: (?:\S+ ){3,}\S+", shown_by):
            yield "no reason why it is accepted"
    elif (
        not named_tests(shown_by)
        or re.sub(r"`[^`]+`|[\s,]", "", shown_by)
        or "`, `".join(named_tests(shown_by)) != shown_by[1:-1]
    ):
        yield "something else than tests"


def is_within(item: str, name: str) -> bool:
    """Return whether a test that pytest has collected is, or belongs to, what a name stands for."""
    return item == name or item.startswith((f"{name}::", f"{name}["))


def missing(names: list[str], collected: dict[str, list[str]]) -> list[str]:
    """Return the names that stand for no test that is run somewhere."""
    runs = [item for item, reasons in collected.items() if set(reasons) <= CONDITIONS.keys()]
    return [name for name in names if not any(is_within(item, name) for item in runs)]


@pytest.fixture(scope="module")
def collected() -> dict[str, list[str]]:
    """Return the tests in the files that the page names, each with the reasons for which it may be skipped."""
    paths = sorted({name.partition("::")[0] for name in named_tests(TEXT)})
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-c", COLLECT, *paths], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (line.split("\t") for line in done.stdout.splitlines() if line.startswith("collected\t"))
    return {item: reasons for _, item, *reasons in lines}


def test_everyone_who_trusts_or_is_trusted_is_there() -> None:
    links = [f"[{who}](#{who.lower().replace(' ', '-')})" for who in WHO]
    assert [row[0] for row in table(section("Who trusts whom"))[1:]] == links


@pytest.mark.parametrize("who", WHO)
def test_everyone_has_a_table_of_what_is_stopped_and_of_what_is_not(who: str) -> None:
    head, *rows = table(section(who))
    assert head == COLUMNS
    assert {row[1].startswith("nothing") for row in rows} == {True, False}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_names_tests_or_says_why_nothing_stops_it(row: list[str]) -> None:
    assert list(faults(row)) == []


def test_the_files_of_tests_that_it_names_are_there() -> None:
    named = [name.partition("::")[0] for name in named_tests(TEXT)]
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_tests_in_its_rows_are_run(collected: dict[str, list[str]]) -> None:
    assert missing([name for row in ROWS for name in named_tests(row[2])], collected) == []


def test_reasons_to_skip_are_those_of_tests_in_its_rows(collected: dict[str, list[str]]) -> None:
    named = [name for row in ROWS for name in named_tests(row[2])]
    reasons = {
        reason for item, each in collected.items() for reason in each if any(is_within(item, name) for name in named)
    }
    assert CONDITIONS.keys() - reasons == set()


@pytest.mark.parametrize(
    "row",
    [
        ["x", "a check", ""],
        ["x", "a check", "accepted: it is so"],
        ["x", "a check", "tests/house/tree.py"],
        ["x", "a check", "`tests/house/tree.py` in part"],
        ["x", "nothing", "`tests/house/tree.py`"],
        ["x", "nothing of HTMap's", "accepted"],
        ["x", "nothing"],
    ],
)
def test_a_row_with_neither_is_seen(row: list[str]) -> None:
    assert list(faults(row))


def test_a_test_that_is_gone_or_never_run_is_seen() -> None:
    found = {
        "tests/a.py::test_a[1]": [],
        "tests/a.py::Test::test_b": ["only root can act as several users"],
        "tests/a.py::c": [""],
    }
    assert missing(["tests/a.py::test_a", "tests/a.py::Test", "tests/a.py"], found) == []
    assert missing(["tests/a.py::test", "tests/a.py::c"], found) == ["tests/a.py::test", "tests/a.py::c"]
