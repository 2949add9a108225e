"""What starts the archive on the execute node belongs to the map once that is created."""

from __future__ import annotations

import sys
from pathlib import Path

import htmap
from htmap_core.plugins.calls import plugins

TIMEOUT = 180


def test_a_map_is_run_again_when_the_script_that_starts_it_is_gone(personal_pool: Path, tmp_path: Path) -> None:
    script = tmp_path / "start $HOME.sh"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    htmap.register_delivery_method("mine", lambda *_: {"executable": script})
    htmap.settings["DELIVERY_METHOD"] = "mine"
    try:
        mapped = htmap.map(str, [7])
    finally:
        del plugins._registered["mine"]
    assert mapped.get(0, timeout=TIMEOUT) == "7"
    script.unlink()
    mapped.rerun()
    assert mapped.get(0, timeout=TIMEOUT) == "7"
