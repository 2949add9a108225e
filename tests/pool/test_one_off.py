"""A map that was made with a one-off plugin remembers it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import htmap
from htmap.exceptions import PluginIsOff

pytestmark = pytest.mark.pool

RULES = """
from pathlib import Path
from htmap_core import hookimpl

@hookimpl
def htmap_rewrite_submit(submit): submit.set_default("+Project", '"tides"')

@hookimpl
def htmap_setup_credentials(submit, plan):
    with Path(__file__).with_suffix(".asked").open("a") as asked:
        asked.write(f"{plan.tag}\\n")
"""
PROGRAM = """
import htmap
tide = htmap.map(abs, [-1], tag="tide")
print(list(tide.iter(timeout=120)), tide.submit_file().count("Project"))
"""


def test_components_run_again_with_the_plugin_that_lay_beside_the_script(personal_pool: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "htmap_plugins.py").write_text(RULES)
    (project / "tide.py").write_text(PROGRAM)
    made = subprocess.run(
        [sys.executable, project / "tide.py"], capture_output=True, text=True, timeout=300, check=False
    )
    assert made.stdout == "[1] 1\n", made.stderr
    again = subprocess.run(
        [sys.executable, "-m", "htmap", "rerun", "map", "tide"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (again.returncode, again.stderr) == (0, "")
    assert (project / "htmap_plugins.asked").read_text() == "tide\ntide\n"
    tide = htmap.load("tide")
    tide.wait(timeout=120)
    (project / "htmap_plugins.py").rename(project / "gone.py")
    with pytest.warns(PluginIsOff) as caught:
        tide.rerun()
    assert [each.message.plugin for each in caught if isinstance(each.message, PluginIsOff)] == [
        str(project / "htmap_plugins.py")
    ]
    assert list(tide.iter(timeout=120)) == [1]
