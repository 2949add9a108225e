"""What is large in calls lies in files of its own, once for all calls that have it, and each call gets what it was given."""

from __future__ import annotations

import array
import functools
import gc
import importlib
import importlib.util
import pickle
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from htmap_core.contract.transfer_path import TransferPath
from htmap_core.exceptions import CannotPickle, CannotStore, CorruptMap
from htmap_core.results.pickling import Pickled, pickle_input
from htmap_core.storage.content.inputs import check_argument
from htmap_core.storage.creation import Creation
from htmap_core.submission.files.arguments import LARGE, Arguments, function_apart
from htmap_core.submission.files.parts import MOST, SMALLEST
from htmap_run import frames, pickling
from htmap_run.arguments import loads

TEXTS = [f"tide {number:200}" for number in range(LARGE // 200)]  # none of them is large


@pytest.fixture
def store(htmap_dir: Path) -> Any:
    del htmap_dir
    with Creation("tide") as creation:
        creation.add_input(b"")
        creation.finish()
        return creation


@pytest.fixture
def numpy() -> Any:
    return importlib.import_module("numpy") if importlib.util.find_spec("numpy") else pytest.skip("no numpy")


def one(arguments: Arguments, *args: Any) -> Pickled:
    """Return the pickle of a call with these arguments."""
    (pickled,) = arguments.pickled([(0, (args, {}))])
    return pickled


def stored(creation: Any) -> list[Path]:
    return sorted(creation.map_dir.path.rglob("_htmap_argument_*"))


def given_back(creation: Any, payload: bytes) -> Any:
    return loads(payload, lambda name: str(creation.map_dir.argument(name)))


def again(creation: Any, *args: Any) -> Any:
    """Return the arguments of a call as its component has them."""
    return given_back(creation, one(Arguments(creation.add_argument), *args).payload)[0]


def test_whoever_stores_what_is_large_is_not_kept_in_memory() -> None:
    gc.collect()
    gc.disable()  # what is in a cycle stays
    try:
        arguments = Arguments(lambda name, _: Path(name))
        one(arguments, [bytes(LARGE)])
        known = weakref.ref(arguments)
        del arguments
        assert known() is None
    finally:
        gc.enable()


def test_what_many_calls_have_is_stored_once(store: Any) -> None:
    arguments, sea = Arguments(store.add_argument), bytes(LARGE)
    pickled = list(arguments.pickled((place, ((sea, place), {"again": sea})) for place in range(3)))
    (path,) = stored(store)
    assert [[*each.arguments.values()] for each in pickled] == [[str(path)]] * 3
    assert max(len(each.payload) for each in pickled) < 500
    for place, each in enumerate(pickled):
        (args, kwargs) = given_back(store, each.payload)
        assert (args, kwargs) == ((sea, place), {"again": sea})
        assert args[0] is kwargs["again"]
    found = arguments.largest
    assert (found.parameter, found.component, found.calls) == (0, 0, 3)
    assert (found.total // LARGE, found.distinct // LARGE) == (3, 1)


class Tide:
    """An object with a large part."""

    def __init__(self, sea: Any) -> None:
        self.sea = sea

    def height(self, place: int) -> Any:
        return self.sea[place]


DEEP: list[Callable[[Any], Any]] = [
    lambda sea: [(len, (sea,), {})],
    lambda sea: functools.partial(sorted, sea),
    lambda sea: functools.partial(sorted, key=[sea, {"all": (sea, 1)}]),
    lambda sea: Tide(sea).height,
    lambda sea: lambda: sea,
    lambda sea: lambda given=sea: given,
]


@pytest.mark.parametrize("large", [bytes(LARGE), "a" * LARGE, bytearray(LARGE), TEXTS, dict.fromkeys(TEXTS, 1.5)])
@pytest.mark.parametrize("within", DEEP)
def test_what_lies_deep_in_an_object_is_stored_once(store: Any, within: Callable[[Any], Any], large: Any) -> None:
    pickled = list(Arguments(store.add_argument).pickled((n, ((within(large), Tide(n)), {})) for n in range(3)))
    assert len(stored(store)) == 1
    assert max(len(each.payload) for each in pickled) < 5000
    args, _ = given_back(store, pickled[2].payload)
    assert (type(args[0]), args[1].sea) == (type(within(large)), 2)


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_lie_apart_wherever_they_are_and_can_be_changed(store: Any, numpy: Any, order: str) -> None:
    sea = numpy.asarray(numpy.random.default_rng(1).random((512, 512)), order=order)
    fixed = sea + 1
    fixed.flags.writeable = False
    pickled = one(Arguments(store.add_argument), [(len, (sea, fixed), {"again": sea})], Tide(0))
    assert (len(stored(store)), len(pickled.payload) < 1000) == (2, True)
    ((_, (found, unchangeable), named),), _ = given_back(store, pickled.payload)[0]
    assert (found == sea).all()
    assert (unchangeable == fixed).all()
    assert found is named["again"]
    found += 1  # as in a plain pickle
    assert (found.flags.writeable, unchangeable.flags.writeable) == (True, False)
    assert given_back(store, pickled.payload)[0][0][0][1][0][0, 0] == sea[0, 0], "each call has its own"


def test_equal_objects_of_a_call_stay_several_and_one_that_occurs_twice_stays_one(store: Any, numpy: Any) -> None:
    for make in (lambda: bytearray(LARGE), lambda: [*TEXTS], lambda: numpy.zeros(LARGE)):
        first, second = make(), make()
        a, b, c = again(store, [first, 1, Tide(0)], [second, Tide(0)], {"x": first, "y": Tide(1)})
        assert a[0] is c["x"]
        assert a[0] is not b[0]
    assert len(stored(store)) == 3


def test_an_object_that_is_in_a_large_container_and_elsewhere_stays_one(store: Any) -> None:
    inner = ["shared"]
    large = [*TEXTS, inner]
    for given in ((large, [inner]), ([inner], large), ([large], {"x": [[*TEXTS, inner]]})):
        first, second = again(store, *given)
        found = [each for part in (first, second) for each in _lists_in(part) if each == inner]
        assert len({id(each) for each in found}) == 1


def _lists_in(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _lists_in(each)


def test_containers_of_plain_containers_lie_apart_as_a_whole(store: Any) -> None:
    rows = [{"place": place, "heights": [1.5, 2], "name": ("tide " * 8, place)} for place in range(LARGE // 32)]
    pickled = one(Arguments(store.add_argument), [rows, Tide(0)], Tide(1))
    assert (len(stored(store)), len(pickled.payload) < 500) == (1, True)
    assert given_back(store, pickled.payload)[0][0][0] == rows


def test_a_container_that_contains_itself_comes_back_so(store: Any) -> None:
    circle: list[Any] = [*TEXTS]
    circle.append(circle)
    (found, _) = again(store, circle, Tide(0))
    assert found[-1] is found


@pytest.mark.parametrize("row", [[0.5], (0.5,)])
def test_what_many_objects_have_is_looked_at_once(store: Any, row: Any) -> None:
    seas = type(row)(type(row)(row) for _ in range(2000))
    tides = [Tide((seas, f"{number:3000}")) for number in range(LARGE // 3000)]
    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        found, _ = again(store, tides, Tide(0))
    finally:
        sys.setprofile(None)
    assert found[0].sea[0] is found[-1].sea[0]
    assert calls < 1000 * len(tides), "4000 for each look"


@pytest.mark.parametrize("kind", [tuple, frozenset])
def test_what_occurs_again_and_again_is_looked_at_once(store: Any, kind: Any) -> None:
    deep: Any = kind()
    for _ in range(40):
        deep = (deep, deep)
    found, _, _ = again(store, deep, [deep, "b"], "a" * LARGE)
    for _ in range(40):
        assert found[0] is found[1]
        found = found[0]
    assert found == kind()


def test_what_differs_between_calls_does_not_part_what_they_have_in_common(store: Any) -> None:
    calls: list[Any] = [(n, (([TEXTS, "a" * (SMALLEST - 100), str(n)],), {})) for n in range(3)]
    list(Arguments(store.add_argument).pickled(calls))
    assert len(stored(store)) == 1


def test_many_parts_of_a_call_are_no_files_of_their_own(store: Any, numpy: Any) -> None:
    parts = [numpy.full(SMALLEST // 8, float(number)) for number in range(2 * MOST)]
    found, _ = again(store, parts, Tide(0))
    assert stored(store) == []
    assert all((a == b).all() for a, b in zip(found, parts))


def test_an_object_that_the_program_changes_between_two_calls_is_stored_as_it_was_at_each(store: Any) -> None:
    arguments, sea = Arguments(store.add_argument, pickle_input), bytearray(LARGE)

    def calls() -> Iterator[Any]:
        yield 0, ((sea,), {})
        sea[0] = 1
        yield 1, (([sea],), {})

    before, after = arguments.pickled(calls())
    assert given_back(store, before.payload)[0][0][0] == 0
    assert given_back(store, after.payload)[0][0][0][0] == 1
    assert len(stored(store)) == 2


def test_equal_objects_are_stored_once_and_are_objects_of_their_own_for_each_call(store: Any) -> None:
    arguments = Arguments(store.add_argument)
    one, two = arguments.pickled((each, ((list(range(LARGE // 3)), 1), {})) for each in range(2))
    assert len(stored(store)) == 1
    first, second = (given_back(store, each.payload)[0][0] for each in (one, two))
    assert (first == second, first is second) == (True, False)


def many_small() -> list[Tide]:
    """Return what is large by many objects alone."""
    return [Tide(f"{number:1000}") for number in range(LARGE // 1000)]


def test_an_argument_of_many_objects_lies_apart_as_a_whole(store: Any) -> None:
    given: dict[str, Any] = {"tides": many_small(), "sea": bytes(LARGE)}
    pickled = [*Arguments(store.add_argument).pickled((place, ((given, place), {})) for place in range(2))]
    assert (len(stored(store)), max(len(each.payload) for each in pickled) < 500) == (2, True)
    ((found, place), _) = given_back(store, pickled[1].payload)
    assert (place, found["tides"][-1].sea, found["sea"]) == (1, given["tides"][-1].sea, given["sea"])


@pytest.mark.parametrize("beside", [1, "a", None])
def test_the_only_large_argument_is_pickled_no_more_often_than_it_must_be(
    store: Any, beside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = []

    def dumped(value: Any, kind: Any, *more: Any) -> Any:
        kinds.append(kind)
        return of_run(value, kind, *more)

    of_run = pickling.dumped
    monkeypatch.setattr(pickling, "dumped", dumped)
    arguments = Arguments(store.add_argument)
    found = one(arguments, many_small(), beside)
    assert len(kinds) == 4, "as any, with parts apart, by itself, and what is left"
    assert arguments.largest.parameter == 0
    assert len(found.payload) < 1000


def test_arguments_of_many_objects_that_may_share_some_stay_together(store: Any) -> None:
    arguments, tide = Arguments(store.add_argument, pickle_input), [0]
    (a, b), _ = pickle.loads(one(arguments, [many_small(), tide], [tide]).payload)
    assert a[1] is b[0]
    assert (stored(store), arguments.largest.parameter, arguments.largest.bytes >= LARGE) == ([], 0, True)


@pytest.mark.parametrize("beside", [[0], {"x": [1]}])
@pytest.mark.parametrize("large", [bytes(LARGE), "a" * LARGE, bytearray(LARGE)])
def test_what_holds_no_objects_can_go_without_the_others(store: Any, large: Any, beside: Any) -> None:
    pickled = one(Arguments(store.add_argument, pickle_input), large, beside)
    assert (len(stored(store)), given_back(store, pickled.payload)) == (1, ((large, beside), {}))


@pytest.mark.parametrize("size", [3, LARGE])
def test_a_buffer_that_another_argument_holds_stays_one_with_it(store: Any, size: int) -> None:
    buffer = bytearray(size)
    for first, second in [(buffer, [bytes(LARGE), buffer]), ([bytes(LARGE), buffer], buffer)]:
        a, b = again(store, first, second)
        held, whole = (b[1], a) if isinstance(b, list) else (a[1], b)
        assert held is whole


def test_arrays_of_objects_have_their_texts_apart(store: Any, numpy: Any) -> None:
    given = numpy.array(TEXTS, dtype=object)
    found, _ = again(store, given, Tide(0))
    assert (found == given).all()
    assert len(stored(store)) == 1


@pytest.mark.parametrize(
    "value", [functools.partial(lambda x, y: (x, y), many_small()), [many_small(), TransferPath("a")]]
)
def test_code_and_files_stay_in_the_input_which_tells_of_them(store: Any, value: Any) -> None:
    pickled = one(Arguments(store.add_argument, pickle_input), value)
    assert pickled.by_value or pickled.sources
    assert (len(pickled.payload) >= LARGE, stored(store)) == (True, [])


def test_the_sources_and_code_of_what_is_beside_a_part_are_told(store: Any) -> None:
    sea = bytes(LARGE)
    pickled = one(Arguments(store.add_argument, pickle_input), [sea, TransferPath("/a")], lambda: sea)
    assert ([*pickled.sources], pickled.by_value, len(stored(store))) == (["/a"], True, 1)


def test_small_arguments_are_pickled_as_ever(store: Any) -> None:
    arguments = Arguments(store.add_argument, pickle_input)
    given = 1, array.array("d", [0.5])
    assert pickle.loads(one(arguments, *given).payload) == (given, {})
    assert (stored(store), arguments.largest.calls) == ([], 0)


def test_what_cannot_be_pickled_is_told_as_ever(store: Any) -> None:
    arguments = Arguments(store.add_argument)
    with pytest.raises(CannotPickle):
        one(arguments, pickle.PickleBuffer(bytearray(LARGE)), threading.Lock())
    assert pickle.loads(one(arguments, [1]).payload) == (([1],), {})
    assert arguments.largest.calls == 0


def test_a_disk_that_is_full_is_told_as_such(tmp_path: Path) -> None:
    def full(*_: Any) -> Path:
        raise CannotStore(str(tmp_path), "No space left on device")

    for call in ([bytes(LARGE)], many_small()):
        with pytest.raises(CannotStore):
            one(Arguments(full), call)


def test_what_is_large_around_a_function_goes_apart(store: Any) -> None:
    sea = bytearray(LARGE)
    function = function_apart(lambda: sea)
    ((name, content),) = function.parts.items()
    store.add_argument(name, content)
    assert (len(function.payload) < 1000, function.size > LARGE) == (True, True)
    assert given_back(store, function.payload)() == sea
    assert function_apart(lambda: 1).parts == {}


def test_a_damaged_argument_is_noticed_by_who_reads_it_and_before_it_is_sent_again_and_mended_by_who_has_it(
    store: Any,
) -> None:
    for large in (bytes(LARGE), bytearray(LARGE)):
        pickled = one(Arguments(store.add_argument, pickle_input), large)
        (path,) = stored(store)
        check_argument(path)
        content = path.read_bytes()
        path.write_bytes(content[:-1000] + b"x" + content[-999:])
        with pytest.raises(CorruptMap):
            check_argument(path)
        with pytest.raises(frames.CorruptFile):
            given_back(store, pickled.payload)
        one(Arguments(store.add_argument, pickle_input), large)
        check_argument(path)


def test_on_the_execute_side_it_is_in_the_scratch_directory(
    store: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pickled = one(Arguments(store.add_argument), TEXTS)
    (path,) = stored(store)
    path.rename(tmp_path / path.name)
    monkeypatch.setenv("HTMAP_OUTPUT_FILES", f"{tmp_path}/_htmap_return/files")
    assert loads(pickled.payload) == ((TEXTS,), {})
