"""Progress bars, where a notebook has no widgets: text, and not a word about it."""

from __future__ import annotations

import subprocess
import sys

# What tqdm looks at to know that it is in a notebook; ipykernel itself, which has it there, brings a hundred megabytes.
NOTEBOOK = """
import sys, types
shell = type("ZMQInteractiveShell", (), {"config": {"IPKernelApp": {}}})()
sys.modules["IPython"] = types.ModuleType("IPython")
sys.modules["IPython"].get_ipython = lambda: shell
sys.modules["ipykernel.zmqshell"] = types.ModuleType("ipykernel.zmqshell")
sys.modules["ipywidgets"] = None
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "always", "-c", NOTEBOOK + program]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)


def test_a_notebook_without_widgets_shows_text_and_no_warning() -> None:
    ran = run("""
from htmap_core.settings.waiting import component_bar
with component_bar("tide", 10, show=True) as bar:
    bar.update(10)
""")
    assert "tide: 100%|##########| 10/10 [" in ran.stderr
    assert "Warning" not in ran.stderr


def test_without_our_care_there_would_be_a_warning() -> None:
    assert "TqdmWarning" in run("import tqdm.auto").stderr
