"""The doctor's checks, without a pool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HARBOUR = """
from pathlib import Path
from htmap_core import Pool, hookimpl

class Harbour(Pool):
    name = "harbour"
    rank = 1000
    def find(self):
        with Path(__file__).with_name("asked").open("a") as asked:
            asked.write("once ")
    def advice(self):
        return "there is no water"

@hookimpl
def htmap_pools():
    return [Harbour()]
"""


def test_each_pool_is_asked_once(htmap_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "throwaway_harbour.py").write_text(HARBOUR)
    info = tmp_path / "htmap_harbour-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: htmap-harbour\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[htmap]\nharbour = throwaway_harbour\n")
    command = [sys.executable, "-m", "htmap", "doctor", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert (tmp_path / "asked").read_text() == "once "
    of_harbour = [each for each in json.loads(ran.stdout) if each["text"].startswith("harbour:")]
    assert of_harbour == [
        {"area": "pool", "verdict": "note", "text": "harbour: there is no water", "advice": ""},
    ]
