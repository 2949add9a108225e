"""How long calls of a function took in earlier maps is known to later ones, also when those are gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.maps import earlier_runs
from htmap_core.maps.earlier_runs import FUNCTION, EarlierRuns
from htmap_core.storage.content import durations
from htmap_core.storage.content.durations import Durations
from htmap_core.storage.creation import Creation
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.portions.growth import Growth
from htmap_core.storage.portions.growth_record import Added
from htmap_core.storage.record import MapRecord
from htmap_core.submission.chunking.choice import Calls
from htmap_core.submission.submit import submit_growth, submit_map
from htmap_run import frames
from tests.returned import HOST, RUNTIME, Error

SIZES = [1, 4, 2, 2, 1]


def doubled(x: int) -> int:
    return 2 * x


def tripled(x: int) -> int:
    return 3 * x


def made(function: Callable[..., Any]) -> MapDir:
    """Make a map over a function with jobs of different sizes."""
    runs = EarlierRuns(function)
    with Creation(None, sizes=SIZES) as creation:
        for _ in range(sum(SIZES)):
            creation.add_input(b"")
        creation.finish()
        chunking = {FUNCTION: runs.function}
        address = PoolAddress("personal")
        record = MapRecord(10, 4, "assume", address, {}, {}, 1.5, sizes=creation.runs, chunking=chunking)
        queue: Any = SimpleNamespace(submit=lambda _: SimpleNamespace(cluster=1))
        submit_map(creation, record, {}, queue)
    runs.add(creation.map_dir.id)
    return creation.map_dir


def end(map_dir: MapDir, row: int, seconds: float, kind: bytes = frames.RESULT, first: float = 0.0) -> None:
    """Write the results of a job whose calls took so many seconds each, the first one so many more."""
    path = map_dir.path / f"outputs/0/0/{row}.result"
    path.parent.mkdir(parents=True, exist_ok=True)
    with frames.Writer(path) as writer:
        writer.add(frames.RUN, record={"host": HOST, "runtime": RUNTIME})
        for component in map_dir.placement.portions[0].components_of(row):
            error = {} if kind == frames.RESULT else {"error": Error().facts}
            writer.add(kind, component, {"start": 100.0, "end": 100.0 + seconds + first, "memory_mb": 1, **error})
            first = 0.0


def seconds_of(function: Callable[..., Any]) -> float | None:
    calls = EarlierRuns(function).calls()
    return None if calls is None else calls.seconds


@pytest.fixture(autouse=True)
def root(htmap_dir: Path) -> Path:
    return htmap_dir


def test_nothing_is_known_of_a_function_without_earlier_runs() -> None:
    assert seconds_of(doubled) is None
    made(doubled)
    assert seconds_of(doubled) is None


def test_what_jobs_have_returned_so_far_tells_how_long_calls_take() -> None:
    map_dir = made(doubled)
    end(map_dir, 1, 2.0)
    assert seconds_of(doubled) == pytest.approx(2.0)
    end(map_dir, 0, 7.0)
    assert seconds_of(doubled) == pytest.approx((7 + 4 * 2) / 5)
    assert seconds_of(tripled) is None


def test_the_first_call_of_a_job_does_not_count_because_modules_are_loaded_for_it() -> None:
    map_dir = made(doubled)
    end(map_dir, 1, 2.0, first=10.0)
    assert seconds_of(doubled) == pytest.approx(2.0)
    end(map_dir, 0, 2.0, first=10.0)
    assert seconds_of(doubled) == pytest.approx((12 + 4 * 2) / 5)


def test_first_calls_of_jobs_may_have_loaded_what_others_find_also_of_a_map_that_is_removed() -> None:
    map_dir = made(doubled)
    end(map_dir, 0, 25.0)
    assert EarlierRuns(doubled).calls() == Calls(25.0, with_loading=True)
    earlier_runs.keep(map_dir)
    (map_dir.path / "outputs/0/0/0.result").unlink()
    assert EarlierRuns(doubled).calls() == Calls(25.0, with_loading=True)
    end(made(doubled), 1, 25.0)
    assert EarlierRuns(doubled).calls() == Calls(25.0)


def test_the_latest_map_that_tells_anything_counts() -> None:
    for seconds in (1.0, 2.0):
        end(made(doubled), 0, seconds)
    made(doubled)
    assert seconds_of(doubled) == pytest.approx(2.0)


def test_a_map_that_is_removed_leaves_how_long_its_calls_took(root: Path) -> None:
    map_dir = made(doubled)
    end(map_dir, 0, 3.0)
    earlier_runs.keep(map_dir)
    assert durations.read(root, str(EarlierRuns(doubled).function)) == Durations(3.0, with_loading=True)
    (map_dir.path / "outputs/0/0/0.result").unlink()
    assert seconds_of(doubled) == pytest.approx(3.0)


def test_errors_and_damage_tell_nothing() -> None:
    map_dir = made(doubled)
    end(map_dir, 0, 3.0, frames.ERROR)
    (map_dir.path / "outputs/0/0/1.result").write_bytes(b"damage")
    assert seconds_of(doubled) is None
    (map_dir.path / "map.json").write_text("{}")
    assert seconds_of(doubled) is None
    earlier_runs.keep(MapDir(map_dir.path))


def test_a_function_that_cannot_be_compared_is_not_remembered(root: Path, tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:

        def writing(x: int) -> None:
            file.write(str(x))

        map_dir = made(writing)
        end(map_dir, 0, 3.0)
        assert seconds_of(writing) is None
    assert not (root / "durations").exists()


def test_damage_to_what_was_written_down_is_as_if_nothing_was(root: Path) -> None:
    durations.write(root, "f" * 32, Durations(1.5, ("id",)))
    assert durations.read(root, "f" * 32) == Durations(1.5, ("id",))
    path = root / "durations" / ("f" * 32)
    path.write_bytes(path.read_bytes().replace(b"1.5", b"9.5"))
    assert durations.read(root, "f" * 32) == Durations()


def test_functions_that_were_not_asked_about_for_longest_are_forgotten(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durations, "MOST", 3)
    for number in range(5):
        durations.write(root, str(number), Durations(float(number)))
    assert len(list((root / "durations").iterdir())) == 3
    assert durations.read(root, "4") == Durations(4.0)


def test_what_cannot_be_written_down_is_no_error(root: Path) -> None:
    root.mkdir()
    (root / "durations").write_text("in the way")
    map_dir = made(doubled)
    assert attrs.asdict(map_dir.record)["chunking"] == {FUNCTION: EarlierRuns(doubled).function}


def grown(map_dir: MapDir, function: Callable[..., Any]) -> None:
    """Add a component that calls another function to a map."""
    runs = EarlierRuns(function)
    queue: Any = SimpleNamespace(submit=lambda _: SimpleNamespace(cluster=2))
    with Growth(MapDir(map_dir.path), "tide", 10) as growth:
        growth.add_input(b"")
        growth.finish()
        growth.files.write_program(names.RUNTIME, b"archive")
        submit_growth(growth, Added(10, growth.runs, {}, chunking={FUNCTION: runs.function}), {}, queue)
    runs.add(map_dir.id)
    path = map_dir.path / "outputs/1/0/0.result"
    path.parent.mkdir(parents=True)
    with frames.Writer(path) as writer:
        writer.add(frames.RUN, record={"host": HOST, "runtime": RUNTIME})
        writer.add(frames.RESULT, 10, {"start": 100.0, "end": 107.0, "memory_mb": 1})


def test_each_function_of_a_map_tells_of_its_own_calls_also_when_the_map_is_removed() -> None:
    map_dir = made(doubled)
    end(map_dir, 1, 2.0)
    grown(map_dir, tripled)
    for _ in range(2):
        assert [seconds_of(doubled), seconds_of(tripled)] == pytest.approx([2.0, 7.0])
        earlier_runs.keep(MapDir(map_dir.path))
        for path in map_dir.path.glob("outputs/*/0/*.result"):
            path.unlink()


def test_only_the_latest_portions_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier_runs, "_PORTIONS", 1)
    map_dir = made(doubled)
    end(map_dir, 1, 2.0)
    grown(map_dir, doubled)
    assert seconds_of(doubled) == pytest.approx(7.0)
