"""Every Python example in the documentation runs; what a `#>` comment shows is what it prints."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TUTORIALS = set(ROOT.glob("docs/tutorials/**/*.md"))  # sessions, which test_tutorials.py runs
PAGES = [*sorted({*ROOT.glob("docs/**/*.md")} - TUTORIALS), *sorted(ROOT.glob("plugins/*/README.md"))]

pytestmark = pytest.mark.pool


def examples(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def shown(example: str) -> list[str]:
    return re.findall(r"^\s*#> (.*)$", example, flags=re.MULTILINE)


def printed(example: str, namespace: dict[str, Any]) -> list[str]:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(example, "example", "exec"), namespace)
    return output.getvalue().splitlines()


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)], ids=named)
def test_the_examples_of_a_page_run_and_print_what_they_show(page: Path, personal_pool: Path) -> None:
    for example in examples(page):
        lines = printed(example, {"__name__": "__main__"})
        if shown(example):
            assert lines == shown(example), example


def test_what_the_readme_promises_is_printed(personal_pool: Path) -> None:
    (example,) = examples(ROOT / "README.md")
    for _ in range(2):
        assert printed(example, {"__name__": "__main__"})[-1] == "[0, 2, 4, 6, 8, 10, 12, 14, 16, 18]"


def run_program(name: str) -> str:
    result = subprocess.run(
        [sys.executable, ROOT / "examples" / name],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=os.environ,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_first_steps_prints_the_doubled_numbers(personal_pool: Path) -> None:
    assert run_program("first_steps.py").splitlines()[-1] == "[0, 2, 4, 6, 8, 10, 12, 14, 16, 18]"
