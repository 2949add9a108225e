"""What jobs returned."""

from __future__ import annotations

from pathlib import Path

from htmap_core.storage.jobs import Job
from htmap_core.storage.outputs import Outputs
from htmap_run import formats


def test_a_component_that_an_earlier_run_of_its_job_finished_tells_of_that_run(tmp_path: Path) -> None:
    job = Job(0, 0)
    (tmp_path / job.output).parent.mkdir(parents=True)
    with formats.PackWriter(tmp_path / f"{job.output}.result") as writer:
        earlier = {"component": 0, "host": {"name": "first"}, "runtime": {"python": "3.9.1"}}
        index = {"format": formats.FORMAT, "host": {"name": "second"}, "runtime": {"python": "3.9.2"}}
        writer.close({**index, "components": [earlier, {"component": 1}]})

    hosts = [Outputs(tmp_path).entry(job, component)[0]["host"]["name"] for component in (0, 1)]

    assert hosts == ["first", "second"]
