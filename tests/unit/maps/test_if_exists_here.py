"""Maps that run on this machine, where a map has their tag already."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core import names
from htmap_core.exceptions import MapDiffers, TagAlreadyExists
from htmap_core.maps.resuming.comparing import Comparison
from htmap_core.results.unpickling.payloads import CannotUnpickle
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.files.arguments import LARGE
from htmap_core.user_warnings import LeftAsTheyAre, OtherPlace
from htmap_run import frames

PLACES = ["here", "processes"]


@pytest.fixture(autouse=True)
def in_own_htmap_dir(htmap_dir: Path) -> None:
    """No pool is there."""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Return a folder for what calls leave."""
    path = tmp_path / "calls"
    path.mkdir()
    return path


def counting(folder: Path) -> Callable[[int], float]:
    """Return a function that leaves a file for each of its calls."""

    def share(people: int) -> float:
        (folder / f"{people}-{len(list(folder.iterdir()))}").touch()
        return 12 / people

    return share


@pytest.mark.parametrize("where", PLACES)
def test_a_script_that_runs_again_gets_its_trial_back_and_nothing_runs_twice(calls: Path, where: str) -> None:
    share = counting(calls)
    first = htmap.map(share, [3, 4], tag="cake", where=where, if_exists="resume")
    again = htmap.map(share, iter([3, 4]), tag="cake", where=where, if_exists="resume")
    assert again._map_dir.id == first._map_dir.id
    assert list(again) == [4, 3]
    assert len(list(calls.iterdir())) == 2


def test_a_map_of_another_place_is_given_back_with_a_warning(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share = counting(calls)
    first = htmap.map(share, [3], tag="cake", where="here", if_exists="resume")
    with pytest.warns(OtherPlace) as told:
        again = htmap.map(share, [3], tag="cake", if_exists="resume")  # there is no pool, and none is asked
    assert again._map_dir.id == first._map_dir.id
    assert [each.message.is_here for each in told if isinstance(each.message, OtherPlace)] == [True]


def test_what_has_failed_stays_so_and_is_named(calls: Path) -> None:
    share = counting(calls)
    htmap.map(share, [3, 0], tag="cake", where="here", if_exists="resume")
    with pytest.warns(LeftAsTheyAre) as told:
        htmap.map(share, [3, 0], tag="cake", where="here", if_exists="resume")
    assert [each.message.failed for each in told if isinstance(each.message, LeftAsTheyAre)] == [(1,)]
    assert len(list(calls.iterdir())) == 2


@pytest.mark.parametrize(
    ("inputs", "what"), [([3, 4, 6], "more"), ([3], "fewer"), ([4, 3], "order"), ([3, 6], "inputs")]
)
def test_a_difference_is_told_and_nothing_runs_or_changes(calls: Path, inputs: list[int], what: str) -> None:
    share = counting(calls)
    first = htmap.map(share, [3, 4], tag="cake", where="here", if_exists="resume")
    with pytest.raises(MapDiffers) as caught:
        htmap.map(share, inputs, tag="cake", where="here", if_exists="resume")
    assert caught.value.what == what
    assert list(htmap.load("cake")) == [4, 3]
    assert first.exists
    assert len(list(calls.iterdir())) == 2


def test_another_function_differs() -> None:
    htmap.map(lambda x: x + 1, [3], tag="cake", where="here", if_exists="resume")
    with pytest.raises(MapDiffers) as caught:
        htmap.map(lambda x: x + 2, [3], tag="cake", where="here", if_exists="resume")
    assert caught.value.what == "function"


_SCRIPT = """
STEP = 1

def stepped(x, scale=2):
    return x * scale + STEP

def moved(offset):
    return lambda x: stepped(x) + offset
"""


@pytest.mark.parametrize("changed", ["STEP", "scale", "offset"])
def test_what_has_changed_beside_the_source_is_named(changed: str) -> None:
    script: dict[str, Any] = {"__name__": "__main__"}
    exec(_SCRIPT, script)
    htmap.map(script["moved"](10), [3], tag="cake", where="here", if_exists="resume")
    script["STEP"] += changed == "STEP"
    script["stepped"].__defaults__ = (7 if changed == "scale" else 2,)
    with pytest.raises(MapDiffers) as caught:
        htmap.map(script["moved"](10 + (changed == "offset")), [3], tag="cake", where="here", if_exists="resume")
    assert [name for name in ("STEP", "scale", "offset") if name in caught.value.detail] == [changed]


@pytest.mark.parametrize("where", PLACES)
def test_one_that_takes_the_place_of_another_leaves_one(htmap_dir: Path, where: str) -> None:
    first = htmap.map(lambda x: x + 1, [3], tag="cake", where=where)
    second = htmap.map(lambda x: x + 2, [3, 4], tag="cake", where=where, if_exists="replace")
    assert not first.exists
    assert list(second) == list(htmap.load("cake")) == [5, 6]
    assert [path.name for path in (htmap_dir / names.MAPS).iterdir()] == [second._map_dir.id]


def test_one_that_cannot_be_made_leaves_the_other() -> None:
    first = htmap.map(lambda x: x + 1, [3], tag="cake", where="here")
    with pytest.raises(ZeroDivisionError):
        htmap.map(lambda x: x, (1 / x for x in (1, 0)), tag="cake", where="here", if_exists="replace")
    assert list(htmap.load("cake")) == list(first) == [4]


def test_load_looks_at_nothing() -> None:
    first = htmap.map(lambda x: x + 1, [3], tag="cake", where="here")

    def never() -> Iterator[int]:
        pytest.fail("an input was asked for")
        yield

    found = htmap.map(abs, never(), tag="cake", where="here", if_exists="load")
    assert found._map_dir.id == first._map_dir.id


def test_by_default_it_is_an_error(calls: Path) -> None:
    share = counting(calls)
    htmap.map(share, [3], tag="cake", where="here")
    with pytest.raises(TagAlreadyExists):
        htmap.map(share, [3], tag="cake", where="here")
    assert len(list(calls.iterdir())) == 1


class TestLargeArguments:
    """Those that lie in files of their own."""

    @pytest.fixture
    def made(self) -> htmap.Map:
        return self.again(0, 1)

    @staticmethod
    def again(*seas: int) -> htmap.Map:
        inputs = [([sea] * LARGE, "low") for sea in seas]
        return htmap.starmap(lambda sea, _: sea[-1], inputs, tag="tide", where="here", if_exists="resume")

    def test_equal_ones_are_told_by_their_pickles(self, made: htmap.Map, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Comparison, "_difference", lambda *_: pytest.fail("they are taken apart, which takes long"))
        assert self.again(0, 1)._map_dir.id == made._map_dir.id

    @pytest.mark.parametrize(("seas", "what"), [((1, 0), "order"), ((0, 2), "inputs"), ((0, 1, 1), "more")])
    def test_others_differ(self, made: htmap.Map, seas: tuple[int, ...], what: str) -> None:
        with pytest.raises(MapDiffers) as caught:
            self.again(*seas)
        assert caught.value.what == what

    def test_a_damaged_one_is_told_by_who_reads_it_and_makes_no_other_map(self, made: htmap.Map) -> None:
        for path in made._map_dir.path.rglob("_htmap_argument_*"):
            path.write_bytes(b"nothing")
        assert self.again(0, 1)._map_dir.id == made._map_dir.id
        with pytest.raises(CannotUnpickle):
            list(made.iter_inputs())

    def test_those_of_an_earlier_version_are_told_by_their_fingerprints(self, made: htmap.Map) -> None:
        self.as_by_earlier_version(made._map_dir)
        assert [args for args, _ in made.iter_inputs()] == [([sea] * LARGE, "low") for sea in (0, 1)]
        assert self.again(0, 1)._map_dir.id == made._map_dir.id
        with pytest.raises(MapDiffers):
            self.again(0, 2)

    @staticmethod
    def as_by_earlier_version(map_dir: MapDir) -> None:
        """Have the inputs name their large arguments as HTMap did once: by a path, and by a function that unpickles it."""
        block = map_dir.input_block(0)
        block.unlink()
        with frames.Writer(block) as writer:
            for component, path in enumerate(sorted(map_dir.path.rglob("_htmap_argument_*"), key=os.path.getctime)):
                place = f"0/_htmap_argument_{component}"
                (map_dir.path / "arguments" / "0").mkdir(exist_ok=True)
                path.rename(map_dir.path / "arguments" / place)
                named = f"chtmap_run.arguments\nargument\n(V{place}\ntR"
                writer.add(frames.INPUT, component, payload=f"(({named}Vlow\nt}}t.".encode())
