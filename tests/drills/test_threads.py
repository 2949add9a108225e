"""Threads that share a map: what one does is seen by the others, and nobody gets another's value or an internal error."""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap.exceptions import BusyMap, CannotRerunComponents, MapWasRemoved, OutputNotFound
from htmap_core.testing import eventually
from tests.drills.frame import Drill
from tests.threads import at_once, switching_often

pytestmark = [pytest.mark.pool, pytest.mark.timeout(3600)]

COMPONENTS = 24
THREADS = 4

# What may be told of a component that another thread runs again, or of a map that it removes. Internal errors are none of these.
TOLD = (OutputNotFound, MapWasRemoved, FileNotFoundError)

Read = Callable[[htmap.Map, int], bool]


def a_function() -> Callable[[int], list[int]]:
    def many(x: int) -> list[int]:
        print(f"component {x}")
        if x % 7 == 3:
            raise ValueError(f"not {x}")
        return [x] * 20_000

    return many


def is_right(found: Any, x: int) -> bool:
    return bool(found[:2] == [x, x] and len(found) == 20_000)


def result(mapped: htmap.Map, x: int) -> bool:
    if x % 7 != 3:
        return is_right(mapped.get(x, timeout=120), x)
    with pytest.raises(htmap.exceptions.MapComponentError, match=f"not {x}"):
        mapped.get(x, timeout=120)
    return True


def result_now(mapped: htmap.Map, x: int) -> bool:
    return x % 7 == 3 or is_right(mapped[x], x)


def error(mapped: htmap.Map, x: int) -> bool:
    return x % 7 != 3 or mapped.get_err(x, timeout=120).exception_msg == f"ValueError: not {x}"


def output(mapped: htmap.Map, x: int) -> bool:
    return f"component {x}\n" in mapped.stdout.get(x, timeout=120)


def given(mapped: htmap.Map, x: int) -> bool:
    return next(itertools.islice(mapped.iter_inputs(), x, None)) == ((x,), {})


def outcomes(mapped: htmap.Map, _: int) -> bool:
    found = {each.component: each for each in mapped.outcomes(timeout=120)}
    return len(found) == COMPONENTS and all(
        "not" in str(each.error) if x % 7 == 3 else is_right(each.value, x) for x, each in found.items()
    )


def by_future(mapped: htmap.Map, x: int) -> bool:
    (future,) = mapped.futures([x])
    if x % 7 != 3:
        return is_right(future.result(timeout=120), x)
    error = future.exception(timeout=120)
    if isinstance(error, TOLD):
        raise error
    return repr(error) == repr(ValueError(f"not {x}"))


def in_a_loop(mapped: htmap.Map, _: int) -> bool:
    async def look() -> list[htmap.Outcome]:
        return [outcome async for outcome in mapped.outcomes(timeout=120)]

    return sorted(each.component for each in asyncio.run(look())) == list(range(COMPONENTS))


def iteration(mapped: htmap.Map, _: int) -> bool:
    return all(is_right(found, x) for x, found in enumerate(itertools.islice(mapped, 3)))


def wait(mapped: htmap.Map, _: int) -> bool:
    mapped.wait(timeout=120, errors_ok=True)
    return True


def status(mapped: htmap.Map, _: int) -> bool:
    ended = {"COMPLETED", "ERRORED", "IDLE", "RUNNING"}
    return set(mapped.component_statuses) <= ended and len(mapped.status()) > 0 and not mapped.holds


# How often each is done among some hundred reads.
READING: dict[Read, int] = {
    result: 60,
    result_now: 15,
    error: 6,
    output: 5,
    given: 4,
    status: 6,
    wait: 2,
    iteration: 1,
    outcomes: 1,
    by_future: 6,
    in_a_loop: 1,
}


class Readers:
    """Threads that read a map until they have done their reads; what they met that is not right."""

    def __init__(self, tag: str, reads: int) -> None:
        self.met: Counter[str] = Counter()
        self._left = itertools.count(reads, -1)
        self._threads = [threading.Thread(target=self._read, args=(tag, seed)) for seed in range(THREADS)]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()

    @property
    def are_reading(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _read(self, tag: str, seed: int) -> None:
        mapped, chance = htmap.load(tag), random.Random(seed)
        while next(self._left) > 0:
            read = chance.choices(list(READING), list(READING.values()))[0]
            try:
                self.met["right" if read(mapped, chance.randrange(COMPONENTS)) else f"WRONG {read.__name__}"] += 1
            except TOLD as told:
                self.met[type(told).__name__] += 1
            except BaseException as problem:
                *_, last = traceback.extract_tb(problem.__traceback__)
                self.met[f"{read.__name__}: {problem!r:.300} at {last.filename}:{last.lineno}"] += 1


@pytest.fixture(autouse=True)
def _switch_often() -> Iterator[None]:
    with switching_often():
        yield


@pytest.fixture
def mapped(personal_pool: object) -> htmap.Map:
    mapped = htmap.map(a_function(), range(COMPONENTS), chunksize=2, tag="shared", quiet=True)
    mapped.wait(timeout=240, errors_ok=True)
    return mapped


def test_each_thread_reads_what_it_asked_for(drill: Drill, mapped: htmap.Map) -> None:
    reads = drill.count(full=60_000, short=3_000)
    with drill.trying("nothing else is done", times=reads):
        with Readers(mapped.tag, reads) as readers:
            pass
        assert readers.met == {"right": reads}


def test_while_components_run_again_each_thread_reads_the_old_or_the_new_result(
    drill: Drill, mapped: htmap.Map
) -> None:
    again, reads = 0, drill.count(full=20_000, short=1_000)
    with drill.trying("components run again", times=reads):
        with Readers(mapped.tag, reads) as readers:
            while readers.are_reading:
                chosen = random.Random(again).sample(range(COMPONENTS), 5)
                mapped.rerun(chosen)
                again += 1
                mapped.wait(timeout=240, errors_ok=True)
        allowed = {"right", *(told.__name__ for told in TOLD)} - {"MapWasRemoved"}
        assert not readers.met.keys() - allowed, readers.met
        assert readers.met["right"] > reads // 2
        assert again


def test_when_the_map_is_removed_each_thread_is_told_so(drill: Drill, mapped: htmap.Map) -> None:
    reads = drill.count(full=30_000, short=3_000)
    with drill.trying("the map is removed", times=reads):
        with Readers(mapped.tag, reads) as readers:
            eventually(lambda: readers.met["right"] > reads // 3, says="all threads are at work")
            mapped.remove()
        assert not readers.met.keys() - {"right", "MapWasRemoved"}, readers.met
        assert readers.met["MapWasRemoved"]
        assert not mapped._map_dir.path.exists()


def test_of_threads_that_run_components_again_at_once_one_does(mapped: htmap.Map) -> None:
    found = at_once(*[lambda: mapped.rerun([0, 1])] * THREADS)
    assert found.count(None) == 1
    assert all(each is None or isinstance(each, (BusyMap, CannotRerunComponents)) for each in found)
    assert is_right(mapped.get(1, timeout=240), 1)
    assert [submission.number for submission in mapped._map_dir.submissions.all()] == [0, 1]


def test_of_threads_that_make_a_map_with_the_same_tag_at_once_one_does(personal_pool: object) -> None:
    found = at_once(*[lambda: htmap.map(str, [1], tag="mine", quiet=True)] * THREADS)
    made = [each for each in found if isinstance(each, htmap.Map)]
    others = [each for each in found if isinstance(each, htmap.exceptions.TagAlreadyExists)]
    assert (len(made), len(others)) == (1, THREADS - 1)
    assert made[0].get(0, timeout=240) == "1"


def test_threads_that_remove_a_map_at_once_leave_nothing(personal_pool: object) -> None:
    mapped = htmap.map(str, [1], map_options=htmap.MapOptions(requirements="false"), quiet=True)
    found = at_once(*[mapped.remove] * THREADS)
    assert None in found
    assert all(each is None or isinstance(each, MapWasRemoved) for each in found)
    assert htmap.get_tags() == ()
    assert not mapped._map_dir.path.exists()


def test_threads_make_maps_with_files_of_their_own_at_once(personal_pool: Path) -> None:
    def makes(number: int) -> Callable[[], htmap.Map]:
        path = personal_pool / f"file-{number}"
        path.write_text(str(number))
        return lambda: htmap.map(
            lambda file: file.read_text(), [htmap.TransferPath(path)] * 3, tag=f"map-{number}", quiet=True
        )

    for number, made in enumerate(at_once(*[makes(number) for number in range(THREADS)])):
        assert list(made.iter(timeout=240)) == [str(number)] * 3
