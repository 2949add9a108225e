"""Bars in a notebook without widgets: text, and not a word about it."""

from __future__ import annotations

import subprocess
import sys

# What tqdm looks at to know that it is in a notebook.
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
from htmap_core.progress.bars import Place, place, progress_bar
assert place(asked=None) is Place.NOTEBOOK
with progress_bar(desc="tide", total=10, ascii=True) as bar:
    bar.update(10)
""")
    assert "tide: 100%|##########| 10/10 [" in ran.stderr
    assert "Warning" not in ran.stderr


def test_without_our_care_there_would_be_a_warning() -> None:
    assert "TqdmWarning" in run("import tqdm.auto").stderr
