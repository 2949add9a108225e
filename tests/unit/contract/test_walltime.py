"""The option ``walltime``, and what it makes of the time limit of jobs."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from htmap_core import MapOptions
from htmap_core.contract.walltime import edits, margin_of_jobs, of_all_jobs, of_job
from htmap_core.exceptions import InvalidOption, InvalidSetting
from htmap_core.settings.chain import Settings, settings
from tests.golden_files import Golden

NONE: list[Any] = ["2 horus", "2:30", "-2h", -1, 0, True, None, float("nan"), float("inf"), "500 d", 10**12, b"2h"]


@pytest.fixture(autouse=True)
def a_minute(htmap_dir: Path) -> None:
    settings["WALLTIME_MARGIN"] = 60


def test_what_is_no_wanted_time_is_refused_with_the_forms_that_are_known(golden: Golden) -> None:
    said = []
    for given in NONE:
        with pytest.raises(InvalidOption) as caught:
            MapOptions()["walltime"] = given
        assert caught.value.name == "walltime"
        said.append(str(caught.value))
    golden("options/walltime", "\n".join(said))


def test_a_wrong_setting_is_named_with_where_it_stands() -> None:
    with pytest.raises(InvalidOption) as caught:
        MapOptions.from_settings(Settings({"MAP_OPTIONS": {"walltime": "soon"}}))
    assert (caught.value.name, caught.value.value) == ("walltime", "soon")
    assert caught.value.origin is not None


def test_it_is_kept_as_it_was_given_and_written_down_as_text() -> None:
    assert dict(MapOptions(Walltime="2h")) == {"walltime": "2h"}
    assert MapOptions(walltime=datetime.timedelta(hours=2)).to_dict() == {"walltime": "7200"}
    assert MapOptions.merge(MapOptions(walltime=1), MapOptions(walltime=2))["walltime"] == 1


def test_a_job_may_take_as_long_as_its_components_one_after_the_other_and_the_margin() -> None:
    assert margin_of_jobs() == 60
    found = of_all_jobs("2h", 10)
    assert found is not None
    assert (found.wanted, found.limit) == (72000, 72060)
    assert of_job(7200, 10, margin=60) == found


def test_a_job_never_gets_more_seconds_than_htcondor_can_count() -> None:
    found = of_all_jobs("30 d", 1_000_000)
    assert found is not None
    assert found.wanted == found.limit == 2**31 - 1


@pytest.mark.parametrize("given", [None, "", ["1h", "2h"], iter(["1h"])])
def test_without_one_time_for_all_components_the_jobs_have_no_limit_in_common(given: Any) -> None:
    assert of_all_jobs(given, 1) is None


@pytest.mark.parametrize("margin", [-1, "soon"])
def test_a_margin_is_a_number_of_seconds(margin: Any) -> None:
    settings["WALLTIME_MARGIN"] = margin
    with pytest.raises(InvalidSetting):
        margin_of_jobs()


@pytest.fixture
def commands() -> dict[str, str]:
    return {
        "allowed_execute_duration": "$(htmap_walltime)",
        "htmap_walltime": "3660",
        "MY.MaxRuntime": "$(htmap_walltime)",
        "MY.Category": "ifThenElse($(HTMap_Walltime) < 9000, 1, 2)",
        "MY.Project": '"tides"',
        "rank": "$(htmap_walltime)",
    }


def test_a_new_time_reaches_the_words_of_the_site(commands: dict[str, str]) -> None:
    assert edits(7200, 2, commands) == {
        "AllowedExecuteDuration": 14460,
        "MaxRuntime": "14460",
        "Category": "ifThenElse(14460 < 9000, 1, 2)",
    }
