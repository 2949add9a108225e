"""What is hardly meant is told when a map is created, by one warning each, and what can never work is refused."""

from __future__ import annotations

import contextlib
import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap import MapOptions
from htmap.exceptions import (
    ArgumentsDoNotFit,
    DeliveryFitsNoSlot,
    LargeArguments,
    LargeFunction,
    ManyJobs,
    MappedMethod,
    SuspiciousMap,
    TooLargeInputFiles,
    TooLittleMemory,
    UnsentModules,
    UnsuitableDeliveryMethod,
)
from htmap_core.testing import using_htmap_dir
from htmap_core.testing.own_settings import settings_with

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("in_module_pool")]

TIMEOUT = 180
MB = 1024 * 1024
NEVER: dict[str, Any] = {"requirements": "false", "request_memory": "1GB"}  # no job starts


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder of modules that a script imports: a file and a package."""
    (tmp_path / "own_tides.py").write_text("class Tide:\n    height = 6\n")
    (tmp_path / "own_shores").mkdir()
    (tmp_path / "own_shores" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("own_tides", "own_shores"):
        sys.modules.pop(name, None)


def told(make: Callable[[], htmap.Map]) -> list[Warning]:
    """Return the warnings of HTMap when a map is made that cannot run; that no slot fits is none of them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make().remove()
    found = [each.message for each in caught if isinstance(each.message, Warning)]
    return [each for each in found if type(each) is not htmap.exceptions.NoSlotFits]


@contextlib.contextmanager
def stopping() -> Iterator[None]:
    """Have warnings about new maps be errors, but for the one that no slot can run those of these tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", SuspiciousMap)
        warnings.simplefilter("ignore", htmap.exceptions.NoSlotFits)
        yield


def made(func: Any, inputs: Any, **options: Any) -> Callable[[], htmap.Map]:
    return lambda: htmap.map(func, inputs, MapOptions(**{**NEVER, **options}))


def with_variable(size: int) -> Callable[[int], int]:
    sea = bytes(size)
    return lambda place: sea[place]


class Chart:
    @htmap.mapped(map_options=MapOptions(**NEVER))
    def depth(self, place: int) -> int:
        return place


def test_an_ordinary_map_is_told_nothing() -> None:
    assert told(made(lambda x: x, range(3))) == []


def test_a_large_function_is_told_with_the_variable_and_how_often_it_is_sent() -> None:
    (doubt,) = told(made(with_variable(6 * MB), range(3)))
    assert isinstance(doubt, LargeFunction)
    assert (doubt.jobs, doubt.bytes // MB, [size // MB for size in doubt.parts.values()]) == (3, 6, [6])


def test_large_arguments_are_told_with_the_name_of_the_parameter() -> None:
    sea = bytes(6 * MB)
    (doubt,) = told(
        lambda: htmap.starmap(lambda place, sea: sea[place], [(1, sea), (2, sea)], map_options=MapOptions(**NEVER))
    )
    assert isinstance(doubt, LargeArguments)
    assert (doubt.parameter, doubt.calls, doubt.jobs) == ("sea", 2, 2)
    assert (doubt.total // MB, doubt.distinct // MB) == (12, 6)


def test_too_small_requests_are_told(tmp_path: Path) -> None:
    with (tmp_path / "sea").open("wb") as file:
        file.truncate(3 * MB)
    options = {"request_memory": "2MB", "request_disk": ["1GB", "2MB"], "input_files": [[], tmp_path / "sea"]}
    doubts = told(made(lambda x: x, [1, bytes(3 * MB)], **options))
    assert [type(doubt) for doubt in doubts] == [TooLittleMemory, TooLargeInputFiles]
    assert [doubt.component for doubt in doubts] == [1, 1]  # type: ignore[attr-defined]
    assert [getattr(doubts[0], "request_memory", ""), getattr(doubts[1], "request_disk", "")] == ["2MB", "2MB"]


def test_a_package_beside_the_script_is_told(modules: Path) -> None:
    def inside(x: int) -> Any:
        import own_shores  # type: ignore[import-not-found]

        return own_shores, x

    (doubt,) = told(made(inside, [1]))
    assert isinstance(doubt, UnsentModules)
    assert doubt.places == {"own_shores": str(modules / "own_shores")}


def test_a_module_that_only_arguments_need_is_sent_or_told(modules: Path) -> None:
    tides: Any = importlib.import_module("own_tides")
    sent = htmap.plan(lambda tide: tide, [tides.Tide()], MapOptions(**NEVER))
    assert str(modules / "own_tides.py") in [each.what for each in sent.travels]
    htmap.settings["SEND_MODULES"] = False
    (doubt,) = told(made(lambda tide: tide, [tides.Tide()]))
    assert isinstance(doubt, UnsentModules)
    assert doubt.places == {"own_tides": str(modules / "own_tides.py")}


def test_a_mapped_method_is_told_and_works() -> None:
    (doubt,) = told(lambda: Chart().depth.map([1]))
    assert isinstance(doubt, MappedMethod)
    assert (doubt.function, doubt.owner) == ("Chart.depth", "Chart")


def test_many_jobs_of_one_component_are_told() -> None:
    def make(**options: Any) -> Callable[[], htmap.Map]:
        hold = MapOptions(hold=True, request_memory="128MB", **options)
        return lambda: htmap.map(lambda x: x, range(400), hold, chunksize=1)

    (doubt,) = told(make())
    assert isinstance(doubt, ManyJobs)
    assert doubt.jobs == 400 > 10 * doubt.slots
    assert told(make(expected_runtime="5min")) == []


def test_a_delivery_method_that_no_slot_suits_is_told_once() -> None:
    htmap.settings["DELIVERY_METHOD"] = "docker"
    (doubt,) = told(lambda: htmap.map(abs, [1], MapOptions(request_memory="128MB")))
    assert isinstance(doubt, UnsuitableDeliveryMethod)
    htmap.register_delivery_method("boat", lambda *_: {"executable": "/bin/sh", "requirements": "HasBoat"})
    htmap.settings["DELIVERY_METHOD"] = "boat"
    (doubt,) = told(lambda: htmap.map(abs, [1], MapOptions(request_memory="128MB")))
    assert isinstance(doubt, DeliveryFitsNoSlot)
    assert (doubt.method, list(doubt.demands.values()), doubt.others) == ("boat", [0], doubt.slots)


def test_settings_end_all_that() -> None:
    with settings_with({"TELL_MISTAKES": False}):
        assert told(made(with_variable(6 * MB), [1], request_memory="2MB")) == []
        assert told(lambda: Chart().depth.map([1])) == []


def test_a_program_that_stops_at_warnings_leaves_nothing_half_made(htmap_dir: Path) -> None:
    del htmap_dir
    before = htmap.get_tags()
    for kind, make in [
        (LargeFunction, made(with_variable(6 * MB), range(3))),
        (MappedMethod, lambda: Chart().depth.map([1])),
        (ArgumentsDoNotFit, made(lambda x, y: x + y, [1])),
        (ArgumentsDoNotFit, lambda: htmap.starmap(lambda x: x, [(1,), (1, 2)], map_options=MapOptions(**NEVER))),
    ]:
        with stopping(), pytest.raises(kind):
            make()
    assert htmap.get_tags() == before
    folders = [Path(str(htmap.settings["HTMAP_DIR"])) / name for name in ("maps", "creating", "tags")]
    assert [len(list(folder.iterdir())) for folder in folders] == [len(before), 0, len(before)]


# --- a map that runs: its components share jobs, their argument, and a module


@pytest.fixture(scope="module")
def waves(module_pool: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[htmap.Map]:
    folder = tmp_path_factory.mktemp("beside")
    (folder / "own_waves.py").write_text("def count(sea): return sum(map(len, sea))\n")
    sys.path.insert(0, str(folder))

    def waves(place: int, sea: Any) -> Any:
        import own_waves  # type: ignore[import-not-found]

        sea.append("mine")
        return place, own_waves.count(sea), len(sea)

    sea = ["a" * MB]
    with using_htmap_dir(module_pool):
        mapped = htmap.starmap(waves, [(place, sea) for place in range(4)], chunksize=2, tag="waves", quiet=True)
        mapped.wait(TIMEOUT)
        yield mapped
        mapped.remove()
    sys.path.remove(str(folder))


def test_each_component_has_an_object_of_its_own_and_the_module(waves: htmap.Map) -> None:
    assert list(waves) == [(place, MB + 4, 2) for place in range(4)]


def test_the_argument_is_on_disk_once_and_the_inputs_are_as_given(waves: htmap.Map) -> None:
    assert len(list(waves._map_dir.path.rglob("_htmap_argument_*"))) == 1
    assert list(waves.iter_inputs()) == [((place, ["a" * MB]), {}) for place in range(4)]


def test_the_argument_is_sent_again_where_it_is_whole_and_damage_is_told(waves: htmap.Map) -> None:
    waves.rerun([3])
    waves.wait(TIMEOUT)
    assert waves[3] == (3, MB + 4, 2)
    (path,) = waves._map_dir.path.rglob("_htmap_argument_*")
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(htmap.exceptions.CorruptMap):
        waves.rerun([3])
