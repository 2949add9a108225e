"""Generic classes of the public API at run time, with any Python."""

from __future__ import annotations

import pickle
from typing import Any, Optional, get_args

import pytest

import htmap

OF_RESULT = [htmap.Map, htmap.Outcome]
OF_FUNCTION = [htmap.MappedFunction, htmap.MapBuilder]


@pytest.mark.parametrize("cls", OF_RESULT)
def test_what_has_a_result_can_be_subscripted_with_its_type(cls: Any) -> None:
    assert get_args(cls[int]) == (int,)
    assert get_args(Optional[cls[int]]) == (cls[int], type(None))


@pytest.mark.parametrize("cls", OF_FUNCTION)
def test_what_has_a_function_can_be_subscripted_with_its_types(cls: Any) -> None:
    given = cls[[int, str], float]
    assert get_args(given)[-1] is float
    assert get_args(Optional[given]) == (given, type(None))
    assert get_args(cls[..., float])[-1] is float


def test_a_subscripted_class_makes_what_the_class_makes() -> None:
    double: Any = htmap.MappedFunction[[int], int](lambda x: 2 * x)
    assert type(double) is htmap.MappedFunction
    assert double(21) == 42


def test_an_outcome_that_is_sent_elsewhere_is_the_same_there() -> None:
    outcome = htmap.Outcome[int](3, htmap.ComponentStatus.COMPLETED, 42)
    assert pickle.loads(pickle.dumps(outcome)) == outcome
