"""The future of a component, which is one of the standard library."""

from __future__ import annotations

import concurrent.futures
import contextlib
import threading
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Optional, Protocol

from htmap_core.futures.ending import unless_loop_ends
from htmap_core.results.engine import Engine
from htmap_core.type_variables import R

if TYPE_CHECKING:
    import asyncio

# The library's names of its states; the first is before those who wait are told.
_CANCELLED, _FINISHED = "CANCELLED", "FINISHED"


class Owner(Protocol):
    """Whoever can take components out of the queue."""

    def cancelled(self, future: Future[Any]) -> None:
        """Note that a future was cancelled before it was known to run: its component is to leave the queue soon.

        It may be called in an event loop, so it asks nobody and waits for nothing.
        """


class Future(concurrent.futures.Future[R]):
    """The future of a component, or of a call that will be one: a ``concurrent.futures.Future``, which ``await`` takes, too.

    ``Map.futures`` returns futures. Since 0.7::

        from concurrent.futures import as_completed

        mapped = htmap.map(lambda x: 2 * x, range(3))
        for future in as_completed(mapped.futures()):
            print(future.tag, future.component, future.result())

    It raises what the function has raised, with the lines of the user's code there. A hold, a removal and all else that leaves no
    result are the exceptions of ``Map.get``.

    :ivar component: the component's index; None while a call has not been submitted.
    :ivar patience: for how many seconds it may be held before that is its end.
    """

    __slots__ = ("_engine", "_owner", "component", "patience")

    def __init__(self, owner: Owner | None = None, patience: float = 0.0) -> None:
        super().__init__()
        self._owner = owner
        self._engine: Optional[Engine] = None
        self.component: Optional[int] = None
        self.patience: float = patience

    def bound(self, engine: Engine, component: int, owner: Owner | None = None) -> Future[R]:
        """Note which component it is the future of, and return it.

        :param owner: who can take that out of the queue; None if it is who has made the future.
        """
        self._engine, self._owner, self.component = engine, owner or self._owner, component
        return self

    @property
    def tag(self) -> str | None:
        """The tag of its map; None while a call has not been submitted."""
        return None if self._engine is None else self._engine.map.current_tag()

    def cancel(self) -> bool:
        """Cancel it unless it is known to run or has ended, and return whether it is cancelled.

        Its job leaves the queue soon after. A job that it shares with others goes on for these, and what it returns of this
        component is passed over. So is what a component returns that begins to run at this moment.
        """
        if not super().cancel():
            return False
        with self._condition:
            is_first = self._state == _CANCELLED  # or else another thread has cancelled it
            if is_first:
                self.set_running_or_notify_cancel()  # tells those who wait
        if is_first and self._owner is not None:
            self._owner.cancelled(self)
        return True

    # --- for those who have it done

    def begin(self) -> bool:
        """Note that it runs, and return whether it was not cancelled; nor done, whoever has done it."""
        with self._condition:
            return self.running() or (not self.done() and self.set_running_or_notify_cancel())

    def succeed(self, result: R) -> None:
        """Have it done with a result, unless it is done or cancelled."""
        if self.begin():
            with contextlib.suppress(concurrent.futures.InvalidStateError):  # another thread was quicker
                self.set_result(result)

    def fail(self, error: BaseException) -> None:
        """Have it done with an exception, unless it is done or cancelled."""
        if self.begin():
            with contextlib.suppress(concurrent.futures.InvalidStateError):  # another thread was quicker
                self.set_exception(error)

    def leave(self, error: Exception) -> None:
        """Have it done with an exception in a process that was forked. Who waits for it, and what its end calls, is the parent's.

        Another thread may have held its lock when the process was forked, and is not here to let it go.
        """
        self._condition = threading.Condition()
        if not self.done():
            self._waiters.clear()
            self._done_callbacks: list[Any] = []
            self._exception, self._state = error, _FINISHED

    # --- in an event loop

    def __await__(self) -> Generator[Any, None, R]:
        """Wait for it in an event loop, without a thread. To cancel the task is to cancel the future, unless the loop ends."""
        import asyncio  # 30 ms, and this program has it

        if not self.done():
            waiter = waiter_of(self)
            try:
                yield from waiter
            except asyncio.CancelledError:
                unless_loop_ends(self.cancel)
                raise
        if self.cancelled():
            raise asyncio.CancelledError
        return self.result()


def waiter_of(future: concurrent.futures.Future[Any]) -> asyncio.Future[None]:
    """Return a future of the running event loop that is done when *future* is."""
    import asyncio  # as above

    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def go_on() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def wake(_: concurrent.futures.Future[Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(go_on)

    future.add_done_callback(wake)
    return waiter
