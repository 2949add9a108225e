"""The power with which something grows is fitted, and file operations are counted where they happen."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.growth import fit, tables
from benchmarks.growth.fit import fitted
from tests.house.tree import ROOT

SIZES = (1_000, 10_000, 100_000)

COUNT = """
import json, os, shutil, sys
from pathlib import Path
from benchmarks.growth.slow_files import delayed
inside, outside = Path(sys.argv[1]), Path(sys.argv[2])
delays = delayed(inside, 0.001)
for folder in (inside, outside):
    (folder / "deep").mkdir()
    (folder / "deep" / "file").write_text("text")
    os.stat(folder / "deep" / "file")
    shutil.rmtree(folder / "deep")
print(json.dumps({**delays.counts, 'seconds': delays.seconds}))
"""


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_the_power_is_found_whatever_the_constant(power: float) -> None:
    found = fitted({size: 0.3 + size**power for size in SIZES}, constant=0.3)
    assert found.exponent == pytest.approx(power)
    assert found.error == pytest.approx(0, abs=1e-9)


def test_what_does_not_grow_has_no_power() -> None:
    found = fitted(dict.fromkeys(SIZES, 0.301), constant=0.3)
    assert (found.exponent, found.sizes) == (None, 0)


def test_the_last_decade_shows_what_the_whole_line_hides() -> None:
    found = fitted({1_000: 0.01, 10_000: 0.1, 100_000: 10.0})
    assert found.exponent == pytest.approx(1.5)
    assert found.last == pytest.approx(2)


def test_the_table_has_the_powers_over_a_map_of_one_component() -> None:
    values = {"create": {1: 0.3, 1_000: 0.31, 10_000: 0.4, 100_000: 1.3, 1_000_000: 10.3}}
    _, line = tables.growth(values)
    assert line[0] == "create"
    assert line[-2].startswith("1.00")


def test_the_table_leaves_empty_what_is_not_measured_of_the_largest_map() -> None:
    small = {1: 0.3, 1_000: 0.4, 10_000: 1.3}
    _, _, line = tables.growth({"create": {**small, 100_000: 10.3}, "remove": small})
    assert line[1:5] == ["300 ms", "400 ms", "1.3 s", ""]


def test_file_operations_are_counted_below_the_folder_alone(tmp_path: Path) -> None:
    folders = [tmp_path / "inside", tmp_path / "outside"]
    for each in folders:
        each.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", COUNT, *folders], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    counts = json.loads(done.stdout)
    assert {name: counts[name] for name in ("mkdir", "remove", "rmdir")} == {"mkdir": 1, "remove": 1, "rmdir": 1}
    assert counts["stat"] == 1
    assert counts.pop("seconds") >= 0.001 * sum(counts.values())


def test_examples_are_true() -> None:
    assert doctest.testmod(fit).failed == 0
