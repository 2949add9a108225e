"""CERN's attributes in the submit description."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from htmap_cern import rules
from htmap_cern.settings import CernSettings

from htmap_core import MapOptions, MapPlan, PoolAddress, Settings, SubmitDescription, Walltime, connect
from htmap_core.exceptions import InvalidOption
from tests.golden_files import Golden


def written(
    told: CernSettings | None = None, walltime: Walltime | None = None, *, is_chosen: bool = False, **given: Any
) -> dict[str, str]:
    """Return what the rules make of a user's options."""
    options = MapOptions(**given)
    submit = SubmitDescription()
    for name, value in options.fixed().items():
        submit.set(name, value)
    plan = MapPlan(
        tag="tide",
        map_dir=Path("/afs/map"),
        runtime=Path("/afs/map/_htmap_runtime.pyz"),
        components=1,
        jobs=1,
        options=options,
        settings=Settings(),
        pool=connect(PoolAddress("cern")),
        walltime=walltime,
        is_chosen=is_chosen,
    )
    rules.apply(submit, plan, told or CernSettings())
    return submit.commands()


def test_without_a_word_from_the_user_nothing_is_written() -> None:
    assert written() == {}


def test_jobs_that_htmap_fills_know_which_attribute_limits_them() -> None:
    assert written(is_chosen=True) == {"MY.HTMapTimeLimit": "MaxRuntime"}


def test_settings_become_attributes() -> None:
    told = CernSettings(job_flavour="Workday", accounting_group="group_u_X.y", want_os="el9")
    assert written(told) == {
        "MY.JobFlavour": '"workday"',
        "MY.AccountingGroup": '"group_u_X.y"',
        "MY.WantOS": '"el9"',
    }


def test_a_runtime_in_the_settings_becomes_the_smallest_flavour_and_wins_over_a_flavour() -> None:
    told = CernSettings(job_flavour="nextweek", max_runtime=datetime.timedelta(minutes=90))
    assert written(told) == {"MY.JobFlavour": '"longlunch"'}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("espresso", '"espresso"'),
        ("Espresso", '"espresso"'),
        ('"espresso"', '"espresso"'),
        ('"next century"', '"next century"'),
        ("$(flavour)", "$(flavour)"),
    ],
)
def test_a_flavour_needs_no_quotes_and_may_have_them(given: str, meant: str) -> None:
    assert written(custom_options={"JobFlavour": given}) == {"MY.JobFlavour": meant}
    assert written(JobFlavour=given) == {"MY.JobFlavour": meant}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2h", "7200"),
        ('"2h"', "7200"),
        (7200, "7200"),
        (datetime.timedelta(hours=2), "7200"),
        ("RequestCpus * 60", "RequestCpus * 60"),
    ],
)
def test_a_runtime_of_the_users_own_is_written_in_seconds(given: Any, meant: str) -> None:
    assert written(custom_options={"maxruntime": given}) == {"MY.MaxRuntime": meant}


TWO_HOURS = Walltime(7200, 7500)


def test_the_walltime_is_the_maximum_runtime_and_wins_over_the_settings() -> None:
    told = CernSettings(job_flavour="espresso", max_runtime="1h")
    assert written(told, TWO_HOURS) == {"MY.MaxRuntime": "$(htmap_walltime) + 600"}


@pytest.mark.parametrize(
    ("own", "meant"),
    [
        ({"MaxRuntime": "2h"}, {"MY.MaxRuntime": "7200"}),
        ({"MaxRuntime": "RequestCpus * 60"}, {"MY.MaxRuntime": "RequestCpus * 60"}),
        ({"JobFlavour": "longlunch"}, {"MY.JobFlavour": '"longlunch"'}),
        ({"JobFlavour": "$(flavour)"}, {"MY.JobFlavour": "$(flavour)"}),
        ({"JobFlavour": "espresso", "MaxRuntime": "3h"}, {"MY.JobFlavour": '"espresso"', "MY.MaxRuntime": "10800"}),
    ],
)
def test_own_options_win_over_the_walltime(own: dict[str, str], meant: dict[str, str]) -> None:
    assert written(None, TWO_HOURS, custom_options=own) == meant


@pytest.mark.parametrize("own", [{"MaxRuntime": "1h"}, {"JobFlavour": "microcentury"}])
def test_own_options_that_allow_less_than_the_walltime_are_refused(own: dict[str, str], golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        written(None, TWO_HOURS, custom_options=own)
    assert [caught.value.name] == list(own)
    golden(f"cern/less-than-the-walltime-{caught.value.name}", caught.value)


def test_a_walltime_beyond_all_flavours_is_refused(golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        written(None, Walltime(8 * 86400, 8 * 86400 + 300))
    assert caught.value.name == "walltime"
    golden("cern/a-walltime-beyond-all-flavours", caught.value)


NO_SETTINGS = CernSettings()


@pytest.mark.parametrize(
    ("options", "told", "seconds"),
    [
        ({}, NO_SETTINGS, 1200),  # CERN's default
        ({}, CernSettings(job_flavour="workday"), 8 * 3600),
        ({}, CernSettings(max_runtime="90 min"), 2 * 3600),
        ({"walltime": "5 min"}, CernSettings(job_flavour="workday"), None),
        ({"walltime": ""}, NO_SETTINGS, 1200),
        ({"custom_options": {"JobFlavour": "longlunch"}, "walltime": "5 min"}, NO_SETTINGS, 2 * 3600),
        ({"jobflavour": '"Espresso"'}, CernSettings(job_flavour="workday"), 1200),
        ({"custom_options": {"maxruntime": "30 min", "JobFlavour": "workday"}}, NO_SETTINGS, 1800),
        ({"custom_options": {"MaxRuntime": "RequestCpus * 60"}}, NO_SETTINGS, None),
    ],
)
def test_the_time_that_a_job_may_take_is_known_before_its_components_are(
    options: dict[str, Any], told: CernSettings, seconds: int | None
) -> None:
    assert rules.time_limit(MapOptions(**options), told) == seconds


@pytest.mark.parametrize("own", [{"JobFlavour": "longlunch"}, {"MaxRuntime": "50 min"}])
def test_as_many_components_as_fit_into_that_time_are_not_refused(own: dict[str, str]) -> None:
    limit = rules.time_limit(MapOptions(custom_options=own), NO_SETTINGS)
    assert limit is not None
    together = limit // 300 * 300
    assert set(written(None, Walltime(together, together + 300), custom_options=own)) == {f"MY.{name}" for name in own}


def test_own_options_win_over_the_settings() -> None:
    told = CernSettings(max_runtime="1d", accounting_group="group_u_X.y", want_os="el9")
    own = {"JobFlavour": "espresso", "AccountingGroup": '"group_u_Z"', "WantOS": '"el8"'}
    assert written(told, custom_options=own) == {
        "MY.JobFlavour": '"espresso"',
        "MY.AccountingGroup": '"group_u_Z"',
        "MY.WantOS": '"el8"',
    }
    assert written(told, custom_options={"MaxRuntime": 60})["MY.MaxRuntime"] == "60"
    assert "MY.JobFlavour" not in written(told, custom_options={"MaxRuntime": 60})
    assert "MY.AccountingGroup" not in written(told, accounting_group="group_u_Z")


@pytest.mark.parametrize(("name", "given"), [("JobFlavour", "expresso"), ("MaxRuntime", "2 fortnights")])
def test_an_option_that_makes_no_sense_is_refused(name: str, given: str, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        written(custom_options={name: given})
    golden(f"cern/wrong-option-{name}", caught.value)
