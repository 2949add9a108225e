"""What is told of the node that components ran on: read from the result files of real jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from htmap_run.reports import surroundings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.run.conftest import Interpreter, Jobs, Ran


def told(ran: Ran) -> dict[str, Any]:
    (found,) = ran.results.surroundings
    return found


def test_every_python_tells_what_is_around_a_result_that_names_a_class(jobs: Jobs, each_python: Interpreter) -> None:
    scratch = jobs.scratch(
        "def function(x):\n    import fractions\n    return fractions.Fraction(x, 7)", [1], each_python
    )
    for name in ("Some_Package-1.2.dist-info", "old-0.3-py3.8.egg-info", "Bare.egg-info", "no_package"):
        (scratch / "site" / name).mkdir(parents=True)

    ran = jobs.run_in(
        scratch, python=each_python, environment={"PYTHONPATH": f"{scratch / 'site'}:{scratch}/not/there"}
    )

    assert {"Some_Package==1.2", "old==0.3", "Bare"} <= set(told(ran)["packages"])
    assert told(ran)["packages"] == sorted(told(ran)["packages"], key=str.lower)
    assert {"_htmap_function", "runtime.pyz"} <= set(told(ran)["scratch"])


@pytest.mark.parametrize("result", ["[x, 'text', {1.5: b'bytes'}, None, True]", "(x, {1, 2}, frozenset('a'), 10**100)"])
def test_of_plain_data_nothing_is_told(jobs: Jobs, result: str) -> None:
    ran = jobs.run(f"def function(x): return {result}", [3])

    assert ran.results.surroundings == []


def test_a_job_of_several_components_tells_it_once(jobs: Jobs) -> None:
    ran = jobs.run("def function(x): return complex(x) if x else x", [0, 1, 2])

    assert len(ran.results.surroundings) == 1
    assert ran.value(2) == 2 + 0j


def test_a_scratch_directory_of_many_files_is_listed_in_part(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number:03}").touch()

    listing = surroundings.scratch_listing(str(tmp_path))

    assert len(listing) == 201
    assert (listing[0], listing[-1]) == ("000", "...")


def test_of_a_python_that_travelled_with_the_job_only_the_folder_is_listed(tmp_path: Path) -> None:
    (tmp_path / "_htmap_python" / "bin").mkdir(parents=True)
    (tmp_path / "_htmap_python" / "bin" / "python3").touch()
    (tmp_path / "mine").touch()

    assert surroundings.scratch_listing(str(tmp_path)) == ["_htmap_python/", "mine"]
