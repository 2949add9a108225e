"""Components that are added to a map: on disk, for readers, and after a crash."""

from __future__ import annotations

import contextlib
import itertools
import json
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import htmap
from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.diagnosis.usage import measured
from htmap_core.exceptions import BusyMap, CorruptMap, MadeByNewerHTMap, MapWasRemoved
from htmap_core.maps import recovery
from htmap_core.maps.map import engine_of
from htmap_core.storage import operations
from htmap_core.storage.content import formats
from htmap_core.storage.content.inputs import check_argument
from htmap_core.storage.creation import Creation
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.portions.growth import Growth
from htmap_core.storage.portions.growth_record import Added
from htmap_core.storage.record import MapRecord
from htmap_core.submission.submit import submit, submit_growth, submit_map

SUBMITTED = "000 (018.000.000) 2026-11-29 07:00:00 Job submitted from host: <127.0.0.1:9618>\n...\n"


def queue(cluster: int | None = None) -> Any:
    """A queue that takes a submission, or kills the process that asks it."""

    def taken(_: str) -> SimpleNamespace:
        if cluster is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return SimpleNamespace(cluster=cluster)

    return SimpleNamespace(submit=taken, remove=lambda *_: None)


@pytest.fixture
def made(htmap_dir: Path) -> MapDir:
    """Have a map of three components, which nobody has opened."""
    with Creation("tide", sizes=itertools.repeat(2)) as creation:
        for payload in (b"a", b"b", b"c"):
            creation.add_input(payload)
        creation.finish()
        pool = PoolAddress("personal", configuration=htmap_dir / "condor_config")
        record = MapRecord(3, 2, "assume", pool, {}, {}, created=1.5)
        submit_map(creation, record, {"universe": "vanilla"}, queue(17))
    return creation.map_dir


def grow(made: MapDir, payloads: list[bytes], into: Any = None, first: int = 3, die: bool = False) -> None:
    with Growth(MapDir(made.path), "tide", first, sizes=itertools.repeat(3)) as growth:
        for payload in payloads:
            growth.add_input(payload)
        growth.finish()
        growth.files.write_program(names.RUNTIME, b"archive")
        if die:
            os.kill(os.getpid(), signal.SIGKILL)
        submit_growth(
            growth, Added(first, growth.runs, {"request_cpus": "2"}), {"universe": "docker"}, into or queue(18)
        )


def stored(growth: Growth, *contents: bytes) -> list[Path]:
    return [growth.add_argument(content[:5].hex(), content) for content in contents]


def test_a_large_argument_that_the_map_has_is_on_disk_once_however_often_it_grows(made: MapDir) -> None:
    def with_arguments(number: int, *contents: bytes) -> list[Path]:
        first = 2 + number
        with Growth(MapDir(made.path), "tide", first) as growth:
            paths = stored(growth, *contents)
            growth.add_input(b"d")
            growth.finish()
            growth.files.write_program(names.RUNTIME, b"archive")
            submit_growth(growth, Added(first, growth.runs, {}), {}, queue(17 + number))
        return paths

    before = made.local_data
    (sea,) = with_arguments(1, b"sea..." * 2500)
    shore, same = with_arguments(2, b"shore" * 3000, b"sea..." * 2500)
    again = with_arguments(3, b"sea..." * 2500, b"shore" * 3000)
    assert ([same, shore], same == sea) == (again, True)
    assert 30_000 < made.local_data - before < 45_000
    for path in (sea, shore):
        check_argument(path)


def test_what_a_refused_growth_has_stored_is_gone_and_what_the_map_had_is_not(made: MapDir) -> None:
    with Growth(MapDir(made.path), "tide", 3) as growth:
        (sea,) = stored(growth, b"sea..." * 2500)
        growth.add_input(b"d")
        growth.finish()
        growth.files.write_program(names.RUNTIME, b"archive")
        submit_growth(growth, Added(3, growth.runs, {}), {}, queue(18))
    with contextlib.suppress(ZeroDivisionError), Growth(MapDir(made.path), "tide", 4) as growth:
        shore, same = stored(growth, b"shore" * 3000, b"sea..." * 2500)
        raise ZeroDivisionError
    assert (same == sea, sea.exists(), shore.exists()) == (True, True, False)


@pytest.mark.parametrize("left", [0, 10, 14_990])
def test_what_a_killed_process_has_left_of_an_argument_is_written_anew(made: MapDir, left: int) -> None:
    content = b"sea..." * 2500
    with contextlib.suppress(ZeroDivisionError), Growth(MapDir(made.path), "tide", 3) as growth:
        (path,) = stored(growth, content)
        whole = path.read_bytes()
        path.write_bytes(whole[:left])
        stored(growth, content)
        assert path.read_bytes() == whole
        raise ZeroDivisionError


def in_a_process_that_dies(what: Callable[..., None], *arguments: Any) -> None:
    process = multiprocessing.get_context("fork").Process(target=what, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def inputs_of(map_dir: MapDir) -> list[bytes]:
    return [block.payload(component) for component, block in map_dir.inputs()]


def files_of(map_dir: MapDir) -> set[str]:
    return {path.relative_to(map_dir.path).as_posix() for path in map_dir.path.rglob("*")}


def test_a_reader_who_has_the_map_open_sees_it_grow(made: MapDir) -> None:
    reader = htmap.load("tide")
    assert (len(reader), 3 in reader) == (3, False)
    grow(made, [b"d", b"e", b"f", b"g"])
    assert (len(reader), reader.components, 6 in reader) == (7, tuple(range(7)), True)
    assert len(reader.component_statuses) == 7
    assert sum(map(len, reader.components_by_status().values())) == 7


def test_what_was_added_has_its_own_jobs_inputs_and_description(made: MapDir) -> None:
    grow(made, [b"d", b"e", b"f", b"g"])
    grow(made, [b"h"], queue(19), first=7)
    found = MapDir(made.path)
    found.refresh()
    placement = found.placement
    jobs = [(job.submission, job.row) for job in map(placement.job_of, range(8))]
    assert jobs == [(0, 0), (0, 0), (0, 1), (1, 0), (1, 0), (1, 0), (1, 1), (2, 0)]
    assert [placement.components_of(job) for job in placement.jobs()] == [(0, 1), (2,), (3, 4, 5), (6,), (7,)]
    assert inputs_of(found) == [b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"]
    assert [found.input_block(component).parents[3].name for component in (3, 7)] == ["added", "added"]
    assert [found.files_of(number).read_submit()[0]["universe"] for number in (0, 1)] == ["vanilla", "docker"]
    assert placement.portion_of(6).options == {"request_cpus": "2"}
    found.check()


def test_components_of_each_portion_run_again_by_themselves(made: MapDir) -> None:
    grow(made, [b"d", b"e", b"f", b"g"])
    found = MapDir(made.path)
    found.refresh()
    found.write_items(2, [["4", "4,6", "block", "2/0/0"]])
    submit(found, 1, {}, (), queue(19))
    found.refresh()
    assert [found.placement.job_of(component) for component in (3, 4, 6)] == [Job(1, 0), Job(2, 0), Job(2, 0)]
    assert (found.placement.components, found.placement.portion_of(4).submission) == (7, 1)


def test_a_damaged_input_that_was_added_is_noticed(made: MapDir) -> None:
    grow(made, [b"d"])
    found = MapDir(made.path)
    found.refresh()
    block = found.input_block(3)
    block.write_bytes(block.read_bytes()[:-1])
    with pytest.raises(CorruptMap):
        inputs_of(found)


def test_a_map_that_is_gone_does_not_grow(made: MapDir) -> None:
    shutil.rmtree(made.path)
    with pytest.raises(MapWasRemoved):
        grow(made, [b"d"])
    assert not made.path.exists()


@pytest.mark.parametrize("length", [2, 4])
def test_a_map_of_another_length_than_was_looked_at_does_not_grow(made: MapDir, length: int) -> None:
    before = files_of(made)
    with pytest.raises(BusyMap):
        grow(made, [b"d"], first=length)
    assert (files_of(made), MapDir(made.path).submissions.all()) == (before, made.submissions.all())


@pytest.mark.parametrize("lines", [None, 0, 2])
def test_a_map_whose_ledger_lacks_entries_stays_as_it_is(made: MapDir, lines: int | None) -> None:
    grow(made, [b"d"])
    for number in (0, 1):
        result = made.path / names.OUTPUTS / f"{Job(number, 0).output}.result"
        result.parent.mkdir(parents=True)
        result.write_bytes(b"dear")
    ledger = made.path / names.SUBMISSIONS
    whole = ledger.read_bytes().splitlines(keepends=True)
    ledger.unlink() if lines is None else ledger.write_bytes(b"".join(whole[:lines]))
    before = files_of(made)
    acts: list[Callable[[], object]] = [lambda: grow(made, [b"e"]), MapDir(made.path).clear_unsubmitted]
    for act in acts:
        with pytest.raises(CorruptMap):
            act()
    assert files_of(made) == before


def test_nobody_else_adds_or_runs_again_meanwhile(made: MapDir) -> None:
    with Growth(made, "tide", 3), pytest.raises(BusyMap):
        grow(made, [b"d"])
    with operations.perform(names.RERUNNING, made, "tide"), pytest.raises(BusyMap):
        grow(made, [b"d"])


def test_what_fails_leaves_the_map_as_it_was(made: MapDir) -> None:
    before = files_of(made)

    def refuses(_: str) -> None:
        raise htmap.exceptions.CondorRefused("it rains")

    refusing = SimpleNamespace(submit=refuses, remove=lambda *_: None)
    with pytest.raises(htmap.exceptions.CondorRefused):
        grow(made, [b"d"], refusing)
    assert (files_of(made), len(htmap.load("tide"))) == (before | {"added"}, 3)
    grow(made, [b"d"])
    assert inputs_of(_fresh(made)) == [b"a", b"b", b"c", b"d"]


def _fresh(made: MapDir) -> MapDir:
    found = MapDir(made.path)
    found.refresh()
    return found


def test_what_was_not_submitted_is_undone_after_a_crash(made: MapDir) -> None:
    before = files_of(made)
    in_a_process_that_dies(lambda: grow(made, [b"d"], die=True))
    assert files_of(made) > before
    recovery.tidy()
    assert (files_of(made), len(htmap.load("tide"))) == (before | {"added"}, 3)
    assert list(operations.markers(made.root)) == []


def test_what_the_schedd_has_taken_counts_after_a_crash(made: MapDir) -> None:
    in_a_process_that_dies(grow, made, [b"d"], queue(None))
    assert len(htmap.load("tide")) == 3
    made.events.write_text(SUBMITTED)
    recovery.tidy()
    assert (len(htmap.load("tide")), inputs_of(_fresh(made))) == (4, [b"a", b"b", b"c", b"d"])
    assert list(operations.markers(made.root)) == []


def test_an_htmap_that_does_not_know_of_it_leaves_the_map_alone(made: MapDir, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(made, [b"d"])
    assert json.loads((made.path / names.SUBMISSIONS).read_text().splitlines()[-2])["needs"] == formats.GROWS
    monkeypatch.setattr(formats, "FORMAT", formats.JOBS_DIFFER)
    with pytest.raises(MadeByNewerHTMap):
        MapDir(made.path).refresh()


def test_links_to_files_that_were_added_are_shown_by_their_names(made: MapDir, tmp_path: Path) -> None:
    from htmap_core.storage.content.links import with_true_names

    link = made.path / "added" / "1" / "files" / "0" / "_htmap_file_0"
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "sea.txt")
    assert (
        with_true_names(made.path, f"no {made.path}/outputs/../added/1/files/0/_htmap_file_0")
        == f"no {tmp_path}/sea.txt"
    )


def test_what_a_map_has_used_is_looked_up_in_the_jobs_that_were_added_too(made: MapDir) -> None:
    grow(made, [b"d", b"e", b"f", b"g"])
    engine = engine_of(htmap.load("tide"))
    engine.poll()
    found = measured.measured(engine, most_jobs=100, most_calls=10)
    assert (found.jobs, found.of_jobs) == (4, 4)
    assert measured.measured(engine, most_jobs=2, most_calls=10).jobs == 2
