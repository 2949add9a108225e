"""The import of a plugin: what it prints, how long it takes, and who is named while it hangs.

It is not given up, as questions are. It would have to run in a thread, and what it imports there may want the main one. An import
that is left behind keeps the locks of the modules that it has begun with, so that the next who imports one of them, such as the
user's own function, would hang without a word.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from htmap_core.exceptions.plugins import SWITCH_OFF
from htmap_core.plugins.guard import is_traced, trace
from htmap_core.plugins.printing import programs_to_stderr, to_stderr
from htmap_core.plugins.record import PluginRecord
from htmap_core.plugins.sources.one_off import Entry

NAMED_AFTER = 5.0  # seconds


def imported(entry: Entry, record: PluginRecord) -> Any:
    """Import a plugin, and return its module. One that takes long is named on standard error while it does."""
    what, begin = f"import of {entry.value}", time.perf_counter()
    if is_traced():
        print(f"plugin {record.name!r}: {what} begins", file=sys.stderr, flush=True)  # noqa: T201 -- asked for
    naming = threading.Timer(NAMED_AFTER, _name, [record, entry.value])
    naming.daemon = True
    naming.start()
    try:
        with programs_to_stderr(), to_stderr():
            return entry.load()
    finally:
        naming.cancel()
        record.seconds = time.perf_counter() - begin
        trace(record, what, begin, lambda: record.source)


def _name(record: PluginRecord, value: str) -> None:
    told = (
        f"plugin {record.name!r} (from {record.source}) is still being imported, after {NAMED_AFTER:g} seconds: {value}"
    )
    print(f"htmap: {told}. {SWITCH_OFF}", file=sys.stderr, flush=True)  # noqa: T201 -- a warning may be an error, here nobody's
