"""A script whose function fails, and which is edited before its user looks at the error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.pool

SCRIPT = """
import os, pathlib
import htmap
PATH = os.path.abspath("study.py")

def bad(x):
    try:
        return {}[x]
    except KeyError:
        return 1 / x

bads = htmap.map(bad, [0], tag="bads")
pathlib.Path("study.py").write_text("# edited\\n" * 40)
os.chdir("/")
bads.wait(180, errors_ok=True)
error = bads.get_err(0)

assert str(error) == "ZeroDivisionError: division by zero, in bad, study.py line 10", str(error)
(frame,) = error.stack_summary
assert (frame.filename, frame.lineno, frame.line) == (PATH, 10, "return 1 / x"), frame
shown = error.report()
assert f'File "{PATH}", line 10, in bad\\n    return 1 / x\\n' in shown, shown
assert "return {}[x]" in shown, shown
for wait_or_get in (bads.wait, lambda: bads.get(0), lambda: bads[0]):
    try:
        wait_or_get()
    except htmap.exceptions.MapComponentError as problem:
        assert str(problem).splitlines()[0] == str(error), problem
    else:
        raise AssertionError
"""


def test_the_report_has_the_users_lines_as_they_were(personal_pool: Path, tmp_path: Path) -> None:
    script = tmp_path / "study.py"
    script.write_text(SCRIPT)
    ran = subprocess.run(
        [sys.executable, "study.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240
    )
    assert ran.returncode == 0, ran.stderr
    told = subprocess.run(
        [sys.executable, "-m", "htmap", "wait", "bads"], capture_output=True, text=True, check=False, timeout=240
    )
    assert "division by zero, in bad, study.py line 10" in " ".join(told.stderr.split())
