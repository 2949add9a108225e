"""A program that does long work; it is run on terminals, and elsewhere.

The argument says how it ends: ``well``, by an ``error``, or interrupted (``ctrl-c``).
"""

from __future__ import annotations

import sys
import time

from htmap_core.progress import work
from htmap_core.progress.work import LongWork

vars(work).update(MOMENT=0.05, PAUSE=0.1)  # as if the second were short

with LongWork("packing", total=10, unit="file") as outer:
    for number in range(10):
        with LongWork("something within") as inner:
            time.sleep(0.06)  # longer than a moment
            inner.look()
        outer.advance()
        if number == 8 and sys.argv[1] == "error":
            raise ValueError("a file is gone")
        if number == 8 and sys.argv[1] == "ctrl-c":
            raise KeyboardInterrupt
print("packed")
