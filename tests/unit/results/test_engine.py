"""Components, as whatever is made of the engine sees them."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from htmap.exceptions import ComponentNotFound, ExpectedError, MapComponentRemoved, MapWasRemoved, OutputNotFound
from htmap.exceptions import TimeoutError as PatienceEnded
from htmap_core.components import ComponentStatus
from htmap_core.results.engine import Engine
from htmap_core.results.errors import ComponentError
from htmap_core.tracking import source
from tests.unit.conftest import MakeMap
from tests.unit.fixed_states import FULL, FixedStates

IDLE, HELD, COMPLETED, ERRORED, REMOVED = (
    ComponentStatus(name) for name in ("IDLE", "HELD", "COMPLETED", "ERRORED", "REMOVED")
)

NewEngine = Callable[..., Engine]


@pytest.fixture
def new_engine(make_map: MakeMap, monkeypatch: pytest.MonkeyPatch) -> NewEngine:
    """Return what gives the engine of a map, of which the looks tell; component 0 has returned ``"first"``."""

    def new_engine(*looks: list[ComponentStatus]) -> Engine:
        map_dir = make_map("tide", len(looks[0]), {0: "first"})
        monkeypatch.setattr(source, "of", lambda _: FixedStates([looks[0], *looks]))
        return Engine("tide", map_dir, lambda: None, lambda _: math.inf)

    return new_engine


class Two:
    """As numpy's integers: no int."""

    def __index__(self) -> int:
        return 2


@pytest.mark.parametrize("component", [-1, 2, Two()])
def test_an_index_is_counted_from_the_front(new_engine: NewEngine, component: Any) -> None:
    assert new_engine([IDLE] * 3).from_front(component) == 2


@pytest.mark.parametrize("component", [3, -4])
def test_a_component_that_the_map_does_not_have_is_refused(new_engine: NewEngine, component: int) -> None:
    with pytest.raises(ComponentNotFound) as caught:
        new_engine([IDLE] * 3).from_front(component)
    assert (caught.value.tag, caught.value.component, caught.value.count) == ("tide", component, 3)


def test_what_came_of_components_is_a_value_a_hold_or_an_error(new_engine: NewEngine) -> None:
    first, held, failed = new_engine([COMPLETED, HELD, ERRORED]).outcomes(timeout=60)
    assert (first.ok, first.value, first.status) == (True, "first", COMPLETED)
    assert (held.ok, held.error, held.status) == (False, FULL, HELD)
    assert isinstance(failed.error, ComponentError)
    assert (failed.component, failed.status) == (2, ERRORED)


def test_a_result_that_is_not_there_yet_is_not_waited_for(new_engine: NewEngine) -> None:
    with pytest.raises(OutputNotFound):
        new_engine([IDLE]).result_now(0)


def test_no_error_is_found_where_there_is_a_result(new_engine: NewEngine) -> None:
    with pytest.raises(ExpectedError):
        new_engine([COMPLETED]).error(0, timeout=60)


def test_a_component_whose_job_was_removed_has_no_result(new_engine: NewEngine) -> None:
    with pytest.raises(MapComponentRemoved):
        new_engine([REMOVED]).result(0, timeout=60)


def test_errors_are_those_of_components_without_a_result_also_where_all_seemed_well(new_engine: NewEngine) -> None:
    engine = new_engine([COMPLETED, COMPLETED, REMOVED, IDLE])
    assert [error.component for error in engine.errors_so_far()] == [1, 2]


def test_a_timeout_names_what_was_waited_for(new_engine: NewEngine) -> None:
    engine = new_engine([IDLE, IDLE])
    waits: list[tuple[int | None, Callable[[], Any]]] = [
        (None, lambda: list(engine.watch(timeout=0))),
        (1, lambda: engine.await_component(1, timeout=0)),
    ]
    for component, wait in waits:
        with pytest.raises(PatienceEnded) as caught:
            wait()
        assert (caught.value.tag, caught.value.component) == ("tide", component)


def test_a_map_that_is_removed_is_not_waited_for_any_longer(new_engine: NewEngine) -> None:
    engine = new_engine([IDLE])
    looks: Iterator[Any] = engine.watch(timeout=60)
    next(looks)
    shutil.rmtree(engine.map_dir.path)
    with pytest.raises(MapWasRemoved):
        next(looks)
