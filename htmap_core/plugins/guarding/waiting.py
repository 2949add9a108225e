"""Calls of plugins that have no time limit: who waits for one is told which, while it takes long."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import attrs

from htmap_core.exceptions.plugins import SWITCH_OFF
from htmap_core.plugins.guarding.printing import tell
from htmap_core.plugins.record import PluginRecord

NAMED_AFTER = 5.0  # seconds: of imports and offers, which should take none


@attrs.define
class Waiting:
    """What is waited for now: a call of one plugin after the other. It is named once."""

    record: PluginRecord | None = None
    what: str = ""

    def tell(self) -> None:
        """Name it. A warning may be an error, here nobody's."""
        if self.record is not None:
            which = f"plugin {self.record.name!r} (from {self.record.source})"
            tell(f"htmap: still waiting for {which}: {self.what}. {SWITCH_OFF}")


@contextlib.contextmanager
def named_while_slow(after: float, record: PluginRecord | None = None, what: str = "") -> Iterator[Waiting]:
    """Name what is waited for inside the block if the block takes long.

    :param after: how many seconds are long.
    :param record: the plugin whose code is called, if it is one; else the block tells what it yields.
    :param what: the call.
    """
    waiting = Waiting(record, what)
    timer = threading.Timer(after, waiting.tell)
    timer.daemon = True
    timer.start()
    try:
        yield waiting
    finally:
        timer.cancel()
