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
OF_THE_KERNEL = """
Kernels = type("OutStream", (type(sys.stdout),), {"__module__": "ipykernel.iostream"})
sys.stdout = Kernels(sys.stdout.buffer, write_through=True)
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "always", "-c", NOTEBOOK + program]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)


def test_a_notebook_without_widgets_shows_text_and_no_warning() -> None:
    ran = run(f"""{OF_THE_KERNEL}
from htmap_core.progress.bars import Place, place, progress_bar
assert place(asked=None) is Place.NOTEBOOK
with progress_bar(desc="tide", total=10, ascii=True) as bar:
    bar.update(10)
""")
    assert "tide: 100%|##########| 10/10 [" in ran.stdout
    assert ran.stderr == ""  # it would be in red


def test_what_a_program_keeps_of_its_output_has_no_bar() -> None:
    ran = run("""
import contextlib, io
from htmap_core.progress.bars import progress_bar
with contextlib.redirect_stdout(io.StringIO()) as kept, progress_bar(desc="tide", total=10) as bar:
    bar.update(10)
assert kept.getvalue() == ""
""")
    assert "tide: 100%" in ran.stderr


def test_a_bar_of_text_is_away_before_the_program_prints() -> None:
    ran = run(f"""{OF_THE_KERNEL}
from collections import Counter
from htmap_core.components import ComponentStatus
from htmap_core.progress.line import Line
from htmap_core.progress.pace import Pace
counts = lambda: Counter({{ComponentStatus.RUNNING: 2}})
with Line("tide", counts, 2, {{ComponentStatus.COMPLETED}}, Pace(1), asked=True) as line:
    line.look()
    line.hide()
    print("a result")
""")
    assert "tide:" in ran.stdout
    assert "a result" in ran.stdout.splitlines()  # behind the carriage return that ends the blanks


def test_without_our_care_there_would_be_a_warning() -> None:
    assert "TqdmWarning" in run("import tqdm.auto").stderr
