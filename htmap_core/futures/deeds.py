"""A thread that is there while there is something to do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Optional

from htmap_core.storage.log import logger

Deed = Callable[[], Optional[float]]
"""Something to do. It returns the seconds after which it is to be done again; None if it is over."""

_LINGERING = 1.0  # seconds for which a thread without a deed waits for another one


class Deeds:
    """Deeds that one thread does in turn, each when it is due. Deeds that equal each other are one.

    The thread keeps no program from ending: it is stopped at exit, between two deeds if there is time for that.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.forget()

    def forget(self) -> None:
        """Begin anew, without a thread and deeds, as a process does that was forked."""
        self._changed = threading.Condition()  # with a lock that a thread may take twice
        self._doing = threading.RLock()  # held while a deed is done
        self._due: dict[Deed, float] = {}
        self._at_exit: set[Deed] = set()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def do(self, deed: Deed, after: float = 0.0, *, at_exit: bool = False) -> None:
        """Have the thread do a deed, if it is not to do it earlier anyway.

        :param at_exit: whether it is to be done at exit, too, if it was not before.
        """
        with self._changed:
            if self._stopped:
                return
            if at_exit:
                self._at_exit.add(deed)
            self._due[deed] = min(self._due.get(deed, float("inf")), time.monotonic() + after)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        while (deed := self._next()) is not None:
            with self._doing:
                again = _done(deed)
            with self._changed:
                if again is not None:
                    self.do(deed, again)
                elif deed not in self._due:
                    self._at_exit.discard(deed)

    def _next(self) -> Deed | None:
        """Wait until a deed is due, and return it; None if the thread is to end."""
        lingers_until = time.monotonic() + _LINGERING
        with self._changed:
            while True:
                now = time.monotonic()
                deed = min(self._due, key=self._due.__getitem__, default=None)
                due = lingers_until if deed is None else self._due[deed]
                if deed is not None and (due <= now or self._stopped):
                    del self._due[deed]
                    return deed
                if due <= now or self._stopped:
                    self._thread = None
                    return None
                self._changed.wait(due - now)

    def stop(self, patience: float) -> None:
        """Have the thread end, after the deed that it is doing and those that are to be done at exit.

        :param patience: for how many seconds to wait for that.
        """
        with self._changed:
            self._stopped, thread = True, self._thread
            self._due = {deed: due for deed, due in self._due.items() if deed in self._at_exit}
            self._changed.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join(patience)

    def rest(self, patience: float) -> bool:
        """Have no deed done until :meth:`go_on`, unless one takes longer than the patience, in seconds; return which."""
        return self._doing.acquire(timeout=patience)

    def go_on(self) -> None:
        """Have deeds done again after :meth:`rest`."""
        self._doing.release()


def _done(deed: Deed) -> float | None:
    try:
        return deed()
    except Exception:
        logger.exception("in a thread of HTMap")
        return None
