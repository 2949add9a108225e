"""A map whose chunksize HTMap has chosen: its jobs differ in size, and all that can be done to a map can be done to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.maps import earlier_runs
from htmap_core.storage.jobs import Job
from htmap_core.testing import using_htmap_dir
from tests.golden_files import Golden

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("in_module_pool")]

TIMEOUT = 180
COMPONENTS, AT_A_TIME = 60, 4
FRAIL = 40  # the component that dies where others have run before it in its process


@pytest.fixture(scope="module")
def mapped(module_pool: Any) -> Iterator[htmap.Map]:
    before: list[int] = []

    def inverse(x: int) -> float:
        if before and x == FRAIL:
            os._exit(1)
        before.append(x)
        print("x is", x)
        return 100 / (x - 50)

    with using_htmap_dir(module_pool):
        options = htmap.MapOptions(chunksize="auto", max_materialize=AT_A_TIME)
        mapped = htmap.map(inverse, (x for x in range(COMPONENTS)), options, tag="chosen", quiet=True)
        mapped.wait(TIMEOUT, errors_ok=True)
        yield mapped
        mapped.remove()


def test_its_jobs_are_in_the_record(mapped: htmap.Map) -> None:
    record = mapped._map_dir.record
    assert record.chunking is not None
    assert record.chunking["places"] == AT_A_TIME
    sizes = [size for jobs, size in record.sizes for _ in range(jobs)]
    assert (sum(sizes), sizes[0], sizes[1:]) == (COMPONENTS, 1, sorted(sizes[1:], reverse=True))
    assert 1 < record.chunksize < COMPONENTS


def test_each_component_has_its_own_result_error_and_output(mapped: htmap.Map) -> None:
    assert [component for component, status in enumerate(mapped.component_statuses) if str(status) == "ERRORED"] == [50]
    assert [mapped[each] for each in range(COMPONENTS) if each != 50] == [
        100 / (x - 50) for x in range(COMPONENTS) if x != 50
    ]
    assert mapped.get_err(50).exception_msg == "ZeroDivisionError: division by zero"
    assert all(f"\nx is {each}\n" in mapped.stdout[each] for each in range(COMPONENTS))
    assert list(mapped.iter_inputs()) == [((x,), {}) for x in range(COMPONENTS)]


def test_a_component_that_dies_among_others_has_run_again_alone(mapped: htmap.Map) -> None:
    job = mapped._map_dir.placement.job_of(FRAIL)
    assert mapped._map_dir.placement.components_of(job)[0] < FRAIL
    assert str(mapped.component_statuses[FRAIL]) == "COMPLETED"


def test_the_next_map_knows_how_long_calls_took(mapped: htmap.Map) -> None:
    known = earlier_runs.calls_of(mapped._map_dir, None)
    assert known is not None
    assert 0 < known.seconds < 10
    assert mapped.chunk_report()


def test_a_session_is_told_what_was_chosen_and_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], golden: Golden
) -> None:
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    options = htmap.MapOptions(
        chunksize="auto", expected_runtime="5 s", max_materialize=AT_A_TIME, requirements="false"
    )
    made = htmap.map(str, range(100), options)
    golden("on-pool/chosen-chunks", capsys.readouterr().out, hide={made.tag: "TAG"})
    made.remove()


def test_components_run_again_with_those_of_their_job(mapped: htmap.Map) -> None:
    placement = mapped._map_dir.placement
    again = [0, 1, 2, 59]
    rows = sorted({placement.job_of(component).row for component in again})
    mapped.rerun(again)
    mapped.wait(TIMEOUT, errors_ok=True)
    assert [mapped[each] for each in again] == [100 / (x - 50) for x in again]
    placement = mapped._map_dir.placement
    assert {placement.job_of(component) for component in again} == {Job(1, row) for row in range(len(rows))}
    assert str(mapped.component_statuses[3]) == "COMPLETED"


def test_each_component_can_be_run_by_hand(mapped: htmap.Map) -> None:
    lines = mapped.submit_file(2).splitlines()
    assert "htmap_components = 2" in lines


def test_components_of_a_job_find_no_files_of_others_and_input_files_as_they_came(tmp_path: Path) -> None:
    files = {"tide.txt": "high", "a,b.txt": "has another name on the way"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    def leave(_: int) -> tuple[str, dict[str, str]]:
        os.mkdir("work")
        names = ",".join(sorted(name for name in os.listdir() if not name.startswith((".", "_"))))
        came = {}
        for name in ("tide.txt", "a,b.txt"):
            with open(name, "r+") as file:
                came[name] = file.read()
                file.write("!")
        return names, came

    options = htmap.MapOptions(expected_runtime=0.01, fixed_input_files=[tmp_path / name for name in files])
    made = htmap.map(leave, range(6), options)
    made.wait(TIMEOUT)
    assert made._map_dir.placement.portions[0].jobs == 1
    assert [came for _, came in made] == [files] * 6
    assert len({names for names, _ in made}) == 1
    made.remove()
