"""What users do with maps, in a form that can be killed: what was there before, the deed, and what must be there afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

import htmap
from htmap_core.maps import recovery
from htmap_core.testing import eventually

COMPONENTS = 3
NEVER = htmap.MapOptions(requirements="false")  # its jobs wait for ever, so they cost little


def squares() -> Callable[[int], int]:
    def square(x: int) -> int:
        return x * x

    return square


def cubes() -> Callable[[int], int]:
    def cube(x: int) -> int:
        return x**3

    return cube


def waiting(tag: str) -> None:
    """Make a map whose jobs wait in the queue."""
    htmap.map(squares(), range(COMPONENTS), NEVER, tag, quiet=True, chunksize=1)


def finished_here(tag: str) -> None:
    htmap.map(squares(), range(COMPONENTS), tag=tag, quiet=True, where="here")


def nothing(_: str) -> None:
    """There is no such map yet."""


# --- deeds, in processes that may be killed


def create(tag: str) -> None:
    waiting(tag)


def create_here(tag: str) -> None:
    finished_here(tag)


def grow(tag: str) -> None:
    htmap.map(squares(), range(2 * COMPONENTS), NEVER, tag, quiet=True, chunksize=1, if_exists="resume")


def replace(tag: str) -> None:
    htmap.map(cubes(), range(COMPONENTS), NEVER, tag, quiet=True, chunksize=1, if_exists="replace")


def remove(tag: str) -> None:
    htmap.load(tag).remove()


def retag(tag: str) -> None:
    htmap.load(tag).retag(f"{tag}-new")


def edit(tag: str) -> None:
    htmap.load(tag).set_memory("256MB")


def rerun_here(tag: str) -> None:
    htmap.load(tag).rerun()


def rerun_one(tag: str, component: int) -> None:
    htmap.load(tag).rerun([component])


def wait_for(tag: str) -> None:
    htmap.load(tag).wait(timeout=120)


def settle(_: str) -> None:
    recovery.settle(at_once=True)


# --- what must be there afterwards


def is_whole_or_gone(tag: str) -> None:
    """The map is there with all its components, whose jobs are in the queue, or it does not exist."""
    if tag in htmap.get_tags():
        is_waiting(tag, {COMPONENTS})


def is_waiting(tag: str, sizes: set[int]) -> None:
    mapped = htmap.load(tag)
    assert len(mapped) in sizes
    eventually(
        lambda: all(status == "IDLE" for status in mapped.component_statuses),
        says=f"all components of {tag} are known to wait",
        within=180,
    )
    queued = {int(mapped.job_ad(each).attributes["ProcId"]) for each in mapped.components}
    assert queued
    assert [given for given, _ in mapped.iter_inputs()] == [(each,) for each in range(len(mapped))]


def has_one_tag(tag: str) -> None:
    """The map has its old tag or the new one, and so have its jobs."""
    (found,) = set(htmap.get_tags()) & {tag, f"{tag}-new"}
    is_waiting(found, {COMPONENTS})
    assert htmap.load(found).job_ad(0).attributes["JobBatchName"] == found


def was_edited_or_not(tag: str) -> None:
    is_waiting(tag, {COMPONENTS})
    asked = {htmap.load(tag).job_ad(each).attributes["RequestMemory"] for each in range(COMPONENTS)}
    assert asked in ({128}, {256}), asked


def is_what_it_was_or_gone(tag: str) -> None:
    """A map that was to be removed is gone once the next command was given; before its removal was announced, it is whole."""
    is_whole_or_gone(tag)


def is_old_or_new(tag: str) -> None:
    is_waiting(tag, {COMPONENTS})


def is_as_long_as_before_or_longer(tag: str) -> None:
    is_waiting(tag, {COMPONENTS, 2 * COMPONENTS})


def can_be_gone_on_with(tag: str) -> None:
    """A map of this machine does not exist, or has what had ended, and the rest can be run again."""
    if tag not in htmap.get_tags():
        return
    mapped = htmap.load(tag)
    statuses = mapped.component_statuses
    assert {str(each) for each in statuses} <= {"COMPLETED", "REMOVED"}, statuses
    if left := [each for each, status in enumerate(statuses) if status != "COMPLETED"]:
        mapped.rerun(left)
    assert list(mapped) == [each * each for each in range(COMPONENTS)]


@attrs.frozen
class Interrupted:
    """Something that is killed.

    :param prepare: what is done before, in this process.
    :param deed: what a process does that is killed.
    :param check: what must hold afterwards, beside what always must.
    """

    prepare: Callable[[str], Any]
    deed: Callable[[str], Any]
    check: Callable[[str], Any]


INTERRUPTED = {
    "create": Interrupted(nothing, create, is_whole_or_gone),
    "create here": Interrupted(nothing, create_here, can_be_gone_on_with),
    "remove": Interrupted(waiting, remove, is_what_it_was_or_gone),
    "remove here": Interrupted(finished_here, remove, can_be_gone_on_with),
    "retag": Interrupted(waiting, retag, has_one_tag),
    "edit": Interrupted(waiting, edit, was_edited_or_not),
    "grow": Interrupted(waiting, grow, is_as_long_as_before_or_longer),
    "replace": Interrupted(waiting, replace, is_old_or_new),
    "rerun here": Interrupted(finished_here, rerun_here, can_be_gone_on_with),
}
