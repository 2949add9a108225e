"""Components that share a job by HTMap's choice: none is lost to the time that others have taken."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import htmap

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 180
LIMIT = 4  # seconds; HTCondor itself looks after half a minute


def test_a_job_leaves_its_slot_in_time_and_goes_on_with_the_component_that_was_cut_off(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()

    def call(x: int) -> int:
        begun = {path.name.split()[1] for path in runs.iterdir()}
        (runs / f"{time.time()} {x}").touch()
        time.sleep(600 if x == 1 and "1" not in begun else 0)
        return x

    options = htmap.MapOptions(
        chunksize="auto", expected_runtime=0.1, allowed_execute_duration=LIMIT, max_materialize=1, max_retries=0
    )
    mapped = htmap.map(call, range(3), options)
    assert mapped._map_dir.record.jobs == 1

    mapped.wait(TIMEOUT)

    assert list(mapped) == [0, 1, 2]
    assert [path.name.split()[1] for path in sorted(runs.iterdir())] in (["0", "1", "1", "2"], ["0", "1", "2"])
