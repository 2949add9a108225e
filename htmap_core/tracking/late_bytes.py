"""Bytes of an event log that are no event yet.

On a network file system a log may have grown before what was written into it is there: zero bytes in its place, or an event of
which a part is missing, also before events that are complete. They look like damage. Only what stays as it is, is damage.
"""

from __future__ import annotations

import time

import attrs

from htmap_core.condor import eventlog

PATIENCE = 60.0  # seconds for which the bytes must have stayed the same, by this process or by the log's time
PAGE = 4096  # bytes: where a full disk cuts an event short, and a network file system shows zero bytes
_LONG_AGO = 600.0  # seconds since the next event was written: the log of running jobs always has a time of now


@attrs.frozen
class LateBytes:
    """What a log has in place of an event.

    :param offset: where in the log it begins.
    :param text: these bytes, and what follows them.
    :param since: when this process saw them first, by its monotonic clock.
    """

    offset: int
    text: bytes
    since: float = attrs.field(factory=time.monotonic, eq=False)

    def seen_again(self, before: LateBytes | None) -> LateBytes:
        """Return these bytes with the time when they were seen first, if they are those that were seen before."""
        if before is None or before.offset != self.offset:
            return self
        is_same = self.text.startswith(before.text) or before.text.startswith(self.text)
        return before if is_same else self

    def are_damage(self, modified: float) -> bool:
        """Return whether the bytes have had the time to become an event.

        :param modified: when the log was last written to, in seconds since the epoch.
        """
        now, written = time.time(), eventlog.time_of_next(self.text)
        is_old = now - modified > PATIENCE or bool(written and now - written > _LONG_AGO)
        return is_old or time.monotonic() - self.since > PATIENCE
