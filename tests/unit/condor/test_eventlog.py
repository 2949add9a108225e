"""What an event log tells by itself."""

from __future__ import annotations

import time

import pytest

from htmap_core.condor import eventlog

SUBMITTED = b"000 (017.000.000) 2026-11-21 07:41:31 Job submitted from host: <127.0.0.1:1>\n...\n"


def test_it_began_with_its_first_event() -> None:
    first = time.mktime((2026, 11, 21, 7, 41, 31, 0, 0, -1))
    assert eventlog.began(SUBMITTED + SUBMITTED.replace(b"2026", b"2027")) == first
    assert eventlog.began(SUBMITTED.replace(b"000.000", b"-1.000", 1)) == first


@pytest.mark.parametrize(
    "log", [b"", b"\0\0\0\0", SUBMITTED[:30], SUBMITTED.replace(b"2026-11-21 07", b"21 Nov, 07 o'")]
)
def test_it_does_not_tell_when_it_began_if_its_first_event_cannot_be_read(log: bytes) -> None:
    assert eventlog.began(log) is None
