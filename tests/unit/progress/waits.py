"""A program that waits for a map of ten components, which end one after the other; it is run on terminals, and elsewhere.

Arguments: whether the program asks for the line (True, False or None), the tag, and what it does: ``prints`` or ``narrows``.
"""

from __future__ import annotations

import fcntl
import struct
import sys
import termios
import time
from collections import Counter

from htmap_core.components import ComponentStatus
from htmap_core.progress import bars, line, shown
from htmap_core.progress.line import Line
from htmap_core.progress.pace import Pace

ASKED, TAG = {"True": True, "False": False, "None": None}[sys.argv[1]], sys.argv[2]
for module in (bars, line, shown):
    vars(module).update(MOMENT=0.02, PAUSE=0.2)  # as if the second were short
shown.Log.shortest = shown.Log.longest = 0.02
BEGUN = time.monotonic()


def counts() -> Counter[ComponentStatus]:
    ended = min(10, int((time.monotonic() - BEGUN) / 0.05))
    return Counter(
        {
            ComponentStatus.COMPLETED: ended,
            ComponentStatus.RUNNING: min(1, 10 - ended),
            ComponentStatus.IDLE: max(0, 9 - ended),
        }
    )


with Line(TAG, counts, 10, {ComponentStatus.COMPLETED}, Pace(1), asked=ASKED) as told:
    while counts()[ComponentStatus.COMPLETED] < 10:
        told.has_news()
        if "narrows" in sys.argv and counts()[ComponentStatus.COMPLETED] >= 5:
            fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
        time.sleep(0.01)
    if "prints" in sys.argv:
        told.hide()
        print("a result")
