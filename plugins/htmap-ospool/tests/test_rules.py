"""The OSPool's attributes in the submit description."""

from __future__ import annotations

from typing import Any

import pytest
from htmap_ospool import rules
from htmap_ospool.errors import ProjectNeeded
from htmap_ospool.warnings import LargeRequests, LongJobs

from htmap_core import MapOptions
from htmap_core.exceptions import InvalidOption
from htmap_core.testing import described
from tests.golden_files import Golden

HOUR = 3600
PROJECT = {"OSPOOL.PROJECT": "UWMadison_Tides"}


def written(told: dict[str, Any] | None = None, **options: Any) -> dict[str, str]:
    """Return what the rules make of a user's options, by the names of attributes."""
    found = described(options, PROJECT if told is None else told, pool="ospool")
    return {name.removeprefix("MY."): text for name, text in found.items()}


def refused(**options: Any) -> InvalidOption:
    with pytest.raises(InvalidOption) as caught:
        written(**options)
    return caught.value


# --- the project


def test_a_map_without_a_project_is_refused_with_the_next_command(golden: Golden) -> None:
    with pytest.raises(ProjectNeeded) as caught:
        written({})
    assert "`htmap set OSPOOL.PROJECT NAME`" in str(caught.value)
    golden("ospool/a-map-without-a-project", caught.value)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"custom_options": {"ProjectName": "Other"}}, '"Other"'),
        ({"custom_options": {"projectname": '"TG-PHY123"'}}, '"TG-PHY123"'),
        ({"custom_options": {"ProjectName": 'ifThenElse(true, "A", "B")'}}, 'ifThenElse(true, "A", "B")'),
        ({"ProjectName": "TG-PHY123"}, '"TG-PHY123"'),
    ],
)
@pytest.mark.parametrize("told", [PROJECT, {}])
def test_a_project_of_the_map_wins_and_needs_no_quotes(given: Any, meant: str, told: dict[str, Any]) -> None:
    assert written(told, **given)["ProjectName"] == meant


def test_htcondors_own_command_names_the_project_too() -> None:
    found = written({}, project_name="Other")
    assert (found["project_name"], "ProjectName" in found) == ("Other", False)


# --- the time


@pytest.mark.parametrize(
    ("walltime", "category"),
    [(None, "Medium"), ("1h", "Medium"), ("10h", "Medium"), ("10h 1s", "Long"), ("20h", "Long")],
)
def test_the_walltime_chooses_the_category(walltime: str | None, category: str) -> None:
    options: dict[str, Any] = {} if walltime is None else {"walltime": walltime}
    assert written(**options)["JobDurationCategory"] == f'"{category}"'


@pytest.mark.parametrize("walltime", ["30h", "40h"])
def test_what_is_longer_than_the_ospool_asks_for_is_told(walltime: str, golden: Golden) -> None:
    with pytest.warns(LongJobs) as told:
        assert written(walltime=walltime)["JobDurationCategory"] == '"Long"'
    warning = told[0].message
    assert isinstance(warning, LongJobs)
    assert (warning.wanted, warning.meant) == (int(walltime[:2]) * HOUR, 20 * HOUR)
    golden(f"ospool/long-jobs-{walltime}", warning)


def test_components_that_share_a_job_count_together() -> None:
    assert written(walltime="6h", chunksize=2)["JobDurationCategory"] == '"Long"'


def test_what_no_job_may_take_is_refused_with_checkpoints_as_the_way_out(golden: Golden) -> None:
    error = refused(walltime="41h")
    assert error.name == "walltime"
    golden("ospool/a-walltime-beyond-all-categories", error)


@pytest.mark.parametrize("given", ["Long", "long", '"Long"'])
def test_a_category_of_the_map_wins_and_needs_no_quotes(given: str) -> None:
    assert written(walltime="1h", custom_options={"JobDurationCategory": given})["JobDurationCategory"] == '"Long"'
    assert written(walltime="1h", JobDurationCategory=given)["JobDurationCategory"] == '"Long"'


def test_an_expression_for_the_category_stays_as_it_is() -> None:
    own = 'ifThenElse(ProcId > 5, "Long", "Medium")'
    assert written(walltime="9h", custom_options={"JobDurationCategory": own})["JobDurationCategory"] == own


def test_a_category_that_allows_less_than_the_walltime_is_refused(golden: Golden) -> None:
    error = refused(walltime="21h", custom_options={"JobDurationCategory": "Medium"})
    assert error.name == "JobDurationCategory"
    golden("ospool/less-than-the-walltime", error)


def test_a_category_that_does_not_exist_is_refused_with_those_that_do(golden: Golden) -> None:
    error = refused(custom_options={"JobDurationCategory": "Short"})
    assert error.name == "JobDurationCategory"
    golden("ospool/a-category-that-does-not-exist", error)


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ({}, 10 * HOUR),
        ({"walltime": ""}, 10 * HOUR),
        ({"walltime": "5 min"}, None),
        ({"custom_options": {"JobDurationCategory": "Long"}, "walltime": "5 min"}, 20 * HOUR),
        ({"jobdurationcategory": '"long"'}, 20 * HOUR),
        ({"custom_options": {"JobDurationCategory": 'ifThenElse(true, "A", "B")'}}, None),
    ],
)
def test_the_time_that_a_job_may_take_is_known_before_its_components_are(
    options: dict[str, Any], seconds: int | None
) -> None:
    assert rules.time_limit(MapOptions(**options)) == seconds


# --- the requests


def test_jobs_ask_for_enough_if_their_user_says_nothing() -> None:
    found = written()
    assert (found["request_memory"], found["request_disk"]) == ("2GB", "4GB")


@pytest.mark.parametrize(
    "asked",
    [
        {"request_cpus": 9},
        {"request_memory": "41GB"},
        {"request_memory": 50_000},
        {"request_disk": "30GB"},
        {"request_gpus": 2},
        {"request_cpus": 16, "request_memory": "0.1TB"},
    ],
    ids=str,
)
def test_large_requests_are_told_with_what_is_easy_to_get(asked: dict[str, Any], golden: Golden) -> None:
    with pytest.warns(LargeRequests) as told:
        written(**asked)
    warning = told[0].message
    assert isinstance(warning, LargeRequests)
    assert warning.requests == {name: str(value) for name, value in asked.items()}
    assert [*warning.usual] == [*asked]
    golden(f"ospool/large-{'-'.join(f'{name}-{value}' for name, value in asked.items())}", warning)


@pytest.mark.parametrize(
    "asked",
    [
        {"request_cpus": 8, "request_memory": "40GB", "request_disk": "20GB", "request_gpus": 1},
        {"request_memory": "MY.Guess * 2"},
        {"request_memory": ["1GB", "2GB", "3GB"]},
    ],
    ids=str,
)
def test_of_usual_requests_and_of_what_is_not_known_nothing_is_told(asked: dict[str, Any]) -> None:
    found = written(**asked)  # warnings are errors here
    assert asked.keys() <= found.keys()
