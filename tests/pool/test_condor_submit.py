"""What is submitted through the bindings is what ``condor_submit`` would have submitted."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core import names
from htmap_core.condor.bindings import bindings_version
from htmap_core.language.submit_text import render
from htmap_core.plugins.pools import find_pool

pytestmark = pytest.mark.pool

# What says who has submitted, with which version, and when.
OF_THE_SUBMITTER = {
    names.SUBMISSION_TOKEN,
    *("ClusterId", "QDate", "GlobalJobId", "EnteredCurrentStatus", "ServerTime"),
    *("CondorPlatform", "CondorVersion", "JobSubmitFile", "JobSubmitMethod", "SubmitVersion"),
    *("AutoClusterId", "AutoClusterAttrs", "LastRejMatchNegotiator", "LastRejMatchReason", "LastRejMatchTime"),
}

OPTIONS = [
    {},
    {"accounting_group": "group_physics"},
    {"accounting_group": "group_physics", "accounting_group_user": "bob"},
    {"accounting_group_user": "bob"},
    {"nice_user": "true"},
    {"notification": "always", "notify_user": "ada@example.org", "email_attributes": "Cmd"},
    {"getenv": "HOME", "environment": "\"A=1 B='2 3'\""},
    {"periodic_remove": "JobStatus == 5", "periodic_release": "false", "leave_in_queue": "false"},
    {"concurrency_limits": "A,b:2", "rank": "Memory", "priority": "5", "job_lease_duration": "100"},
    {"deferral_time": "9999999999", "deferral_window": "5", "deferral_prep_time": "60", "run_as_owner": "false"},
    {"stream_error": "true", "kill_sig": "SIGTERM", "kill_sig_timeout": "3", "want_graceful_removal": "true"},
    {"allowed_job_duration": "3600", "allowed_execute_duration": "3600", "retry_request_memory": "2GB"},
    {"request_gpus": "1", "gpus_minimum_memory": "1GB"},
]


@pytest.fixture
def condor_submit(personal_pool: Path) -> Path:
    program = personal_pool / "pool" / "htcondor" / "usr" / "bin" / "condor_submit"
    if not program.exists():
        pytest.skip("the pool has no condor_submit of its own")
    theirs = str(find_pool()[1].schedd_ad()["CondorVersion"]).split()[1]  # of the same package
    ours = bindings_version().split()[1]
    if ours.split(".")[:2] != theirs.split(".")[:2]:
        pytest.skip(f"condor_submit has version {theirs}, and the bindings have {ours}")
    return program


@pytest.mark.filterwarnings("ignore::htmap.exceptions.NoSlotFits")
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options) or "none")
def test_the_ads_of_both_are_alike(options: dict[str, str], condor_submit: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {"hold": "true", **options}
    mapped = htmap.map(str, [1], map_options=htmap.MapOptions(**given))
    commands, columns = mapped._map_dir.read_submit()
    if "accounting_group_user" not in options:
        commands.pop("accounting_group_user", None)  # HTMap's own, because only `condor_submit` knows it by itself
    (tmp_path / "map.sub").write_text(render(commands, columns, mapped._map_dir.items(0)))
    pool = find_pool()[1]
    ran = subprocess.run(
        [condor_submit, "-terse", "map.sub"],
        cwd=tmp_path,
        env={**os.environ, "CONDOR_CONFIG": str(pool.address.configuration)},
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = _ad(f"ClusterId == {int(ran.stdout.split('.')[0])}")
    assert _ad(f"ClusterId == {mapped._map_dir.submissions.all()[0].cluster}") == theirs


def _ad(constraint: str) -> dict[str, Any]:
    (found,) = find_pool()[1].query_jobs(constraint)
    return {name: value for name, value in found.items() if name not in OF_THE_SUBMITTER}


def test_the_users_of_a_group_stay_apart(personal_pool: Path) -> None:
    options = htmap.MapOptions(hold="true", accounting_group="group_physics")
    ad = _ad(htmap.map(str, [1], map_options=options)._map_dir.own_jobs)
    user = pwd.getpwuid(os.geteuid()).pw_name
    assert (ad["AcctGroup"], ad["AcctGroupUser"]) == ("group_physics", user)
    assert ad["AccountingGroup"] == f"group_physics.{user}"
