"""What a map gives back has the type that its function returns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from typing_extensions import assert_type

import htmap


def text(number: int) -> str:
    return str(number)


found = htmap.map(text, range(3), tag="texts")
assert_type(found, htmap.Map[str])
assert_type(found[0], str)
assert_type(found[-1], str)
assert_type(found[1:], list[str])
assert_type(found.get(0), str)
assert_type(found.get(0, timeout=60), str)
assert_type(list(found), list[str])
assert_type([*reversed(found)], list[str])
assert_type(found.iter(), Iterator[str])
assert_type(found.iter_as_available(), Iterator[str])
assert_type(next(found.iter_with_inputs())[1], str)
assert_type(next(found.iter_as_available_with_inputs())[1], str)
assert_type(dict(enumerate(found)), dict[int, str])

assert_type(found.results(), Iterator[str])
assert_type(found.results(errors="skip", unfinished="skip"), Iterator[str])
assert_type(list(found.results("return")), "list[str | htmap.ComponentError | htmap.ComponentHold]")
for each in found.results(errors="return", timeout=60):
    if isinstance(each, (htmap.ComponentError, htmap.ComponentHold)):
        print(f"no result: {each}")
    else:
        assert_type(each, str)

assert_type(found.wait(), None)
assert_type(found.inputs[0], tuple[tuple[Any, ...], dict[str, Any]])
assert_type(found.stdout[0], str)
assert_type(found.errors, dict[int, htmap.ComponentError])
assert_type(found.failed, tuple[int, ...])
assert_type(found.component_statuses, list[htmap.ComponentStatus])

# Indices are whatever lists take, such as numpy's integers.
assert_type(found[np.int64(1)], str)
assert_type(found.get(np.int64(1)), str)
assert_type(found.stdout[np.int64(1)], str)

# A map is a sequence of its results, which are read and never set.
texts: Sequence[str] = found
things: htmap.Map[object] = found
numbers: htmap.Map[float] = htmap.map(len, ["a", "bc"])
total: float = sum(numbers)

# What was loaded is of any type; an annotation says which.
assert_type(htmap.load("texts"), htmap.Map[Any])
loaded: htmap.Map[str] = htmap.load("texts")
assert_type(loaded[0], str)
assert_type([each.tag for each in htmap.load_maps()], list[str])


def longest(maps: list[htmap.Map]) -> htmap.Map:
    """`Map` alone is a map of anything, for strict checkers, too."""
    return max(maps, key=len)


assert_type(longest([found])[0], Any)
print(longest([found]).tag)
