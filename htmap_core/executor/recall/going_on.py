"""Calls of earlier runs that do not go on by themselves: failed ones run again, held ones are released."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.exceptions import BusyMap, HTMapException
from htmap_core.executor.recall.memory import Found, Next
from htmap_core.maps.here.again import run_again
from htmap_core.maps.queue import acts
from htmap_core.maps.queue.scope import scope
from htmap_core.results.engine import Engine
from htmap_core.storage import operations
from htmap_core.storage.log import logger


def go_on(engine: Engine, found: Iterable[Found]) -> None:
    """Have calls go on that were found. Those that run again are one submission for each portion of the map that they are in.

    :raises HTMapException: none of those that failed runs again.
    """
    which: dict[Next, list[int]] = {each: [] for each in Next}
    for each in found:
        which[each.next].append(each.component)
    if which[Next.RELEASE]:
        _release(engine, which[Next.RELEASE])
    if which[Next.RERUN]:
        _rerun(engine, which[Next.RERUN])


def _rerun(engine: Engine, wanted: Collection[int]) -> None:
    while components := _of_status(engine, wanted, lambda status: status.is_final):
        try:
            run_again(engine.map_dir, engine.map.current_tag(), components, engine)
        except BusyMap:
            operations.await_end(names.RERUNNING, engine.map_dir)
        else:
            return


def _of_status(engine: Engine, wanted: Collection[int], is_it: Callable[[ComponentStatus], bool]) -> list[int]:
    """Return those of some components that are so by now, in order."""
    statuses = engine.statuses()
    return sorted(component for component in wanted if is_it(statuses[component]))


def _release(engine: Engine, wanted: Sequence[int]) -> None:
    """Release jobs. If that fails, they are as they were, and after a while the futures tell of the holds."""
    try:
        on = scope(engine, _of_status(engine, wanted, lambda status: status is ComponentStatus.HELD))
        acts.release(engine, on.concerned)  # with those that share a job: who asked for these need not be warned
    except HTMapException as error:
        logger.info("map %r: held calls were not released: %s", engine.map.tag, error)
