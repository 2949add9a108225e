"""Golden files: each is used, and what compares with them can fail."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden_files import FOLDER, Golden, hidden

ROOT = Path(__file__).parents[2]
TESTS = sorted([*(ROOT / "tests").rglob("*.py"), *ROOT.glob("plugins/*/tests/**/*.py")])


def names(source: str) -> Iterator[ast.expr]:
    """Yield what each call of ``golden`` in a module is given as the name of the file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "golden":
            yield node.args[0]


def pattern(name: ast.expr) -> str | None:
    """Return which files a name stands for, as a regular expression, or None where it cannot be seen."""
    if isinstance(name, ast.JoinedStr):
        parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in name.values]
        return "".join(parts) if parts else None
    return re.escape(name.value) if isinstance(name, ast.Constant) and isinstance(name.value, str) else None


USED = {file: [pattern(name) for name in names(file.read_text())] for file in TESTS if file != Path(__file__)}


def test_every_golden_file_is_used_by_a_test() -> None:
    patterns = [each for found in USED.values() for each in found if each]
    files = [file.relative_to(FOLDER).as_posix() for file in FOLDER.rglob("*") if file.is_file()]
    assert [file for file in files if not any(re.fullmatch(rf"{each}\.txt", file) for each in patterns)] == []


def test_the_name_of_a_golden_file_is_written_where_it_is_used() -> None:
    assert [file.relative_to(ROOT).as_posix() for file, found in USED.items() if None in found] == []


def test_another_text_fails_with_the_difference_and_the_command(tmp_path: Path) -> None:
    (tmp_path / "tide.txt").write_text("the tide\ncomes in\n")
    with pytest.raises(pytest.fail.Exception) as failed:
        Golden(tmp_path)("tide", "the tide\ngoes out")
    assert {"-comes in", "+goes out"} <= set(str(failed.value).splitlines())
    assert "`make golden`" in str(failed.value)


def test_a_missing_file_fails_with_the_text_and_the_command(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception) as failed:
        Golden(tmp_path)("tide", "goes out")
    assert {"tide.txt;", "`make", "out"} <= set(str(failed.value).split())


def test_files_are_renewed_and_then_compared_with(tmp_path: Path) -> None:
    Golden(tmp_path, renewed={})("sea/tide", "comes in\n")
    Golden(tmp_path)("sea/tide", "comes in")


def test_two_texts_for_one_file_are_not_renewed(tmp_path: Path) -> None:
    golden_files = Golden(tmp_path, renewed={})
    golden_files("tide", "comes in")
    with pytest.raises(pytest.fail.Exception):
        golden_files("tide", "goes out")


def test_what_is_volatile_gets_a_name(tmp_path: Path) -> None:
    text = f"{tmp_path}/maps/1 at 12:30 in {tmp_path}"
    hide = {tmp_path: "TMP", tmp_path / "maps": "MAPS", re.compile(r"\d\d:\d\d"): "TIME"}
    assert hidden(text, hide) == "<MAPS>/1 at <TIME> in <TMP>"


def test_continuous_integration_compares_and_never_renews() -> None:
    command = [sys.executable, "-m", "pytest", "--renew-golden", "--collect-only", str(Path(__file__))]
    environment = {**os.environ, "CI": "true"}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--renew-golden" in ran.stderr


PAGE = "# Boats\n<!-- generated: boats -->\n| sails |\n<!-- end -->\nThe end.\n"


def test_a_generated_section_of_a_page_is_renewed_and_then_compared_with(tmp_path: Path) -> None:
    page = tmp_path / "boats.md"
    page.write_text(PAGE)
    Golden(renewed={}).section(page, "boats", "| oars |\n")
    assert page.read_text() == PAGE.replace("sails", "oars")
    Golden().section(page, "boats", "| oars |\n")


@pytest.mark.parametrize(("name", "text"), [("boats", "| oars |\n"), ("ships", "| sails |\n")])
def test_a_section_that_is_not_what_is_generated_or_not_there_fails(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "boats.md").write_text(PAGE)
    with pytest.raises(pytest.fail.Exception):
        Golden().section(tmp_path / "boats.md", name, text)
