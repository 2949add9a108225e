"""The import of a plugin: what it prints, how long it takes, and who is named while it hangs.

It is not given up, as questions are. It would have to run in a thread, and what it imports there may want the main one. An import
that is left behind keeps the locks of the modules that it has begun with, so that the next who imports one of them, such as the
user's own function, would hang without a word.
"""

from __future__ import annotations

import time
from typing import Any

from htmap_core.plugins.guarding.printing import programs_to_stderr, tell, to_stderr
from htmap_core.plugins.guarding.tracing import is_traced, trace
from htmap_core.plugins.guarding.waiting import NAMED_AFTER, named_while_slow
from htmap_core.plugins.record import PluginRecord
from htmap_core.plugins.sources.one_off import Entry


def imported(entry: Entry, record: PluginRecord) -> Any:
    """Import a plugin, and return its module. One that takes long is named on standard error while it does."""
    what, begin = f"import of {entry.value}", time.perf_counter()
    if is_traced():
        tell(f"plugin {record.name!r}: {what} begins")
    try:
        with named_while_slow(NAMED_AFTER, record, what), programs_to_stderr(), to_stderr():
            return entry.load()
    finally:
        record.seconds = time.perf_counter() - begin
        trace(record, what, begin, lambda: record.source)
