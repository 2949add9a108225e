"""What is large, anywhere in a function or in an argument, is on disk once for a map, whatever it grows by, and runs in jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.testing import using_htmap_dir

TIMEOUT = 180
MB = 1024 * 1024


def map_of(places: int, sea: Any, shore: Any) -> htmap.Map:
    def height(call: Any) -> Any:
        (place, given), more = call
        given["sea"][0] += 1  # of this component alone
        shore.append(place)  # as ever, what is around a function is that of the process
        return place, sum(given["sea"]), given["sea"] is more[0], len(shore[0])

    calls = []
    for place in range(places):
        mine = bytearray(sea)
        calls.append(((place, {"sea": mine}), [mine]))
    return htmap.map(height, calls, tag="waves", if_exists="resume", chunksize=2, quiet=True)


@pytest.fixture(scope="module")
def waves(module_pool: Path) -> Iterator[htmap.Map]:
    with using_htmap_dir(module_pool):
        map_of(2, bytes(MB), ["a" * MB]).wait(TIMEOUT)
        mapped = map_of(5, bytes(MB), ["a" * MB])
        mapped.wait(TIMEOUT)
        yield mapped
        mapped.remove()


def test_each_component_has_objects_of_its_own(waves: htmap.Map) -> None:
    assert list(waves) == [(place, 1, True, MB) for place in range(5)]


def test_a_map_that_has_grown_has_them_once_on_disk(waves: htmap.Map) -> None:
    assert [each.stat().st_size // MB for each in waves._map_dir.path.rglob("_htmap_argument_*")] == [1, 1]
    assert waves.local_data < 2.5 * MB
    assert [args[0][0][0] for args, _ in waves.iter_inputs()] == [*range(5)]


def test_they_are_sent_again_where_they_are_whole(waves: htmap.Map) -> None:
    waves.rerun([1, 4])
    waves.wait(TIMEOUT)
    assert [waves[1], waves[4]] == [(1, 1, True, MB), (4, 1, True, MB)]
    (text,) = [each for each in waves._map_dir.path.rglob("_htmap_argument_*") if b"aaaa" in each.read_bytes()]
    whole = text.read_bytes()
    text.write_bytes(whole[:-10])
    with pytest.raises(htmap.exceptions.CorruptMap):  # it is the function's
        waves.rerun([3])
    text.write_bytes(whole)
