"""Two access points that share one HTMAP_DIR: a map belongs to the schedd that has its jobs, wherever its user is."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import htmap
from htmap.exceptions import SubmittedElsewhere
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import PoolAddress
from htmap_core.maps import recovery
from htmap_core.results import news
from htmap_core.storage import deletion
from htmap_core.testing import eventually
from tests.pool.access_points import SECOND, AccessPoints, access_points

pytestmark = [pytest.mark.pool, pytest.mark.filterwarnings("ignore::htmap.exceptions.SilentPool")]

IDLE, HELD = htmap.ComponentStatus.IDLE, htmap.ComponentStatus.HELD
UNMATCHED = htmap.MapOptions(requirements="false")
WITHOUT_COLLECTOR = "COLLECTOR_HOST = 127.0.0.1:9"


@pytest.fixture(scope="module")
def site(installed_htcondor: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessPoints]:
    with access_points(installed_htcondor, tmp_path_factory.mktemp("access-points")) as points:
        yield points


@pytest.fixture
def points(site: AccessPoints, htmap_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AccessPoints]:
    """Give a test the access points, of which it is on the first, and an HTMAP_DIR for both."""
    monkeypatch.setenv("CONDOR_CONFIG", str(site.configuration))
    monkeypatch.setattr(news, "QUIET", 0.5)  # a minute of silence would be long for a test
    htmap.settings["DELIVERY_METHOD"] = (
        "assume"  # of a pool on another machine, the best would be to send all of Python
    )
    site.go_to("first")
    yield site
    site.go_to("first")
    for tag in htmap.get_tags():
        htmap.load(tag).remove(force=True)


@pytest.fixture
def made(points: AccessPoints) -> htmap.Map:
    """A map that was made on the first access point, whose cluster's number is one of a stranger's on the second."""
    with points.on("second"):
        last = a_stranger_submits()
    assert not any(iter(lambda: a_stranger_submits() >= last, True))  # until the first counts as far as the second
    made = htmap.map(str, range(2), map_options=UNMATCHED, tag="tide")
    number = cluster_of(made)
    with points.on("second"):
        assert not any(iter(lambda: a_stranger_submits() >= number, True))
    return made


def here() -> Connection:
    """The schedd of the access point that the test is on."""
    return Connection(PoolAddress.of_machine("machine"))


def a_stranger_submits() -> int:
    """Submit two held jobs to the local schedd, and return the number of their cluster."""
    return here().submit("executable = /bin/true\nhold = true\nqueue 2\n").cluster


@pytest.fixture
def cluster(made: htmap.Map) -> int:
    """The number of the map's cluster on the first access point, and of the stranger's on the second."""
    return cluster_of(made)


def cluster_of(mapped: htmap.Map) -> int:
    return mapped._map_dir.submissions.all()[0].cluster or 0


def statuses(cluster: int) -> list[int]:
    """The statuses that the local schedd gives the jobs of a cluster: 1 is idle, 5 is held."""
    return [ad["JobStatus"] for ad in here().query_jobs(f"ClusterId == {cluster}", ["JobStatus"])]


def as_of_an_earlier_version(mapped: htmap.Map) -> None:
    """Forget the schedd's name, and make the event log one of a schedd that others can reach, which loopback is not."""
    map_dir = mapped._map_dir
    map_dir.write_record(attrs.evolve(map_dir.record, pool=attrs.evolve(map_dir.record.pool, schedd=None)))
    map_dir.events.write_bytes(map_dir.events.read_bytes().replace(b"host: <127.0.0.1:", b"host: <10.1.2.3:"))
    map_dir._record = None  # as read again by another process


class TestAMapOfTheFirst:
    def test_it_knows_its_schedd(self, points: AccessPoints, made: htmap.Map) -> None:
        assert made._map_dir.record.pool.schedd == here().schedd_ad()["Name"]
        with points.on("second"):
            other = htmap.map(str, [1], map_options=UNMATCHED)
        assert other._map_dir.record.pool.schedd == SECOND

    def test_on_the_second_it_is_waited_for_and_its_components_are_not_taken_for_removed(
        self, points: AccessPoints, made: htmap.Map
    ) -> None:
        with points.on("second"), pytest.raises(htmap.exceptions.TimeoutError):
            made.wait(timeout=2)
        assert made.component_statuses == [IDLE, IDLE]

    def test_on_the_second_what_acts_on_it_acts_on_the_first(
        self, points: AccessPoints, made: htmap.Map, cluster: int
    ) -> None:
        with points.on("second"):
            made.hold()
            assert made.component_statuses == [HELD, HELD]
            made.release()
            assert statuses(cluster) == [5, 5], "they are a stranger's"
            made.remove()
            assert statuses(cluster) == [5, 5]
        assert statuses(cluster) == []

    def test_on_its_own_access_point_it_needs_no_collector(
        self, points: AccessPoints, made: htmap.Map, cluster: int
    ) -> None:
        with points.on("first", WITHOUT_COLLECTOR):
            made.hold()
            made.remove()
        assert statuses(cluster) == []

    @pytest.mark.parametrize("act", ["hold", "remove"])
    def test_where_its_schedd_cannot_be_found_the_error_says_where_to_go(
        self, points: AccessPoints, made: htmap.Map, act: str
    ) -> None:
        with points.on("second", WITHOUT_COLLECTOR), pytest.raises(SubmittedElsewhere) as caught:
            getattr(made, act)()
        assert caught.value.schedd == made._map_dir.record.pool.schedd
        assert caught.value.machine == here().parameter("FULL_HOSTNAME")
        assert made.component_statuses == [IDLE, IDLE]

    def test_where_its_schedd_cannot_be_found_it_can_be_read_and_waited_for(
        self, points: AccessPoints, made: htmap.Map
    ) -> None:
        with points.on("second", WITHOUT_COLLECTOR):
            with pytest.raises(htmap.exceptions.TimeoutError):
                htmap.load("tide").wait(timeout=2)
            assert htmap.load("tide").component_statuses == [IDLE, IDLE]

    def test_its_interrupted_removal_is_finished_from_the_second(
        self, points: AccessPoints, made: htmap.Map, cluster: int
    ) -> None:
        map_dir = made._map_dir
        with deletion.announced(map_dir, "tide", map_dir.pool, map_dir.own_jobs) as removal:
            pass
        with points.on("second", WITHOUT_COLLECTOR):
            recovery.settle()
            assert removal.marker.exists()
        assert statuses(cluster) == [1, 1]
        with points.on("second"):
            eventually(lambda: not any(each.problem for each in recovery.settle(at_once=True)), says="it is finished")
            assert statuses(cluster) == [5, 5], "they are a stranger's"
        assert statuses(cluster) == []
        assert not removal.marker.exists()


class TestAMapOfAnEarlierVersion:
    """It names no schedd, but its event log tells the machine of the schedd."""

    @pytest.fixture
    def old(self, points: AccessPoints) -> htmap.Map:
        with points.on("second"):
            old = htmap.map(str, range(2), map_options=UNMATCHED, tag="old")
        as_of_an_earlier_version(old)
        return old

    def test_on_its_own_access_point_it_goes_on(self, points: AccessPoints, old: htmap.Map) -> None:
        with points.on("second"):
            old.hold()
            assert old.component_statuses == [HELD, HELD]

    def test_on_another_the_error_says_where_to_go(self, points: AccessPoints, old: htmap.Map) -> None:
        with pytest.raises(SubmittedElsewhere) as caught:
            old.hold()
        assert caught.value.machine == "ap2.example"
        with pytest.raises(htmap.exceptions.TimeoutError):
            old.wait(timeout=2)
        assert old.component_statuses == [IDLE, IDLE]
        with points.on("second"):
            old.remove()


def test_a_schedd_that_lets_nobody_act_from_here_is_named(points: AccessPoints, made: htmap.Map) -> None:
    hold = [sys.executable, "-m", "htmap", "hold", "tide"]  # this process has authenticated before
    with points.on("second", "SEC_CLIENT_AUTHENTICATION_METHODS = PASSWORD"):
        done = subprocess.run(hold, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, str(made._map_dir.record.pool.schedd) in done.stderr) == (1, True)
    assert made.component_statuses == [IDLE, IDLE]


def test_a_submit_node_whose_schedd_is_elsewhere_uses_it_by_name(points: AccessPoints, made: htmap.Map) -> None:
    with points.on("second", f"SCHEDD_HOST = {made._map_dir.record.pool.schedd}"):
        other = htmap.map(str, [1], map_options=UNMATCHED)
    assert other._map_dir.record.pool.schedd == made._map_dir.record.pool.schedd
    assert statuses(cluster_of(other)) == [1]


def test_results_come_early_where_the_maps_schedd_is_and_are_kept_for_others(
    points: AccessPoints, tmp_path: Path
) -> None:
    last, go = 5, tmp_path / "go"

    def function(component: int) -> int:
        time.sleep(0.5)
        while component == last and not go.exists():
            time.sleep(0.1)
        return component

    options = htmap.MapOptions(results_interval=0)
    made = htmap.map(function, range(last + 1), map_options=options, tag="tide", chunksize=last + 1)
    spool = Path(Connection(made._map_dir.pool).parameter("SPOOL") or "")
    eventually(lambda: [*spool.glob("*/*/cluster*/_htmap_return/result")], says="the job has saved its first results")

    with points.on("second"):
        assert first_status() == "RUNNING"
    assert first_status() == "COMPLETED"
    with points.on("second"):
        assert first_status() == "COMPLETED"  # the first has copied it

    go.touch()
    assert list(made.iter(timeout=180)) == list(range(last + 1))


def first_status() -> str:
    """Return the status of a map's first component that another process sees."""
    code = "import htmap; print(htmap.load('tide').component_statuses[0])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
