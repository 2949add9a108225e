"""User programs, right and wrong ones, as mypy --strict and pyright's strict mode see them where HTMap is installed.

A line of a wrong program that is to be refused ends in ``# wrong: CODE | RULE``: mypy's error code and pyright's rule. The
right programs also run, on this machine. The examples of the first pages have to pass without annotations.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from htmap_core.cli.docs.notebook import cells
from tests.docs.test_examples import ROOT, examples

PROGRAMS = Path(__file__).parent / "programs"
CHECKERS = ["mypy", "pyright"]
KINDS = ["right", "wrong"]
MANY_MAPS = {"functions.py"}  # which take ten seconds, where it is the types that are of interest
STRICT = [PROGRAMS.parents[2] / "docs/how-to/type-checkers.md"]
NOT_STRICT = (
    "# pyright: basic\n"
    "# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs\n"
    '# mypy: disable-error-code="import-untyped"\n'  # pandas, whose types are a distribution of their own
)
TUTORIALS = ["first-steps", "basic-mapping", "working-with-files", "map-options", "advanced-mapping", "cern"]
SESSIONS = [ROOT / f"docs/tutorials/{name}.md" for name in TUTORIALS]  # each of which is one program
PAGES = {page.stem.replace("-", "_"): page for page in [ROOT / "README.md", *SESSIONS, *STRICT]}

Found = dict[str, dict[int, set[str]]]  # what a checker finds: of each program, by line


def programs(kind: str) -> list[str]:
    return sorted(path.name for path in (PROGRAMS / kind).glob("*.py"))


def wanted(source: str, checker: str) -> dict[int, str]:
    """Return the errors that a program shall have, by line. Some lines have others that follow."""
    marks = {number: re.search(r"# wrong: (\S+) \| (\S+)$", line) for number, line in enumerate(source.split("\n"), 1)}
    return {number: mark[1 + CHECKERS.index(checker)] for number, mark in marks.items() if mark is not None}


def sources(page: Path) -> list[str]:
    """Return the programs of a page: its examples, or all that is typed in its session."""
    typed = [cell.source for cell in cells(page.read_text()) if cell.kind == "code"]
    return (
        ["\n".join(each for each in typed if not each.startswith(("!", "%")))] if page in SESSIONS else examples(page)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the programs, away from the checkout."""
    folder = tmp_path_factory.mktemp("programs")
    for kind in KINDS:
        shutil.copytree(PROGRAMS / kind, folder / kind)
    (folder / "pages").mkdir()
    for name, page in PAGES.items():
        for number, example in enumerate(sources(page)):
            source = example if page in STRICT else NOT_STRICT + example
            (folder / "pages" / f"{name}_{number}.py").write_text(source)
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    return folder


@pytest.fixture(scope="module", params=CHECKERS)
def checked(request: pytest.FixtureRequest, folder: Path) -> tuple[str, Found]:
    """Return what one of the checkers finds in all programs at once."""
    return request.param, {"mypy": by_mypy, "pyright": by_pyright}[request.param](folder)


def by_mypy(folder: Path) -> Found:
    said = output(
        [*("mypy", "--strict", "--explicit-package-bases", "--output", "json", "--config-file="), *KINDS, "pages"],
        folder,
    )
    found: Found = {}
    for each in map(json.loads, said.splitlines()):
        if each["severity"] == "error":
            found.setdefault(each["file"], {}).setdefault(each["line"], set()).add(each["code"])
    return found


def by_pyright(folder: Path) -> Found:
    found: Found = {}
    said = json.loads(output(["pyright", "--outputjson"], folder))
    for each in said["generalDiagnostics"]:
        path, line = os.path.relpath(each["file"], folder), each["range"]["start"]["line"] + 1
        found.setdefault(path, {}).setdefault(line, set()).add(each.get("rule", each["message"]))
    return found


def output(arguments: list[str], folder: Path, code: int = 1) -> str:
    """Return what a checker writes.

    :param code: its exit code; 1 if it has found something, as in the wrong programs.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # where pyright looks for Python
    ran = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.parametrize("program", programs("right"))
def test_a_right_program_has_no_error(program: str, checked: tuple[str, Found]) -> None:
    _, found = checked
    assert found.get(f"right/{program}", {}) == {}


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_have_no_error(page: str, checked: tuple[str, Found]) -> None:
    _, found = checked
    assert {program: errors for program, errors in found.items() if program.startswith(f"pages/{page}_")} == {}


@pytest.mark.parametrize("program", programs("wrong"))
def test_each_wrong_line_is_an_error_and_no_other(program: str, checked: tuple[str, Found]) -> None:
    checker, found = checked
    lines, errors = found[f"wrong/{program}"], wanted((PROGRAMS / "wrong" / program).read_text(), checker)
    assert lines.keys() == errors.keys()
    assert {number: code for number, code in errors.items() if code not in lines[number]} == {}


@pytest.mark.parametrize("program", [name for name in programs("right") if name not in MANY_MAPS])
def test_a_right_program_runs(program: str, folder: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "HTMAP_DIR": str(tmp_path / "maps"), "HTMAP_WHERE": "here"}
    subprocess.run([sys.executable, folder / "right" / program], env=environment, check=True, timeout=600)


def test_every_public_name_has_its_whole_type(folder: Path) -> None:
    said = json.loads(output(["pyright", "--verifytypes", "htmap", "--ignoreexternal", "--outputjson"], folder, code=0))
    symbols = {each["name"]: each["isTypeKnown"] for each in said["typeCompleteness"]["symbols"]}
    assert {"htmap.map", "htmap_core.maps.map.Map.get"} <= symbols.keys()
    assert [name for name, is_known in symbols.items() if not is_known] == []
