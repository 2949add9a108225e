"""Two processes do something with one map at the same time: each does it or is told why not, and nothing dangles afterwards."""

from __future__ import annotations

import itertools
import multiprocessing
import multiprocessing.synchronize
import os
import random
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap.exceptions import HTMapException
from tests.drills import interrupted, soundness, steps
from tests.drills.frame import Drill

pytestmark = [pytest.mark.pool, pytest.mark.timeout(3600)]

_NUMBER = itertools.count()


def look(tag: str) -> None:
    mapped = htmap.load(tag)
    for _time in range(20):
        assert len(mapped.component_statuses) in {interrupted.COMPONENTS, 2 * interrupted.COMPONENTS}
        mapped.status()
        assert [given for given, _ in mapped.iter_inputs()][:3] == [(0,), (1,), (2,)]


def read(tag: str) -> None:
    mapped = htmap.load(tag)
    for _ in range(5):
        assert mapped.get(1, timeout=30) == 1
        assert list(mapped.iter(timeout=30)) == [0, 1, 4]


def settle(_: str) -> None:
    htmap.clean()


def retag_until_it_is_gone(tag: str) -> None:
    mapped = htmap.load(tag)
    for number in range(100):  # the map lives on where it was not found by its old tag
        mapped.retag(f"{tag}-{number}")


def list_all(_: str) -> None:
    for _time in range(10):
        htmap.status()


def hold_and_release(tag: str) -> None:
    mapped = htmap.load(tag)
    mapped.hold()
    mapped.release()


DEEDS: dict[str, Callable[[str], Any]] = {
    "remove": interrupted.remove,
    "retag": interrupted.retag,
    "edit": interrupted.edit,
    "create": interrupted.create,
    "grow": interrupted.grow,
    "replace": interrupted.replace,
    "look": look,
    "list all": list_all,
    "clean": settle,
    "hold and release": hold_and_release,
}
HERE: dict[str, Callable[[str], Any]] = {
    "remove": interrupted.remove,
    "retag": interrupted.retag,
    "rerun": interrupted.rerun_here,
    "create": interrupted.create_here,
    "read": read,
    "list all": list_all,
}


def _at_once(
    deed: Callable[[str], Any],
    tag: str,
    begin: multiprocessing.synchronize.Barrier,
    environment: dict[str, str],
    told: str,
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    begin.wait(180)
    try:
        deed(tag)
    except HTMapException:
        pass  # it was told why not
    except BaseException:
        Path(told).write_text(traceback.format_exc())
        raise


def do_both(deeds: list[Callable[[str], Any]], tag: str, folder: Path) -> None:
    """Do two things in two processes at the same time; what either meets that is no exception of HTMap is raised."""
    processes = multiprocessing.get_context("forkserver")
    begin = processes.Barrier(len(deeds))
    told = [folder / f"told-{number}" for number in range(len(deeds))]
    running = [
        processes.Process(target=_at_once, args=(deed, tag, begin, dict(os.environ), str(path)), daemon=True)
        for deed, path in zip(deeds, told)
    ]
    for each in running:
        each.start()
    for each in running:
        each.join(300)
    said = [path.read_text() for path in told if path.exists()]
    for path in told:
        path.unlink(missing_ok=True)
    assert not said, "\n".join(said)
    assert [each.exitcode for each in running] == [0] * len(running)


@pytest.fixture(scope="module", autouse=True)
def _preloaded() -> None:
    steps.preload()


def test_of_two_processes_each_does_it_or_is_told_why_not(drill: Drill, personal_pool: Path, tmp_path: Path) -> None:
    pairs = [("waiting", *pair) for pair in itertools.combinations_with_replacement(DEEDS, 2)]
    pairs += [("ended", *pair) for pair in itertools.combinations_with_replacement(HERE, 2)]

    def cases(chance: random.Random) -> Iterator[str]:
        while True:
            yield from (", ".join(pair) for pair in chance.sample(pairs, len(pairs)))

    for case in drill.chosen(cases, full=300, short=5):
        tag = f"map-{next(_NUMBER)}"
        with drill.trying(case):
            kind, *names = case.split(", ")
            (interrupted.waiting if kind == "waiting" else interrupted.finished_here)(tag)
            do_both([(DEEDS if kind == "waiting" else HERE)[name] for name in names], tag, tmp_path)
            soundness.finish_what_was_interrupted()
            soundness.check(personal_pool)
        soundness.clear(personal_pool)


def test_a_map_that_is_removed_while_it_is_tagged_anew_leaves_no_tag(
    drill: Drill, personal_pool: Path, tmp_path: Path
) -> None:
    def cases(chance: random.Random) -> Iterator[str]:
        while True:
            yield f"{chance.choice(['waiting', 'ended'])}, the {chance.choice([1, 2])} of them"

    for case in drill.chosen(cases, full=120, short=1):
        tag = f"map-{next(_NUMBER)}"
        with drill.trying(case):
            kind, _, times = case.partition(", the ")
            (interrupted.waiting if kind == "waiting" else interrupted.finished_here)(tag)
            taggers = [retag_until_it_is_gone] * int(times.split()[0])
            do_both([interrupted.remove, *taggers], tag, tmp_path)
            soundness.finish_what_was_interrupted()
            soundness.check(personal_pool)
        soundness.clear(personal_pool)
