"""A script with classes of its own that is run twice: the second time it loads the map of the first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.pool

SCRIPT = """
import dataclasses, enum, warnings
import htmap

warnings.simplefilter("error")

class Colour(enum.Enum):
    RED = 1
@dataclasses.dataclass
class Point:
    x: int
    colour: Colour
class TooFar(Exception):
    def __init__(self, point, limit):
        super().__init__(point, limit)
        self.point = point
def moved(point):
    if point.x > 1:
        raise TooFar(point, 1)
    return Point(point.x + 1, point.colour)

tag = "points"
if tag in htmap.get_tags():
    points = htmap.load(tag)
else:
    points = htmap.map(moved, [Point(each, Colour.RED) for each in range(3)], tag=tag, chunksize=3)
points.wait(180, errors_ok=True)

assert points.get(0) == Point(1, Colour.RED)
assert {each.value.colour for each in points.outcomes() if each.ok} == {Colour.RED}
assert points.index(Point(2, Colour.RED)) == 1
assert [args for args, _ in points.iter_inputs()] == [(Point(each, Colour.RED),) for each in range(3)]
error = points.get_err(2).exception
assert isinstance(error, TooFar) and error.point == Point(2, Colour.RED)
try:
    points.get(2)
except htmap.exceptions.MapComponentError as problem:
    assert isinstance(problem.__cause__, TooFar)
"""


def test_results_inputs_and_errors_are_of_the_classes_of_the_script(personal_pool: Path, tmp_path: Path) -> None:
    script = tmp_path / "study.py"
    script.write_text(SCRIPT)
    for turn in ("that maps", "that loads"):
        ran = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=240)
        assert ran.returncode == 0, (turn, ran.stderr)
