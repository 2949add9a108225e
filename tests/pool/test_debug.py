"""A component of a map in the pool is debugged on this machine, with the inputs and files that it had there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import htmap
from tests.terminals import sent_to_a_terminal

pytestmark = pytest.mark.pool

TIMEOUT = 180


def test_a_component_has_the_files_that_it_had_in_the_pool(personal_pool: Path, tmp_path: Path) -> None:
    for name, text in {"tide.txt": "12", "scale.txt": "100"}.items():
        (tmp_path / name).write_text(text)

    def measure(path: Path, divisor: int) -> float:
        for name in ("TMPDIR", "TMP", "TEMP", "_CONDOR_SCRATCH_DIR"):
            assert os.path.samefile(os.environ[name], os.curdir)
        height = int(path.read_text()) * int(Path("scale.txt").read_text()) + int(os.environ["OFFSET"])
        return height / divisor

    options = htmap.MapOptions(
        chunksize=2, fixed_input_files=[tmp_path / "scale.txt"], environment={"OFFSET": 1}, max_retries=0
    )
    given = htmap.TransferPath(tmp_path / "tide.txt")
    measured = htmap.starmap(measure, [(given, 2), (given, 0)], map_options=options, tag="tide", quiet=True)
    measured.wait(TIMEOUT, errors_ok=True)
    sent, code = sent_to_a_terminal("-m", "htmap", "debug", "tide", "1", keys="p height * 1000\nq\n")
    assert b"\r\n1201000\r\n" in sent
    assert code == 0
    assert measured[0] == 1201 / 2
    assert "ZeroDivisionError" in measured.get_err(1).exception_msg
