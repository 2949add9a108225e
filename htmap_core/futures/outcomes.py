"""The outcomes of a map, for loops of both kinds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Generic

from htmap_core.results.engine import Engine
from htmap_core.results.outcome import Outcome
from htmap_core.settings.waiting import Timeout
from htmap_core.type_variables import R_co


class Outcomes(Iterator[Outcome[R_co]], Generic[R_co]):
    """The outcomes of the components of a map as they come: for a ``for`` loop, which waits, or for an ``async for``.

    :param found: yields them for the first of these.
    :param own: gives each what the map adds to it.
    """

    def __init__(
        self,
        engine: Engine,
        timeout: Timeout,
        found: Iterator[Outcome[Any]],
        own: Callable[[Outcome[Any]], Outcome[R_co]],
    ) -> None:
        self.found: Iterator[Outcome[Any]] = found
        self._engine, self._timeout, self._own = engine, timeout, own

    def __next__(self) -> Outcome[R_co]:
        return self._own(next(self.found))

    async def __aiter__(self) -> AsyncIterator[Outcome[R_co]]:
        """Yield the outcomes. To leave the loop, or to cancel its task, leaves the map alone."""
        from htmap_core.futures import awaiting  # 30 ms for asyncio, which this program has

        async for found in awaiting.outcomes(self._engine, self._timeout):
            yield self._own(found)
