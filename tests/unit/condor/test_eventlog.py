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


def test_times_may_have_fractions_of_seconds() -> None:
    whole = time.mktime((2026, 11, 21, 7, 41, 31, 0, 0, -1))
    assert eventlog.seconds(b"2026-11-21 07:41:31.250") == whole + 0.25
    assert eventlog.seconds(b"2026-11-21 07:41:31") == eventlog.began(SUBMITTED.replace(b":31 ", b":31.9 ")) == whole
    assert eventlog.seconds(b"21 Nov 2026 07:41:3.250") == 0.0


def test_events_with_fractions_are_read_as_quickly_as_others() -> None:
    log = eventlog.END + SUBMITTED.replace(b":31 ", b":31.250 ").replace(eventlog.END, b"")
    ((kind, cluster, job, when, title, *_, text, no_event),) = eventlog.events(log)
    assert (kind, cluster, job, when) == (b"000", b"017", b"000", b"2026-11-21 07:41:31.250")
    assert (title, text, no_event) == (b"Job submitted", b"", b"")


def test_the_events_of_jobs_without_htcondor_are_read_like_its_own() -> None:
    written = [
        eventlog.submitted(1),
        eventlog.executing(1, 2),
        eventlog.terminated(1, 2, 90, 17),
        eventlog.terminated(1, 3, -9, 18),
        eventlog.aborted(1, 1000, "it rains\n...\n"),
    ]
    log = eventlog.END + b"".join(written)[: -len(eventlog.END)]
    found = eventlog.events(log)
    assert eventlog.damage(log, len(found)) is None
    assert [(kind, cluster, int(row)) for kind, cluster, row, *_ in found] == [
        *((b"000", b"001", 0), (b"001", b"001", 2), (b"005", b"001", 2), (b"005", b"001", 3), (b"009", b"001", 1000))
    ]
    assert [(code, memory) for *_, code, memory, _, _ in found][2] == (b"90", b"17")
    killed, removed = (body for *_, body, _ in found[3:])
    assert (eventlog.signal(killed), eventlog.memory(killed), eventlog.reason(removed)) == (9, 18, "it rains ...")
    assert abs(time.time() - eventlog.seconds(found[0][3])) < 60
