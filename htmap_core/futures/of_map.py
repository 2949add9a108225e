"""Futures of a map that exists, which this or another process has made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

from htmap_core.exceptions import HTMapException
from htmap_core.futures import following
from htmap_core.futures.future import Future, Owner
from htmap_core.futures.opened import finish
from htmap_core.progress.work import LongWork
from htmap_core.results.engine import Engine
from htmap_core.results.outcome import is_settled


def futures_of(engine: Engine, components: Iterable[int], owner: Owner, patience: float) -> list[Future[Any]]:
    """Return the futures of some components, in order.

    Those of components that have ended are done, by new futures with what they have now. Others are done as their components
    end; the process has one for each component, however often it is asked.
    """
    fresh = [Future[Any](owner, patience).bound(engine, component) for component in components]
    with following.followed(engine) as found:
        known = found.futures.known_or(fresh)
    own = [future for future, first in zip(fresh, known) if future is first]
    try:
        _finish_settled(engine, own)
    finally:  # whatever interrupts it, others may have got them meanwhile
        with following.followed(engine) as found:
            found.futures.add(future for future in own if not future.done())
            for future in own:
                if future.done():
                    found.futures.drop(future)
    return known


def _finish_settled(engine: Engine, futures: list[Future[Any]]) -> None:
    """Have those futures done, in this thread, whose components have ended."""
    with contextlib.suppress(HTMapException):  # the following thread meets it, too
        statuses = engine.statuses()
        with LongWork(f"reading {engine.map.tag}", len(futures), "result") as reading:
            for number, future in enumerate(futures):
                assert future.component is not None, "it is bound"
                if is_settled(status := statuses[future.component]) and (status.is_final or not future.patience):
                    reading.reach(number)
                    finish(engine, future, status)
