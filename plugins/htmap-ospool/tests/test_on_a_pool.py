"""Maps on a pool whose schedd and slots have what those of the OSPool have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from htmap_ospool import site
from htmap_ospool.errors import ProjectNeeded
from htmap_ospool.warnings import LargeRequests, OlderWayAlone

import htmap
from htmap_core.testing import eventually, pool_of_its_own, run_htmap, using_htmap_dir

TIMEOUT = 180
PROJECT = "UWMadison_Tides"

# As the pilots' own START: no job without a project, and a long one only where there is time for it. The schedd gives jobs their
# limit by their category, and holds what was started too often; both are quick for jobs that are marked.
CONFIGURATION = """
HAS_SINGULARITY = True
OSPool = True
GLIDEIN_Site = "Quay"
GLIDEIN_ResourceName = "Quay-CE1"
GLIDEIN_ToDie = time() + 100000
STARTD_ATTRS = $(STARTD_ATTRS) HAS_SINGULARITY OSPool GLIDEIN_Site GLIDEIN_ResourceName GLIDEIN_ToDie
START = !isUndefined(TARGET.ProjectName) && \\
    ifThenElse(TARGET.JobDurationCategory =?= "Long", MY.GLIDEIN_ToDie - time() > 144000, True)
JOB_TRANSFORM_NAMES = Duration
JOB_TRANSFORM_Duration @=end
    EVALSET AllowedExecuteDuration ifThenElse(IsShort =?= true, 3, ifThenElse(JobDurationCategory == "Long", 144000, 72000))
@end
SYSTEM_PERIODIC_HOLD_NAMES = $(SYSTEM_PERIODIC_HOLD_NAMES) Starts
SYSTEM_PERIODIC_HOLD_Starts = IsRestless =?= true && NumShadowStarts > 0
SYSTEM_PERIODIC_HOLD_Starts_REASON = "The job restarted too many times"
PERIODIC_EXPR_INTERVAL = 2
"""

pytestmark = pytest.mark.pool


@pytest.fixture(scope="module")
def access_point(installed_htcondor: Path) -> Iterator[Path]:
    with pool_of_its_own(installed_htcondor, CONFIGURATION) as folder:
        yield folder


@pytest.fixture(autouse=True)
def on_it(access_point: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Have a test submit to it as to the OSPool."""
    monkeypatch.setenv("CONDOR_CONFIG", str(access_point / "pool" / "condor_config"))
    monkeypatch.setenv("HTMAP_OSPOOL_ENABLED", "true")
    monkeypatch.setenv("HTMAP_OSPOOL_PROJECT", PROJECT)
    monkeypatch.setenv("HTMAP_DELIVERY_METHOD", "shared")  # this machine has no container, see tests/site
    with using_htmap_dir(access_point):
        yield access_point


def attributes(mapped: htmap.Map) -> dict[str, object]:
    found: dict[str, object] = json.loads(run_htmap("job", mapped.tag, "0", "--json").stdout)["attributes"]
    return found


def test_a_map_runs_as_a_job_of_the_project() -> None:
    mapped = htmap.map(abs, [-1, -2], tag="tides")
    assert list(mapped.iter(timeout=TIMEOUT)) == [1, 2]
    assert mapped._map_dir.record.pool.pool == "ospool"


def test_without_a_project_nothing_is_submitted_and_nothing_is_left(
    access_point: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HTMAP_OSPOOL_PROJECT")
    before = sorted(access_point.glob("maps/*"))
    with pytest.raises(ProjectNeeded):
        htmap.map(abs, [-1], tag="half-made")
    assert "half-made" not in htmap.get_tags()
    assert sorted(access_point.glob("maps/*")) == before
    mapped = htmap.map(abs, [-1], htmap.MapOptions(custom_options={"ProjectName": PROJECT}, hold="true"), tag="named")
    assert attributes(mapped)["ProjectName"] == PROJECT


def test_the_walltime_is_what_the_schedd_limits_jobs_by(access_point: Path) -> None:
    with pytest.warns(htmap.exceptions.SuspiciousMap):  # 30 hours are long, and no slot here lives for so long
        mapped = htmap.map(abs, [-1], htmap.MapOptions(walltime="30h", hold="true"), tag="long")
    found = attributes(mapped)
    assert (found["JobDurationCategory"], found["AllowedExecuteDuration"]) == ("Long", 144000)


def test_jobs_that_htmap_fills_know_when_the_ospool_would_hold_them() -> None:
    mapped = htmap.map(abs, range(40), htmap.MapOptions(hold="true"), chunksize="auto", tag="filled")
    assert attributes(mapped)["HTMapTimeLimit"] == 72000


def test_large_requests_are_told_when_the_map_is_made() -> None:
    with pytest.warns(htmap.exceptions.SuspiciousMap) as told:
        htmap.map(abs, [-1], htmap.MapOptions(request_cpus=12, hold="true"), tag="large")
    assert [each.message.requests for each in told if isinstance(each.message, LargeRequests)] == [
        {"request_cpus": "12"}
    ]


def test_where_only_pilots_run_containers_the_image_is_named_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_DELIVERY_METHOD", "singularity")
    image = "osdf:///ospool/ap40/data/ada/tides-v1.sif"
    with pytest.warns(htmap.exceptions.SuspiciousMap) as told:
        htmap.map(abs, [-1], htmap.MapOptions(container_image=image, hold="true"), tag="by-option")
    warned = [each.message for each in told if isinstance(each.message, OlderWayAlone)]
    assert [(each.image, each.slots) for each in warned] == [(image, 1)]
    monkeypatch.setenv("HTMAP_SINGULARITY_IMAGE", image)
    mapped = htmap.map(abs, [-1], htmap.MapOptions(hold="true"), tag="by-setting")  # warnings are errors here
    found = attributes(mapped)
    assert (found["SingularityImage"], found["JobUniverse"]) == (image, 5)


def test_packages_travel_on_top_of_an_image_that_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    image = "osdf:///ospool/ap40/data/ada/python-3.11.sif"
    monkeypatch.setenv("HTMAP_DELIVERY_METHOD", "packages")
    monkeypatch.setenv("HTMAP_PACKAGES_ON_TOP_OF", "singularity")
    monkeypatch.setenv("HTMAP_SINGULARITY_IMAGE", image)
    planned = htmap.plan(abs, [-1])
    assert (planned.delivery_method, planned.commands["MY.SingularityImage"]) == ("packages", f'"{image}"')
    assert planned.commands["MY.ProjectName"] == f'"{PROJECT}"'


@pytest.mark.parametrize(("mark", "word"), [("IsShort", "14"), ("IsRestless", "thirty")])
def test_what_a_hold_of_the_schedds_means_is_told(mark: str, word: str) -> None:
    def never() -> None:
        import time

        time.sleep(600)

    mapped = htmap.starmap(never, args=[()], map_options=htmap.MapOptions(custom_options={mark: "true"}), tag=mark)
    eventually(lambda: mapped.holds, says="the job is held", within=TIMEOUT)
    (words,) = mapped.why()[0].site
    assert word in words
    for command in ("why", "reasons"):
        assert words in run_htmap(command, mark).stdout


def test_a_job_that_is_evicted_starts_again_with_the_words_of_the_ospool(tmp_path: Path) -> None:
    def started(path: str) -> int:
        import time

        with Path(path).open("a") as file:
            file.write("x")
        while Path(path).stat().st_size < 2:
            time.sleep(0.1)
        return 1

    mapped = htmap.map(started, [str(tmp_path / "starts")], tag="evicted")
    eventually((tmp_path / "starts").exists, says="the job runs", within=TIMEOUT)
    mapped.vacate()
    assert mapped.get(0, timeout=TIMEOUT) == 1
    assert (tmp_path / "starts").read_text() == "xx"


def test_of_an_evicted_job_that_waits_it_is_told_that_this_is_usual(tmp_path: Path) -> None:
    def started(path: str) -> None:
        import time

        Path(path).touch()
        time.sleep(600)

    once = htmap.MapOptions(requirements="(MY.NumShadowStarts ?: 0) < 1")  # where there is no other machine
    mapped = htmap.map(started, [str(tmp_path / "started")], once, tag="waits")
    eventually((tmp_path / "started").exists, says="the job runs", within=TIMEOUT)
    mapped.vacate()
    eventually(lambda: mapped.component_statuses == ["IDLE"], says="the job waits", within=TIMEOUT)
    told = [words for each in mapped.why() for words in each.site]
    assert ["thirty" in words for words in told] == [True]


def test_doctor_tells_of_the_project_and_of_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> dict[str, str]:
        checked = json.loads(run_htmap("doctor", "--json").stdout)["checks"]
        return {each["area"]: each["verdict"] for each in checked if each["area"] in {"project", "containers", "osdf"}}

    assert (found()["project"], found()["containers"]) == ("ok", "ok")
    monkeypatch.delenv("HTMAP_OSPOOL_PROJECT")
    assert found()["project"] == "problem"


def test_maps_elsewhere_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_OSPOOL_ENABLED", "false")
    monkeypatch.delenv("CONDOR_CONFIG")
    mapped = htmap.map(abs, [-1], htmap.MapOptions(hold="true"), tag="elsewhere")
    assert {"ProjectName", "JobDurationCategory"} & attributes(mapped).keys() == set()
    assert "OSPOOL.ENABLED" in site.Ospool().advice()
