"""What maps ask of the daemons: a schedd looks at its whole queue for each question, and others use it, too."""

from __future__ import annotations

import functools
import inspect
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import htmap
from htmap_core.condor.connection import Connection
from htmap_core.results import news
from htmap_core.testing import eventually

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

UNMATCHED = htmap.MapOptions(requirements="false")
# Methods of connections that ask no daemon, or do so by another method, and not each time.
NOT_COUNTED = {"parameter", "slots", "count", "why_refused"}
ALIVE = "query_schedd"  # whether the schedd answers; it looks at no job for that
ACT = [ALIVE, "act"]
MOST = 12  # of a removal: it asks more and more seldom whether the queue is empty


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of the methods by which daemons are asked from now on; each asks by itself, and through no other."""
    found: list[str] = []

    def counted(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def ask(*args: Any, **kwargs: Any) -> Any:
            before = len(found)
            try:
                return method(*args, **kwargs)
            finally:
                if len(found) == before:
                    found.append(name)

        return ask

    for name, method in inspect.getmembers(Connection, inspect.isfunction):
        if not name.startswith("_") and name not in NOT_COUNTED:
            monkeypatch.setattr(Connection, name, counted(name, method))
    return found


@pytest.fixture(autouse=True)
def without_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        news, "QUIET", 3600.0
    )  # the schedd is asked after a minute without news, which a busy machine may have


@pytest.fixture
def told(asked: list[str]) -> Callable[[Callable[[], object]], list[str]]:
    """Return a function that returns what another one asks."""

    def asked_by(act: Callable[[], object]) -> list[str]:
        asked.clear()
        act()
        return list(asked)

    return asked_by


Told = Callable[[Callable[[], object]], list[str]]


def wait_for(mapped: htmap.Map, status: str) -> None:
    eventually(lambda: set(map(str, mapped.component_statuses)) == {status}, says=f"all are {status}")


def test_a_map_asks_little_while_it_is_made_and_nothing_when_it_is_waited_for_or_has_ended(told: Told) -> None:
    made: list[htmap.Map] = []
    asked = told(lambda: made.append(htmap.map(str, range(2))))
    assert asked.count("submit") == 1
    assert not {"query_jobs", "job_classads"} & set(asked)
    assert len(asked) <= 14, asked  # most of them of the collector, about the slots
    (mapped,) = made
    assert told(lambda: mapped.wait(180)) == []
    assert told(lambda: list(mapped)) == []
    assert told(lambda: htmap.load(mapped.tag).status()) == []
    assert told(mapped.hold) == []
    assert told(lambda: mapped.rerun([1])) == [ALIVE, "submit"]
    assert told(lambda: mapped.wait(180)) == []
    assert told(mapped.remove) == []


def test_acts_tell_the_schedd_and_wait_for_the_event_log(told: Told) -> None:
    mapped = htmap.map(str, range(2), map_options=UNMATCHED)
    assert told(mapped.hold) == ACT
    assert set(told(mapped.release)) == set(ACT)
    assert told(mapped.vacate) == ACT
    assert told(lambda: mapped.set_memory(200)) == [ALIVE, "edit"]
    assert told(lambda: mapped.hold([0, 1])) == ACT
    assert set(told(lambda: mapped.release([1, 0]))) == set(ACT)
    assert told(lambda: mapped.set_disk(5000, [0])) == [ALIVE, "edit"]
    assert told(lambda: mapped.retag("other")) == [ALIVE, "edit"]
    removal = told(mapped.remove)
    assert removal[:2] == ACT
    assert set(removal[2:]) == {"query_jobs"}
    assert len(removal) <= MOST, removal


def test_a_map_is_paused_and_resumed_as_often_as_one_likes_without_a_look_at_the_queue(told: Told) -> None:
    mapped = htmap.map(time.sleep, [300, 300])
    wait_for(mapped, "RUNNING")
    for _ in range(3):
        assert set(told(mapped.pause)) == set(ACT)
        assert set(map(str, mapped.component_statuses)) == {"SUSPENDED"}
        assert set(told(mapped.resume)) == set(ACT)
        assert set(map(str, mapped.component_statuses)) == {"RUNNING"}
    removal = told(mapped.remove)
    assert len(removal) <= MOST, removal


def test_a_job_that_does_not_resume_is_told_again(asked: list[str]) -> None:
    mapped = htmap.map(time.sleep, [300])
    wait_for(mapped, "RUNNING")
    log(mapped, "010", "Job was suspended.")  # as the schedd notices later than the log that a job is suspended
    resuming = threading.Thread(target=mapped.resume)
    resuming.start()
    eventually(lambda: asked.count("act") > 1, says="the schedd is told again")
    log(mapped, "011", "Job was unsuspended.")
    resuming.join(60)
    assert not resuming.is_alive()
    assert "query_jobs" not in asked


def log(mapped: htmap.Map, kind: str, title: str) -> None:
    """Write an event of the map's first job into its event log."""
    (submission,) = mapped._map_dir.submissions.all()
    when = time.strftime("%Y-%m-%d %H:%M:%S")
    with mapped._map_dir.events.open("a") as events:
        events.write(f"{kind} ({submission.cluster:03}.000.000) {when} {title}\n...\n")
