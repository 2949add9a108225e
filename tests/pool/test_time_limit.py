"""Components that share a job by HTMap's choice: none is lost to the time that others have taken."""

from __future__ import annotations

import re
import time

import pytest

import htmap
from htmap_core.testing import eventually
from htmap_run import codes

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 180
LIMIT = 4  # seconds; HTCondor itself looks after half a minute


def test_a_job_leaves_its_slot_in_time_and_goes_on_with_the_component_that_was_cut_off() -> None:
    before: list[int] = []

    def call(x: int) -> int:
        hangs = x == 1 and bool(before)  # where another one has run in its process
        before.append(x)
        time.sleep(600 if hangs else 0)
        return x

    options = htmap.MapOptions(
        chunksize="auto", expected_runtime=0.1, allowed_execute_duration=LIMIT, max_materialize=1, max_retries=0
    )
    mapped = htmap.map(call, range(3), options)
    assert mapped._map_dir.record.jobs == 1

    mapped.wait(TIMEOUT)

    assert list(mapped) == [0, 1, 2]
    events = mapped._map_dir.events.read_text()
    assert f"(return value {codes.LEFT})" in events
    assert len(re.findall(r"^001 ", events, flags=re.MULTILINE)) == 2


def test_why_such_a_job_is_idle_again_is_told() -> None:
    mapped = htmap.map(str, range(2), map_options=htmap.MapOptions(requirements="false"))
    eventually(lambda: mapped.component_statuses == ["IDLE", "IDLE"], says="both jobs are in the queue")
    with mapped._map_dir.events.open("a") as log:
        log.write(LEFT.format(cluster=mapped._map_dir.submissions.all()[0].cluster))
    explained = {each.components: each.text for each in mapped.why()}
    note = mapped._engine.states.note(1)
    assert note
    assert explained.keys() == {(0,), (1,)}
    assert explained[1,] == f"{note}; {explained[0,]}"


LEFT = f"""\
001 ({{cluster:03}}.001.000) 2026-11-29 03:48:39 Job executing on host: <127.0.0.1:44159>
...
004 ({{cluster:03}}.001.000) 2026-11-29 03:48:42 Job was evicted.
	(0) Job terminated and was requeued
	(1) Normal termination (return value {codes.LEFT})
...
"""
