"""What somebody sees who runs a script on a terminal: how far the map is, and their own error first."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import htmap
from tests.terminals import sent_to_a_terminal

pytestmark = pytest.mark.pool

SCRIPT = """
import time
import htmap


def inverse(x):
    time.sleep(2)
    return 1 / x


if __name__ == "__main__":
    mapped = htmap.map(inverse, [4, 0], tag="study", quiet=True)
    print(list(mapped))
"""


def test_a_script_shows_how_far_its_map_is_and_then_the_users_error_first(personal_pool: Path, tmp_path: Path) -> None:
    script = tmp_path / "study.py"
    script.write_text(SCRIPT)
    sent, code = sent_to_a_terminal(str(script), HTMAP_DIR=os.fspath(htmap.settings["HTMAP_DIR"]), NO_COLOR="1")
    shown = sent.decode().replace("\r\n", "\n")
    assert code == 1
    assert re.search(r"\rstudy: +0%\|", shown)
    _, first, second = shown.split("Traceback (most recent call last):\n")
    assert first.startswith(f'  File "{script}", line 8, in inverse\n    return 1 / x\nZeroDivisionError: ')
    assert second.startswith(f'  File "{script}", line 13, in <module>\n    print(list(mapped))\n')
    assert len(re.findall(r'File ".*/htmap_core/', second)) == 1
