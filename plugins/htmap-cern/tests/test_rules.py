"""CERN's attributes in the submit description."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from htmap_cern.errors import CannotSendToEos
from htmap_cern.jobs import rules
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
    found = submit.commands()
    return {name: text for name, text in found.items() if text != _OF_A_CORE.get(name)}


_OF_A_CORE = {"request_memory": "2000MB", "request_disk": "20000MB"}


def test_without_a_word_from_the_user_nothing_is_written_but_requests() -> None:
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
    assert written(told, TWO_HOURS) == {"MY.MaxRuntime": "$(htmap_walltime) + 600", "MY.JobFlavour": '"workday"'}


@pytest.mark.parametrize(
    ("walltime", "flavour"),
    [
        (Walltime(60, 360), "espresso"),
        (Walltime(3600, 3900), "longlunch"),  # the transfer of inputs counts there
        (Walltime(7 * 86400, 7 * 86400 + 300), "nextweek"),  # no flavour has as much, and MaxRuntime has
    ],
)
def test_the_walltime_has_the_flavour_that_allows_it(walltime: Walltime, flavour: str) -> None:
    assert written(None, walltime)["MY.JobFlavour"] == f'"{flavour}"'


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


@pytest.mark.parametrize(
    ("own", "meant"),
    [
        ({"AccountingGroup": "group_u_BE.ABP.NORMAL"}, '"group_u_BE.ABP.NORMAL"'),
        ({"AccountingGroup": '"group_u_X"'}, '"group_u_X"'),
        ({"WantOS": "el9"}, '"el9"'),
        ({"WantOS": "$(system)"}, "$(system)"),
        ({"WantOS": "undefined"}, "undefined"),
        ({"WantOS": 'ifThenElse(ProcId > 3, "el8", "el9")'}, 'ifThenElse(ProcId > 3, "el8", "el9")'),
        (
            {"SingularityImage": "/cvmfs/unpacked.cern.ch/registry.hub.docker.com/library/python:3.9"},
            '"/cvmfs/unpacked.cern.ch/registry.hub.docker.com/library/python:3.9"',
        ),
    ],
)
def test_names_need_no_quotes_and_may_have_them(own: dict[str, Any], meant: str) -> None:
    (name,) = own
    assert written(custom_options=own) == {f"MY.{name}": meant}
    assert written(**own) == {f"MY.{name}": meant}


@pytest.mark.parametrize(
    ("own", "memory", "disk"),
    [
        ({}, "2000MB", "20000MB"),
        ({"request_cpus": 4}, "8000MB", "80000MB"),
        ({"request_cpus": "$(cores)"}, "2000 * ($(cores))", "20480000 * ($(cores))"),
        ({"request_memory": "500MB", "request_cpus": 4}, "500MB", "80000MB"),
        ({"RequestMemory": "500MB"}, None, "20000MB"),
        ({"request_disk": "1GB"}, "2000MB", "1GB"),
    ],
)
def test_memory_and_disk_come_with_cores(own: dict[str, Any], memory: str | None, disk: str) -> None:
    found = {**_OF_A_CORE, **written(**own)}
    if memory is None:
        assert found["requestmemory"] == own["RequestMemory"]
    else:
        assert found["request_memory"] == memory
    assert found["request_disk"] == disk


def test_more_starts_than_the_site_allows_are_refused(golden: Golden) -> None:
    assert written(max_retries=9) == {"max_retries": "9"}
    with pytest.raises(InvalidOption) as caught:
        written(max_retries=10)
    golden("cern/more-starts-than-the-site-allows", caught.value)


@pytest.mark.parametrize("remaps", [{"f": "/eos/user/a/alice/f"}, [{}, {"f": Path("/eos/home-a/alice/f")}]])
def test_outputs_that_go_to_eos_by_a_path_are_refused_with_the_url(remaps: Any) -> None:
    with pytest.raises(CannotSendToEos) as caught:
        written(output_remaps=remaps)
    assert caught.value.url == "root://eosuser.cern.ch//eos/user/a/alice/f"


def test_outputs_that_go_elsewhere_are_not_refused(tmp_path: Path) -> None:
    for to in ("root://eosuser.cern.ch//eos/user/a/alice/f", str(tmp_path / "f"), "eos/f"):
        assert written(output_remaps={"f": to})["MY.XRDCP_CREATE_DIR"] == "true"


def test_an_image_on_eos_is_not_sent_by_the_schedd() -> None:
    assert written(container_image="/eos/user/a/alice/tide.sif")["transfer_container"] == "false"
    assert "transfer_container" not in written(container_image="/afs/cern.ch/user/a/alice/tide.sif")
