"""Maps and what they have for each component are sequences: indices, slices, and what is neither."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import htmap
from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.storage.mapdir import MapDir
from htmap_core.tracking import source
from tests.returned import write_results
from tests.unit.damage import create
from tests.unit.fixed_states import FixedStates
from tests.unit.maps.conftest import Load

COMPLETED, RUNNING, ERRORED = (ComponentStatus(name) for name in ("COMPLETED", "RUNNING", "ERRORED"))

SEQUENCES: dict[str, Callable[[htmap.Map], Sequence[Any]]] = {
    "results": lambda tide: tide,
    "inputs": lambda tide: tide.inputs,
    "stdout": lambda tide: tide.stdout,
    "stderr": lambda tide: tide.stderr,
    "output_files": lambda tide: tide.output_files,
}
SLICES = [np.s_[1:3], np.s_[:], np.s_[-2:], np.s_[::2], np.s_[::-1], np.s_[3:1], np.s_[2:100], np.s_[np.int64(1) :]]


@pytest.fixture
def tide(htmap_dir: Path, monkeypatch: pytest.MonkeyPatch) -> htmap.Map:
    """Return a map of four components, each of which has its number as its input, and has returned ten times of it."""
    made = create("tide", 4, lambda number: pickle.dumps(((number,), {})))
    made.refresh()
    for number in range(4):
        write_results(path_of(made, number), {number: 10 * number}, stdout={number: f"tide {number}"})
    monkeypatch.setattr(source, "of", lambda _: FixedStates([[COMPLETED] * 4]))
    return htmap.load("tide")


def path_of(made: MapDir, component: int) -> Path:
    return made.path / names.OUTPUTS / f"{made.placement.job_of(component).output}.result"


@pytest.mark.parametrize("of", SEQUENCES.values(), ids=SEQUENCES)
@pytest.mark.parametrize("chosen", SLICES, ids=str)
def test_a_slice_is_a_list_of_the_same_items(tide: htmap.Map, of: Callable[..., Any], chosen: slice) -> None:
    sequence = of(tide)
    assert sequence[chosen] == [sequence[number] for number in range(4)][chosen]
    assert type(sequence[chosen]) is list


@pytest.mark.parametrize("of", SEQUENCES.values(), ids=SEQUENCES)
def test_every_sequence_of_a_map_counts_from_both_ends(tide: htmap.Map, of: Callable[..., Any]) -> None:
    sequence = of(tide)
    assert isinstance(sequence, Sequence)
    assert sequence[-1] == sequence[3] == sequence[np.int8(3)] == sequence[np.uint64(3)] == list(sequence)[3]
    assert list(reversed(sequence)) == list(sequence)[::-1]
    assert (len(sequence), 3 in sequence, np.int64(3) in sequence, 4 in sequence) == (4, True, True, False)


@pytest.mark.parametrize("of", SEQUENCES.values(), ids=SEQUENCES)
@pytest.mark.parametrize("index", [4, -5, 10**20, np.int64(4)])
def test_an_index_that_is_not_there_is_an_index_error(tide: htmap.Map, of: Callable[..., Any], index: Any) -> None:
    with pytest.raises(htmap.exceptions.ComponentNotFound) as caught:
        of(tide)[index]
    assert isinstance(caught.value, IndexError)
    assert (caught.value.component, caught.value.count) == (index, 4)


NO_INDICES = [True, np.True_, 1.0, np.float64(1), "1", None, ..., [1], (0, 1), np.array([0, 1]), b"1"]


@pytest.mark.parametrize("of", SEQUENCES.values(), ids=SEQUENCES)
@pytest.mark.parametrize("index", NO_INDICES, ids=repr)
def test_what_is_no_index_is_refused_with_its_value(tide: htmap.Map, of: Callable[..., Any], index: Any) -> None:
    with pytest.raises(TypeError) as caught:
        of(tide)[index]
    assert repr(index) in str(caught.value)


@pytest.mark.parametrize("index", [True, np.True_, 1.0, "1", None, [1]], ids=repr)
def test_what_is_no_index_is_in_no_map(tide: htmap.Map, index: Any) -> None:
    assert (index in tide, index in tide.stdout) == (False, False)


@pytest.mark.parametrize("of", SEQUENCES.values(), ids=SEQUENCES)
def test_slices_are_wrong_as_those_of_lists_are(tide: htmap.Map, of: Callable[..., Any]) -> None:
    with pytest.raises(ValueError):
        of(tide)[::0]
    with pytest.raises(TypeError):
        of(tide)["a":]


def test_a_slice_of_results_does_not_wait(load: Load) -> None:
    tide = load([COMPLETED, RUNNING, COMPLETED])
    assert (tide[::2], tide[1:1]) == ([0, 20], [])
    with pytest.raises(htmap.exceptions.OutputNotFound) as caught:
        tide[:]
    assert caught.value.component == 1


def test_a_slice_with_a_component_that_failed_raises_its_error(load: Load) -> None:
    tide = load([COMPLETED, ERRORED])
    with pytest.raises(htmap.exceptions.MapComponentError) as caught:
        tide[:]
    assert caught.value.component == 1


def test_backwards_is_waited_for_as_forwards_is(load: Load) -> None:
    tide = load([COMPLETED, RUNNING], [COMPLETED, COMPLETED])
    assert list(reversed(tide)) == [10, 0]


def test_a_slice_has_the_result_of_a_component_that_another_process_has_run_again(tide: htmap.Map) -> None:
    assert tide[:] == [0, 10, 20, 30]
    other = MapDir(tide._map_dir.path)
    other.write_items(2, [("3", "3", "0/_htmap_inputs_0", "2/0/0")])
    other.submissions.taken(other.intend(1, late=False, held=False), 20)
    other.refresh()
    write_results(path_of(other, 3), {3: "again"})
    assert tide[3:] == ["again"]
