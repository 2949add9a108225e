"""What users see of the way through HTMap where a component has no result: a line or two."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest

import htmap
from htmap_core.components import ComponentStatus
from htmap_core.exceptions import OutputNotFound
from tests.unit.maps.conftest import Load


@pytest.fixture
def tide(load: Load) -> htmap.Map:
    return load([ComponentStatus.IDLE, ComponentStatus.REMOVED, ComponentStatus.HELD])


def raised(ask: Callable[[], Any]) -> BaseException:
    with pytest.raises(BaseException) as caught:
        ask()
    return caught.value


ASKS: dict[str, Callable[[htmap.Map], Any]] = {
    "no result yet": lambda tide: tide[0],
    "removed": lambda tide: tide[1],
    "held": lambda tide: tide[2],
    "not there": lambda tide: tide[7],
    "get": lambda tide: tide.get(1),
    "a timeout": lambda tide: tide.get(0, timeout=0),
    "wait": lambda tide: tide.wait(),
    "as available": lambda tide: list(tide.iter_as_available()),
}


@pytest.mark.parametrize("name", ASKS)
def test_errors_of_components_have_a_line_or_two_of_ours(name: str, tide: htmap.Map) -> None:
    error = raised(lambda: ASKS[name](tide))
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [each for each in files if "/htmap_core/" in each]
    assert files[: -len(ours)][-1] == __file__
    assert len(ours) <= 2


def test_bugs_keep_all_of_theirs(tide: htmap.Map) -> None:
    error = raised(lambda: tide.get("a"))  # type: ignore[arg-type]
    assert isinstance(error, TypeError)
    assert len(list(traceback.walk_tb(error.__traceback__))) > 4


def test_what_ipython_shows_has_none(tide: htmap.Map) -> None:
    error = raised(lambda: tide[0])
    assert isinstance(error, OutputNotFound)
    told = error._render_traceback_()
    assert not any("htmap_core/" in line for line in told)
    assert any("tide" in line for line in told)
