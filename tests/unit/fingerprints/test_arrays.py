"""Arrays count by their content, whatever lies in memory between it."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from htmap_core.fingerprints.fingerprint import Fingerprint, Fingerprints

numpy: Any = pytest.importorskip("numpy")

SIX = numpy.arange(6)
FIELDS = [("a", "i4"), ("b", "f8")]
MIXED = numpy.array([[1, "a"], [None, {"k"}]], dtype=object)
MASKED = numpy.ma.array([1, 2, 3], mask=[0, 1, 0])


def of(value: Any) -> Fingerprint:
    return Fingerprints(abs).of_input((value,), {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SIX, SIX + 1),
        (SIX, SIX.astype("i4")),
        (SIX, SIX.astype(">i8")),
        (SIX.reshape(2, 3), SIX.reshape(3, 2)),
        (SIX.reshape(2, 3), numpy.asfortranarray(SIX.reshape(2, 3))),
        (numpy.empty((0, 3)), numpy.empty((3, 0))),
        (numpy.array(3), numpy.int64(3)),
        (numpy.float32(1), numpy.float64(1)),
        (numpy.array([0.0]), numpy.array([-0.0])),
        (numpy.array(["2020-01-01"], dtype="M8[D]"), numpy.array(["2020-01-01"], dtype="M8[s]")),
        (numpy.zeros(2, FIELDS), numpy.zeros(2, [("a", "i4"), ("c", "f8")])),
        (numpy.zeros(2, FIELDS), numpy.rec.array(numpy.zeros(2, FIELDS))),
        (MIXED, numpy.array([[1, "a"], [None, {"l"}]], dtype=object)),
        (MIXED, numpy.asfortranarray(MIXED)),
        (MASKED, numpy.ma.array([1, 2, 3], mask=[1, 0, 0])),
        (numpy.sin, numpy.cos),
        (numpy.random.default_rng(1), numpy.random.default_rng(2)),
        (numpy.zeros(100_000), numpy.ones(100_000)),
        (numpy.zeros(100_000), numpy.zeros(100_000, "i8")),
    ],
)
def test_what_a_function_can_tell_apart_differs(one: Any, other: Any) -> None:
    found = of(one), of(other)
    assert found[0].digest != found[1].digest
    assert found[0].incomparable == found[1].incomparable == ()


@pytest.mark.parametrize("size", [6, 100_000])
def test_the_strides_of_a_view_do_not_count(size: int) -> None:
    array = numpy.arange(2 * size)
    assert of(array[::2]) == of(numpy.arange(0, 2 * size, 2))
    assert of(array[::-1]) == of(array[::-1].copy())
    grid = array.reshape(2, size)
    assert of(grid.T) == of(numpy.asfortranarray(grid.T.copy()))


@pytest.mark.parametrize("made", [MIXED, MASKED, numpy.zeros(2, FIELDS), numpy.arange(3).astype("M8[D]")])
def test_a_copy_is_equal(made: Any) -> None:
    assert of(made) == of(made.copy())


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_large_array_is_not_copied(order: Any) -> None:
    array = numpy.zeros((1000, 5000), order=order)
    tracemalloc.start()
    try:
        of(array)
        assert tracemalloc.get_traced_memory()[1] < array.nbytes / 10
    finally:
        tracemalloc.stop()
