"""What a script gets that may have run before: the map that has the tag, or a new one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Optional

import attrs

from htmap_core import names, user_warnings
from htmap_core.components import ComponentStatus
from htmap_core.exceptions import BusyMap, HTMapException, MapWasRemoved, TagAlreadyExists, TagNotFound
from htmap_core.maps import recovery
from htmap_core.maps.drafts.draft import Draft
from htmap_core.maps.drafts.written import Written
from htmap_core.maps.map import Map, engine_of
from htmap_core.maps.resuming.comparing import Comparison
from htmap_core.maps.resuming.growing import grow
from htmap_core.maps.resuming.rule import LOAD, REPLACE
from htmap_core.results.engine import Engine
from htmap_core.settings.waiting import PATIENCE, tries
from htmap_core.storage import operations
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.tags import find_map
from htmap_core.submission.mistakes.calls import Call

_LONGEST = 1.0  # seconds between two looks whether the tag is free, or has a map


@attrs.frozen
class Wanted:
    """What the script would make.

    :param tag: the tag.
    :param rule: what is to be done where a map has it already.
    :param draft: makes its draft.
    :param calls: the calls of all components.
    :param total: how many there are; 0 where it is not known.
    :param create: makes a map of it; the map that it replaces is given, if it replaces one.
    :param begun: gets what is written of what is added to a map, for whoever interrupts it.
    :param is_here: whether its components are to run on this machine.
    """

    tag: str
    rule: str
    draft: Callable[[], Draft]
    calls: Iterator[Call]
    total: int
    create: Callable[[Draft, Iterator[Call], Optional[MapDir]], Map]
    begun: list[Written]
    is_here: bool = False


def made_or_found(wanted: Wanted) -> tuple[Map, Optional[int]]:
    """Return the map with a tag, and how many components were added to it; None instead where it is new.

    Of several processes that do this at once, one makes or changes the map. The others wait for it, and look again: no call is
    used before it is certain whose map it is.

    :raises MapDiffers: the map has another function or other inputs, and is to be resumed.
    :raises MapWasRemoved: another process has removed or replaced it while it was compared.
    """
    draft: Draft | None = None
    pauses = tries(PATIENCE, _LONGEST)
    next(pauses)
    while True:
        recovery.settle()
        map_dir = existing(wanted.tag)
        if map_dir is not None and wanted.rule == LOAD:
            return _opened(wanted.tag, map_dir), 0
        draft = draft or wanted.draft()
        if map_dir is None:
            try:
                return wanted.create(draft, wanted.calls, None), None
            except TagAlreadyExists:  # another process was quicker, or its removal of the map takes a while
                if next(pauses, pauses) is pauses:
                    raise
                continue
        if wanted.rule != REPLACE:
            try:
                return _resumed(wanted, map_dir, draft)
            except HTMapException as error:
                if map_dir.exists or isinstance(error, MapWasRemoved):
                    raise
                raise MapWasRemoved(wanted.tag) from error  # what is missing in it was there a moment ago
        try:
            with operations.perform(names.RERUNNING, map_dir, wanted.tag):
                made = wanted.create(draft, wanted.calls, map_dir)
        except BusyMap:
            operations.await_end(names.RERUNNING, map_dir)
            continue
        recovery.settle()  # the removal of the other one
        return made, None


def existing(tag: str) -> MapDir | None:
    """Return the map with a tag, after any process has finished that is making it; None if there is none."""
    while True:
        try:
            map_dir = find_map(tag)
        except TagNotFound:
            return None
        if not operations.is_under_way(names.CREATING, map_dir):
            return map_dir
        operations.await_end(names.CREATING, map_dir)
        recovery.settle()  # that process may have died


def _opened(tag: str, map_dir: MapDir) -> Map:
    """Return a map that is there. It stays: a script that names it will want it again."""
    found = Map(tag=tag, map_dir=map_dir)
    map_dir.make_persistent()
    return found


def _resumed(wanted: Wanted, map_dir: MapDir, draft: Draft) -> tuple[Map, int]:
    """Return a map that is there and was compared, and how many components were added to it.

    :raises MapDiffers: it has another function or other inputs. Nothing was changed.
    """
    assert draft.kept is not None
    comparison, calls, added = Comparison(map_dir, wanted.tag, draft, draft.kept), wanted.calls, 0
    comparison.check_function()
    while True:
        _settle_submissions(map_dir)
        map_dir.refresh()
        others = other_options(map_dir, draft)
        more = comparison.next_after(calls)
        if more is not None and (wanted.is_here or map_dir.is_here):
            raise comparison.more()
        if more is not None:
            calls = itertools.chain([more], calls)
            try:
                left = max(0, wanted.total - comparison.compared)
                added = len(grow(map_dir, wanted.tag, draft, calls, left, wanted.begun))
            except BusyMap:
                operations.await_end(names.RERUNNING, map_dir)
                continue
        tell_of_differences(map_dir, wanted.tag, others, added, is_here=wanted.is_here)
        found = _opened(wanted.tag, map_dir)
        tell_of_others(engine_of(found), wanted.tag)
        logger.info("found map %r again", wanted.tag)
        return found, added


def _settle_submissions(map_dir: MapDir) -> None:
    """Find out what became of a submission of a vanished process: with it the map may have more components."""
    is_open = any(each.cluster is None for each in map_dir.submissions.all())
    if is_open and not operations.is_under_way(names.RERUNNING, map_dir):
        recovery.settle(at_once=True)


def tell_of_differences(map_dir: MapDir, tag: str, options: tuple[str, ...], added: int, *, is_here: bool) -> None:
    """Warn of what is other with a map that is given back than what is asked for now.

    :param options: the names of the options that differ.
    :param added: how many components were added to the map.
    :param is_here: whether its components are to run on this machine.
    """
    if options:
        user_warnings.warn(user_warnings.OtherOptions(tag, options, added))
    if map_dir.is_here != is_here:
        user_warnings.warn(user_warnings.OtherPlace(tag, map_dir.is_here))


def tell_of_others(engine: Engine, tag: str) -> None:
    """Warn of components that a map has and that do not go on by themselves: they stay as they are."""
    left = (ComponentStatus.ERRORED, ComponentStatus.HELD, ComponentStatus.REMOVED)
    if not engine.counts().keys() & set(left):
        return
    statuses = engine.statuses()
    found = (tuple(each for each, status in enumerate(statuses) if status is wanted) for wanted in left)
    user_warnings.warn(user_warnings.LeftAsTheyAre(tag, *found))


def other_options(map_dir: MapDir, draft: Draft) -> tuple[str, ...]:
    """Return the options that are others now than those of the components that a map has."""
    now, others = draft.options.to_dict(), set()
    for portion in map_dir.placement.portions:
        either = now.keys() | portion.options.keys()
        others |= {name for name in either if now.get(name) != portion.options.get(name)}
    return tuple(sorted(others))
