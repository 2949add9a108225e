"""Large arguments lie in files of their own, once for all calls that have them, and each call gets what it was given."""

from __future__ import annotations

import array
import functools
import importlib
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from htmap_core.contract.transfer_path import TransferPath
from htmap_core.exceptions import CorruptMap
from htmap_core.results.pickling import Pickled, pickle_input
from htmap_core.storage.content.inputs import check_argument
from htmap_core.storage.creation import Creation
from htmap_core.submission.files.arguments import LARGE, Arguments
from htmap_run import frames
from htmap_run.arguments import argument, lying_in


@pytest.fixture
def store(htmap_dir: Path) -> Any:
    del htmap_dir
    with Creation("tide") as creation:
        creation.add_input(b"")
        creation.finish()
        return creation


def one(arguments: Arguments, *args: Any) -> Pickled:
    """Return the pickle of a call with these arguments."""
    (pickled,) = arguments.pickled([(0, (args, {}))])
    return pickled


def stored(creation: Any) -> list[Path]:
    return sorted(creation.map_dir.arguments.rglob("_htmap_argument_*"))


def given_back(creation: Any, payload: bytes) -> Any:
    with lying_in(str(creation.map_dir.arguments)):
        return pickle.loads(payload)


def test_what_many_calls_have_is_stored_once(store: Any) -> None:
    arguments, sea = Arguments(store.add_argument), bytes(LARGE)
    pickled = list(arguments.pickled((place, ((sea, place), {"again": sea})) for place in range(3)))
    (path,) = stored(store)
    assert [each.arguments for each in pickled] == [[str(path)]] * 3
    assert max(len(each.payload) for each in pickled) < 500
    for place, each in enumerate(pickled):
        (args, kwargs) = given_back(store, each.payload)
        assert (args, kwargs) == ((sea, place), {"again": sea})
        assert args[0] is kwargs["again"]
    found = arguments.largest
    assert (found.parameter, found.component, found.calls) == (0, 0, 3)
    assert (found.total // LARGE, found.distinct // LARGE) == (3, 1)


def test_an_object_that_the_program_changes_between_two_calls_is_stored_as_it_was_at_each(store: Any) -> None:
    arguments, sea = Arguments(store.add_argument, pickle_input), bytearray(LARGE)

    def calls() -> Iterator[Any]:
        yield 0, ((sea,), {})
        sea[0] = 1
        yield 1, ((sea,), {})

    before, after = arguments.pickled(calls())
    assert [given_back(store, each.payload)[0][0][0] for each in (before, after)] == [0, 1]
    assert len(stored(store)) == 2


def test_equal_objects_are_stored_once_and_are_objects_of_their_own_for_each_call(store: Any) -> None:
    arguments = Arguments(store.add_argument)
    one, two = arguments.pickled((each, ((list(range(LARGE)), 1), {})) for each in range(2))
    assert len(stored(store)) == 1
    first, second = (given_back(store, each.payload)[0][0] for each in (one, two))
    assert (first == second, first is second) == (True, False)


def test_arguments_that_may_share_objects_stay_together(store: Any) -> None:
    arguments, tide = Arguments(store.add_argument, pickle_input), [0]
    (a, b), _ = pickle.loads(one(arguments, [bytes(LARGE), tide], [tide]).payload)
    assert a[1] is b[0]
    assert (stored(store), arguments.largest.parameter, arguments.largest.bytes >= LARGE) == ([], None, True)


@pytest.mark.parametrize("beside", [[0], {"x": [1]}])
@pytest.mark.parametrize("large", [bytes(LARGE), "a" * LARGE, bytearray(LARGE)])
def test_what_holds_no_objects_can_go_without_the_others(store: Any, large: Any, beside: Any) -> None:
    pickled = one(Arguments(store.add_argument, pickle_input), large, beside)
    assert (len(stored(store)), given_back(store, pickled.payload)) == (1, ((large, beside), {}))


@pytest.mark.parametrize("size", [3, LARGE])
def test_a_buffer_that_another_argument_holds_stays_with_it(store: Any, size: int) -> None:
    buffer = bytearray(size)
    for first, second in [(buffer, [bytes(LARGE), buffer]), ([bytes(LARGE), buffer], buffer)]:
        (a, b), _ = given_back(store, one(Arguments(store.add_argument), first, second).payload)
        held, whole = (b[1], a) if isinstance(b, list) else (a[1], b)
        assert held is whole
    assert stored(store) == []


def test_arrays_of_numbers_are_such_and_arrays_of_objects_are_not(store: Any) -> None:
    numpy = importlib.import_module("numpy") if importlib.util.find_spec("numpy") else pytest.skip("no numpy")
    arguments = Arguments(store.add_argument, pickle_input)
    one(arguments, numpy.zeros(LARGE), [0])
    assert len(stored(store)) == 1
    one(arguments, numpy.array([bytes(LARGE), [0]], dtype=object), [0])
    assert len(stored(store)) == 1


@pytest.mark.parametrize(
    "value", [functools.partial(lambda x, y: (x, y), bytes(LARGE)), [bytes(LARGE), TransferPath("a")]]
)
def test_code_and_files_stay_in_the_input_which_tells_of_them(store: Any, value: Any) -> None:
    pickled = one(Arguments(store.add_argument, pickle_input), value)
    assert pickled.by_value or pickled.sources
    assert (len(pickled.payload) >= LARGE, stored(store)) == (True, [])


def test_small_arguments_are_pickled_as_ever(store: Any) -> None:
    arguments = Arguments(store.add_argument, pickle_input)
    given = 1, array.array("d", [0.5])
    assert pickle.loads(one(arguments, *given).payload) == (given, {})
    assert (stored(store), arguments.largest.calls) == ([], 0)


def test_a_damaged_argument_is_noticed_by_who_reads_it_and_before_it_is_sent_again(store: Any) -> None:
    pickled = one(Arguments(store.add_argument, pickle_input), bytes(LARGE))
    (path,) = stored(store)
    check_argument(path)
    content = path.read_bytes()
    path.write_bytes(content[:-1000] + b"x" + content[-999:])
    with pytest.raises(CorruptMap):
        check_argument(path)
    with pytest.raises(frames.CorruptFile):
        given_back(store, pickled.payload)


def test_on_the_execute_side_it_is_in_the_scratch_directory(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place, path = store.add_argument(pickle.dumps([1, 2]))
    monkeypatch.setenv("HTMAP_OUTPUT_FILES", f"{path.parent}/_htmap_return/files")
    assert argument(place) == [1, 2]
