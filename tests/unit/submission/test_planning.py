"""What planning writes into a submit description by itself."""

from __future__ import annotations

import datetime
import os
import pwd
import re
import sys
from pathlib import Path
from typing import Any

import classad2
import pytest

from htmap_core import MapOptions, MapPlan, Walltime, names
from htmap_core.contract.authors import Authors
from htmap_core.exceptions import InvalidOption, SubmitConflict
from htmap_core.plugins.calls import plugins
from htmap_core.settings.chain import Settings
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.files.map_files import MapFiles
from htmap_core.submission.planning import describe
from htmap_core.testing.empty_pool import EmptyPool
from htmap_core.tracking import hold_codes
from htmap_run import codes
from htmap_run.names import RETRIED, SAVES
from tests.golden_files import Golden


def evaluated(job: str, expression: str, **options: Any) -> Any:
    """Return what a command of a map's submit description evaluates to in a job's ad."""
    ad = classad2.ClassAd(job)
    commands = described("assume", **options)
    ad["HTMapStartsInVain"] = classad2.ExprTree(commands["MY.HTMapStartsInVain"])
    ad["Evaluated"] = classad2.ExprTree(commands[expression])
    return ad.eval("Evaluated")


def described(
    method: str, components: int = 1, jobs: int = 1, *, is_chosen: bool = False, **options: Any
) -> dict[str, str]:
    given, keeps = MapOptions(**options), "checkpoint" in options
    files_and_sizes = Path("/maps/1"), Path("/maps/1/archive"), components, jobs
    plan = MapPlan("tide", *files_and_sizes, given, Settings(), EmptyPool(), keeps, is_chosen=is_chosen)
    files = MapFiles(plan.options)
    files.of_all(plan.map_dir, [])
    chosen, map_dir = plugins.delivery_method(method), MapDir(plan.map_dir)
    return describe(plan, chosen, map_dir, {}, files, plan.pool.parameter, Authors()).commands


# --- the wanted time


def limited(own: dict[str, Any] | None = None, column: str = "") -> dict[str, str]:
    """Return the submit commands of a map whose jobs may take an hour."""
    options = MapOptions(**(own or {}))
    plan = MapPlan(
        "tide",
        *(Path("/maps/1"), Path("/maps/1/archive")),
        1,
        1,
        options,
        Settings(),
        EmptyPool(),
        walltime=Walltime(3600, 3660),
    )
    files = MapFiles(plan.options)
    files.of_all(plan.map_dir, [])
    columns = {"walltime": column} if column else {}
    chosen, map_dir = plugins.delivery_method("assume"), MapDir(plan.map_dir)
    return describe(plan, chosen, map_dir, columns, files, plan.pool.parameter, Authors()).commands


LIMIT = "allowed_execute_duration"


def test_a_wanted_time_becomes_the_limit_of_htcondor() -> None:
    found = limited()
    assert (found[LIMIT], found["htmap_walltime"]) == ("$(htmap_walltime)", "3660")
    assert "walltime" not in found
    assert LIMIT not in described("assume")


def test_components_with_times_of_their_own_have_them_in_a_column() -> None:
    found = limited(column="htmap_walltime")
    assert found[LIMIT] == "$(htmap_walltime)"
    assert "htmap_walltime" not in found


@pytest.mark.parametrize("own", [3600, "86400", "RequestCpus * 60", ""])
def test_a_limit_of_the_users_own_wins(own: Any) -> None:
    found = limited({LIMIT: own})
    assert found[LIMIT] == str(own)
    assert "htmap_walltime" not in found


def test_a_limit_of_the_users_own_that_is_less_than_the_wanted_time_is_refused(golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        limited({LIMIT: 3599})
    assert caught.value.name == LIMIT
    golden("planning/a-limit-below-the-walltime", caught.value)


def test_an_attribute_of_the_users_own_can_have_the_limit() -> None:
    found = limited({"MY.MaxRuntime": "$(htmap_walltime)", LIMIT: ""})
    assert found["htmap_walltime"] == "3660"


def vacated(failures: str, last: int, **attributes: Any) -> str:
    """Return the ad of an idle job that was vacated for reasons, the last time for the one with that code."""
    given = {"JobStatus": 1, "NumHolds": 0, "VacateReasonCode": last, "VacateReason": '"no image"', **attributes}
    others = "".join(f"{name} = {value}; " for name, value in given.items())
    return f"[{others} NumVacatesByReason = [{failures}; StartdPreemptExpression = 9]]"


@pytest.mark.parametrize("failures", [("SingularityTestFailed = 3", 45), ("ContainerError = 3", 1021)])
def test_a_job_whose_container_could_not_be_started_three_times_is_held_with_the_last_reason(
    failures: tuple[str, int],
    golden: Golden,
) -> None:
    job = vacated(*failures)
    assert evaluated(job, "periodic_hold") is True
    golden("planning/a-job-whose-container-could-not-be-started-three", evaluated(job, "periodic_hold_reason"))


@pytest.mark.parametrize(
    "job",
    [
        pytest.param("[]", id="a new job"),
        pytest.param(vacated("SingularityTestFailed = 2", 45), id="two failures"),
        pytest.param(vacated("SingularityTestFailed = 5", 45, NumHolds=1), id="failures before a release"),
        pytest.param(vacated("SingularityTestFailed = 9", 45, JobStatus=2), id="it runs at last"),
        pytest.param(vacated("SingularityTestFailed = 9", 1011), id="it ran at last and was evicted"),
        pytest.param(vacated("FailedToActivateClaim = 50", 1006), id="other reasons"),
    ],
)
def test_a_job_is_not_held_for_anything_less(job: str) -> None:
    assert evaluated(job, "periodic_hold") is not True


def loops(tried: int, begun: int, seconds: float = 0.0, **attributes: Any) -> str:
    """Return the ad of a job that was vacated each time that HTCondor tried to start it."""
    given = {
        "JobStatus": 1,
        "NumShadowStarts": tried,
        "NumJobStarts": begun,
        "NumVacates": tried,
        "RemoteWallClockTime": seconds,
        "VacateReasonCode": 1007,
        "VacateReason": '"Error from slot1_1@wn7: Starter failed to initialize"',
        **attributes,
    }
    return "[" + "; ".join(f"{name} = {value}" for name, value in given.items()) + "]"


HOUR = 3600.0


@pytest.mark.parametrize(
    ("job", "name"),
    [
        pytest.param(loops(10, 0), "never", id="it never began"),
        pytest.param(loops(21, 1, HOUR), "began-once", id="it began once, long ago"),
        pytest.param(loops(20, 0, NumHolds=1), "after-a-release", id="it was released"),
        pytest.param(loops(20, 20, 240.0), "brief", id="it is taken away at once"),
        pytest.param("[JobStatus = 1; NumShadowStarts = 10]", "older", id="HTCondor counts no vacates"),
    ],
)
def test_a_job_that_would_be_started_for_ever_is_held_with_what_htcondor_said(
    job: str, name: str, golden: Golden
) -> None:
    assert evaluated(job, "periodic_hold") is True
    golden(f"planning/a-job-that-would-be-started-for-ever-{name}", evaluated(job, "periodic_hold_reason"))


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(loops(9, 0), id="a few times"),
        pytest.param(loops(19, 0, NumHolds=1), id="a few times after a release"),
        pytest.param(loops(10, 0, JobStatus=2), id="it is being tried"),
        pytest.param(loops(11, 1, JobStatus=2), id="it runs at last"),
        pytest.param(loops(300, 300, 300 * HOUR), id="evicted after hours"),
        pytest.param(loops(20, 1, HOUR), id="it began once"),
        pytest.param(loops(40, 30, 30 * HOUR), id="as many times as it ran"),
        pytest.param(loops(15, 1, HOUR, NumVacates=0), id="the schedd was restarted"),
        pytest.param(loops(50, 50, 50.0, NumJobCompletions=50), id="its own retries"),
        pytest.param(loops(25, 25, 9.0, JobStatus=2), id="brief runs, but it runs"),
    ],
)
def test_a_job_that_gets_on_is_not_held(job: str) -> None:
    assert evaluated(job, "periodic_hold") is not True


@pytest.mark.parametrize(
    ("job", "subcode"),
    [
        (vacated("ContainerError = 3", 1021), hold_codes.CONTAINER_FAILED),
        (loops(10, 0), hold_codes.NEVER_BEGAN),
        (loops(20, 20, 240.0), hold_codes.TAKEN_AWAY),
        ("[JobStatus = 1; Own = 8]", 8),
    ],
)
def test_the_subcode_of_a_hold_says_which_policy_it_was(job: str, subcode: int) -> None:
    own = {"periodic_hold": "Own =?= 8", "periodic_hold_subcode": "Own"}
    assert evaluated(job, "periodic_hold", **own) is True
    assert evaluated(job, "periodic_hold_subcode", **own) == subcode


OF_IMAGES = [
    ("DockerImage", "me/analysis:1"),
    ("ContainerImage", "docker://me/analysis:1"),
    ("SingularityImage", "/cvmfs/example.org/analysis"),
]


@pytest.mark.parametrize(("attribute", "image"), OF_IMAGES)
def test_a_hold_of_a_job_in_a_container_names_the_image(attribute: str, image: str) -> None:
    named = {attribute: f'"{image}"'}
    assert image in evaluated(vacated("ContainerError = 3", 1021, **named), "periodic_hold_reason")
    ended = f'[{attribute} = "{image}"; ExitBySignal = false; ExitCode = 92; NumJobCompletions = 3]'
    assert image in evaluated(ended, "on_exit_hold_reason")


def test_a_hold_of_a_job_without_a_container_is_told_without_an_image() -> None:
    ended = "[ExitBySignal = false; ExitCode = 92; NumJobCompletions = 3]"
    assert "image" not in evaluated(ended, "on_exit_hold_reason")


def test_quotation_marks_and_lines_in_what_htcondor_said_do_not_cost_the_reason() -> None:
    said = r'"Get \"https://h/v2/\": refused\nFATAL: it"'
    of_container = vacated("ContainerError = 3", 1021, VacateReason=said)
    for job in (of_container, loops(10, 0, VacateReason=said), loops(20, 20, 240.0, VacateReason=said)):
        reason = evaluated(job, "periodic_hold_reason")
        assert "Get 'https://h/v2/': refused'FATAL: it" in reason
        assert not {'"', "\n"} & set(reason)


def test_a_container_that_htcondor_says_nothing_of_is_held_with_a_reason() -> None:
    job = "[JobStatus = 1; NumVacatesByReason = [ContainerError = 3]; VacateReasonCode = 1021]"
    assert isinstance(evaluated(job, "periodic_hold_reason"), str)


def test_the_exit_policy_has_its_subcode_only_where_it_is_ours() -> None:
    assert described("assume")["on_exit_hold_subcode"] == str(hold_codes.COULD_NOT_FINISH)
    assert "on_exit_hold_subcode" not in described("assume", on_exit_hold="ExitCode == 3")
    assert described("assume", on_exit_hold="ExitCode == 3", on_exit_hold_subcode=9)["on_exit_hold_subcode"] == "9"


def test_evicted_jobs_are_matched_together_because_requirements_refer_to_small_numbers_only() -> None:
    referred = set(re.findall(r"\b[A-Z]\w+", described("assume")["MY.HTMapStartsInVain"]))
    counts = {"NumShadowStarts", "NumJobStarts", "NumHolds", "NumVacates", "NumVacatesByReason", "VacateReasonCode"}
    assert referred == {*counts, "SingularityTestFailed", "ContainerError"}


def test_such_a_job_is_not_matched_again_before_it_is_held_for_it_would_hardly_ever_be_found_idle() -> None:
    either = {"requirements": "true || false"}
    assert evaluated(vacated("SingularityTestFailed = 3", 45), "requirements", **either) is False
    assert evaluated(vacated("SingularityTestFailed = 3", 45, NumHolds=1), "requirements", **either) is True
    assert evaluated(loops(10, 0), "requirements") is False
    assert evaluated(loops(10, 0, NumHolds=1), "requirements") is True
    assert evaluated("[]", "requirements", **either) is True


def test_a_job_is_still_held_when_the_user_says_so_and_for_the_users_reason() -> None:
    own = {"periodic_hold": "NumJobStarts > 7", "periodic_hold_reason": '"too many starts"'}
    assert evaluated("[NumJobStarts = 8]", "periodic_hold", **own) is True
    assert evaluated("[NumJobStarts = 8]", "periodic_hold_reason", **own) == "too many starts"
    assert evaluated("[NumJobStarts = 7]", "periodic_hold", **own) is False


def test_a_users_hold_expression_that_cannot_be_evaluated_takes_nothing_from_the_other_reason() -> None:
    job = vacated("SingularityTestFailed = 3", 45)
    assert evaluated(job, "periodic_hold", periodic_hold="Nonsense + 1 > 7") is True


def test_what_a_job_returns_gets_names_that_are_fixed_when_it_is_submitted() -> None:
    commands = described("assume")
    assert commands["initialdir"] == "/maps/1/outputs"
    assert commands["transfer_output_files"] == "_htmap_return"
    remaps = commands["transfer_output_remaps"].strip('"').split(";")
    names = ("result", "stdout", "stderr", "files")
    assert remaps == [f"_htmap_return/{name}=$(htmap_result).{name}" for name in names]
    assert commands["output"] == "job.stdout"


def test_files_that_are_sent_elsewhere_are_remapped_beside_them() -> None:
    commands = described("assume", output_remaps={"a": "/b"})
    assert commands["transfer_output_remaps"].endswith('=$(htmap_result).files;$(htmap_remaps)"')
    assert commands["arguments"] == '"$Fnx(htmap_inputs) $(htmap_components) $(htmap_remapped)"'


def test_what_the_map_sends_lies_beside_the_outputs() -> None:
    assert (
        described("assume")["transfer_input_files"] == "../_htmap_function,../inputs/$(htmap_inputs),../_htmap_return"
    )


def test_what_a_method_starts_gets_its_path_as_one_argument_whatever_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", """/o'clock "here" $x/python""")
    commands = described("shared")
    assert commands["arguments"].startswith("""\"--start '/o''clock ""here"" $x/python' $Fnx(""")
    assert commands["executable"] == "/maps/1/archive"


@pytest.mark.parametrize("options", [{}, {"checkpoint": True}])
def test_no_job_asks_to_reach_the_submit_side_while_it_runs(options: dict[str, Any]) -> None:
    names = {name.casefold() for name in described("assume", **options)}
    assert not names & {"my.wantioproxy", "+wantioproxy", "wantioproxy"}


def test_no_job_gets_the_environment_of_the_submit_side() -> None:
    assert {"getenv", "environment"} & {name.casefold() for name in described("assume")} == set()


def test_keys_of_buckets_stay_in_their_files(tmp_path: Path) -> None:
    files: dict[str, Any] = {name: tmp_path / name for name in ("aws_access_key_id_file", "aws_secret_access_key_file")}
    for name, path in files.items():
        path.write_text(f"hush {name}")
    commands = described("assume", output_remaps={"a": "s3://s3.example.org/bucket/x"}, **files)
    assert {str(path) for path in files.values()} <= set(commands.values())
    assert "hush" not in str(commands)


@pytest.mark.parametrize(
    ("options", "user"),
    [
        ({"accounting_group": "group_physics"}, pwd.getpwuid(os.geteuid()).pw_name),
        ({"accounting_group": "group_physics", "accounting_group_user": "bob"}, "bob"),
        ({"nice_user": True}, pwd.getpwuid(os.geteuid()).pw_name),
        ({"nice_user": False}, None),
        ({"accounting_group_user": "bob"}, "bob"),
        ({}, None),
    ],
)
def test_the_user_of_an_accounting_group_is_named(options: dict[str, Any], user: str | None) -> None:
    assert described("assume", **options).get("accounting_group_user") == user


@pytest.mark.parametrize("given", ["/data/me", "data.example.org/me", ""])
def test_a_destination_of_checkpoints_that_is_no_url_is_refused(given: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        described("assume", checkpoint="exit", checkpoint_destination=given)
    assert caught.value.name == "checkpoint_destination"


def test_another_exit_code_for_checkpoints_is_a_conflict() -> None:
    with pytest.raises(SubmitConflict):
        described("assume", checkpoint="exit", checkpoint_exit_code=77)


@pytest.mark.parametrize(
    ("chunksize", "options", "saves"),
    [
        (10, {"retry_request_memory": "2GB"}, True),
        (10, {"retry_request_memory_increase": "RequestMemory * 2", "retry_request_memory_max": "8GB"}, True),
        (1, {"retry_request_memory": "2GB"}, False),
        (10, {}, False),
    ],
)
def test_jobs_with_something_to_lose_save_it_before_they_use_the_memory_for_which_they_get_more(
    chunksize: int, options: dict[str, Any], saves: bool
) -> None:
    commands = described("assume", chunksize, results_interval=False, **options)

    assert commands.get("checkpoint_exit_code") == (str(codes.SAVED) if saves else None)
    assert commands.get("transfer_checkpoint_files") == (names.RETURN if saves else None)


SAVING: dict[str, tuple[int, dict[str, Any], str | None]] = {
    "components that share jobs": (10, {}, "10 600 100 2"),
    "a job for each component": (1, {}, None),
    "the user does not want it": (10, {"results_interval": False}, None),
    "the user says so": (10, {"results_interval": True}, "10 600 100 2"),
    "the user says how often": (10, {"results_interval": 60}, "60 60 100 100"),
    "likewise": (10, {"results_interval": datetime.timedelta(minutes=5)}, "300 300 100 100"),
    "in words": (10, {"results_interval": "5 min"}, "300 300 100 100"),
    "an exit code of the user's": (10, {"checkpoint_exit_code": 77}, None),
    "a destination of the user's": (10, {"checkpoint_destination": "https://data.example.org/me"}, None),
    "both": (10, {"checkpoint_destination": "https://data.example.org/me", "results_interval": 60}, "60 60 100 100"),
    "checkpoints by exit": (10, {"checkpoint": "exit"}, "10 600 100 2"),
}


@pytest.mark.parametrize("which", SAVING)
def test_results_of_jobs_that_components_share_come_early(which: str) -> None:
    chunksize, options, rules = SAVING[which]
    commands = described("assume", chunksize, **options)

    assert commands.get(f"MY.{SAVES}") == (f'"{rules}"' if rules else None)
    code = options.get("checkpoint_exit_code", codes.SAVED if rules else None)
    assert commands.get("checkpoint_exit_code") == (str(code) if code else None)
    assert commands.get("transfer_checkpoint_files") == (names.RETURN if rules else None)


@pytest.mark.parametrize(
    ("job", "released"),
    [
        ("[HoldReasonCode = 36; HoldReasonSubCode = -1; NumHolds = 1]", True),
        ("[HoldReasonCode = 36; HoldReasonSubCode = -1; NumHolds = 4]", False),  # it comes again and again
        ("[HoldReasonCode = 36; HoldReasonSubCode = 256; NumHolds = 1]", False),
        ("[HoldReasonCode = 1; HoldReasonSubCode = 0; NumHolds = 1]", False),
        ("[HoldReasonCode = 13; NumHolds = 1]", True),  # the user says so
    ],
)
def test_a_job_whose_results_could_not_be_saved_is_released_to_go_on_without(job: str, released: bool) -> None:
    asked = {"components": 10, "periodic_release": "HoldReasonCode == 13"}
    assert evaluated(job, "periodic_release", **asked) is released


def test_jobs_that_save_nothing_are_released_as_the_user_says() -> None:
    assert "periodic_release" not in described("assume")
    assert described("assume", periodic_release="false")["periodic_release"] == "false"


# --- retries


@pytest.mark.parametrize(
    ("given", "code", "completions", "is_over"),
    [
        (False, codes.COMPONENT_FAILED, 1, True),
        (True, codes.COMPONENT_FAILED, 1, False),
        (True, codes.COMPONENT_FAILED, 3, True),
        ((OSError, ValueError), codes.COMPONENT_FAILED, 1, True),  # it was raised by something else
        ((OSError, ValueError), codes.TRY_AGAIN, 1, False),
        ((OSError, ValueError), codes.TRY_AGAIN, 3, True),
        (True, codes.REFUSED, 1, True),
    ],
)
def test_a_failed_job_runs_again_because_of_the_exceptions_that_are_named(
    given: Any, code: int, completions: int, is_over: bool
) -> None:
    job = f"[NumJobCompletions = {completions}; ExitBySignal = false; ExitCode = {code}]"
    assert evaluated(job, "on_exit_remove", retry_exceptions=given) is is_over
    assert evaluated(job, "on_exit_hold", retry_exceptions=given) is False


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"retry_exceptions": (OSError, "study.TooBusy")}, '"OSError, study.TooBusy"'),
        ({"retry_exceptions": OSError, "max_retries": 0}, None),
        ({"retry_exceptions": True}, None),
        ({}, None),
    ],
)
def test_the_job_is_told_which_exceptions_are_named(options: dict[str, Any], told: str | None) -> None:
    assert described("assume", **options).get(f"MY.{RETRIED}") == told


CHOSEN: dict[str, Any] = {"components": 10, "is_chosen": True}
LEAVES = f"MY.{names.LEAVES}"


@pytest.mark.parametrize(
    ("ended", "held"),
    [
        (f"ExitBySignal = false; ExitCode = {codes.LEFT}", False),
        (f"ExitBySignal = false; ExitCode = {codes.AGAIN}", False),
        (f"ExitBySignal = false; ExitCode = {codes.CANNOT_FINISH}", True),
        ("ExitBySignal = true; ExitSignal = 9", True),
    ],
)
def test_a_job_that_has_left_its_slot_in_time_is_run_again_however_often(ended: str, held: bool) -> None:
    job = f"[NumJobCompletions = 99; {ended}]"
    assert described("assume", **CHOSEN)[LEAVES] == "0"
    assert described("assume", **CHOSEN, retry_exceptions=True, max_retries=7)[LEAVES] == "7"
    assert evaluated(job, "on_exit_remove", **CHOSEN) is False
    assert evaluated(job, "on_exit_hold", **CHOSEN) is held


@pytest.mark.parametrize(
    "options",
    [
        {"is_chosen": False},
        {"jobs": 10},
        {"results_interval": False},
        {"checkpoint_exit_code": 77},
        {"checkpoint_destination": "https://data.example.org/me", "results_interval": 60},
        {"on_exit_remove": "true"},
        {"on_exit_hold": "false"},
    ],
)
def test_no_other_job_leaves_its_slot_in_time(options: dict[str, Any]) -> None:
    commands = described("assume", **{**CHOSEN, **options})
    assert LEAVES not in commands
    assert str(codes.LEFT) not in commands["on_exit_hold"]


@pytest.mark.parametrize(("jobs", "rules"), [(1000, "500 600 10 2"), (1_000_000, "5000 5000 1 2")])
def test_a_map_of_many_jobs_asks_the_schedd_no_more_often(jobs: int, rules: str) -> None:
    commands = described("assume", 10 * jobs, jobs, hold=True)  # all at once: this is not about their pace
    assert commands[f"MY.{SAVES}"] == f'"{rules}"'


@pytest.mark.parametrize("value", [-1, "soon", [1, 2]])
def test_another_interval_of_results_is_refused(value: Any) -> None:
    with pytest.raises(InvalidOption) as caught:
        described("assume", results_interval=value)
    assert caught.value.name == "results_interval"
