"""The fixtures of htmap_core.testing, in test runs of their own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from htmap_pool.places import Places
from htmap_pool.running import processes

import htmap
from htmap_core.testing import eventually, using_htmap_dir

pytestmark = pytest.mark.pool

TIMEOUT = 300
COMMAND = [
    sys.executable,
    "-m",
    "pytest",
    "-p",
    "htmap_core.testing.fixtures",
    "-p",
    "no:cacheprovider",
    "-o",
    "markers=pool",
]


def test_each_test_has_maps_of_its_own_in_the_pool_of_all(
    personal_pool: Path, class_pool: Path, module_pool: Path, running_pool: Path
) -> None:
    own = htmap.map(str, [0], htmap.MapOptions(requirements="false"), tag="tide")
    assert htmap.get_tags() == ("tide",)
    for other in (class_pool, module_pool):
        with using_htmap_dir(other):
            assert htmap.get_tags() == ()
            theirs = htmap.map(str, [0], htmap.MapOptions(requirements="false"), tag="tide")
        assert theirs is not own
        assert theirs._map_dir.record.pool == own._map_dir.record.pool
    for each in (personal_pool, class_pool, module_pool):
        assert (each / "pool").resolve() == running_pool / "pool"
    assert (personal_pool / "pool").stat().st_mode & 0o077 == 0  # of the folder itself: nobody else can look into it


FAILING = """
import sys, pytest, htmap
from htmap_core.testing import using_htmap_dir
pytestmark = pytest.mark.pool

def look(tag):
    def complain(_):
        print("a complaint of", tag, file=sys.stderr)
    htmap.map(complain, [0], tag=tag).wait(300)
    htmap.map(str, [0], htmap.MapOptions(requirements="false"), tag=tag + "-held").hold()
    assert False

def test_that_fails(personal_pool):
    look("own")

class TestThatShares:
    @pytest.fixture(scope="class")
    @classmethod
    def shared(cls, class_pool):
        with using_htmap_dir(class_pool):
            look("common")

    def test_that_cannot_be_set_up(self, shared):
        pass
"""


@pytest.mark.usefixtures("htmap_dir", "running_pool")
def test_a_failure_shows_holds_the_event_log_and_what_components_complained_of(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(FAILING)
    done = subprocess.run([*COMMAND, "test_failing.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    sections = re.findall(r"^-* Captured (.*) /.* (setup|call) -*\n((?:(?!-).*\n)*)", done.stdout, re.MULTILINE)
    shown = {(what, when): text for what, when, text in sections if text.strip()}
    for when, tag in (("call", "own"), ("setup", "common")):
        assert re.fullmatch(r"\d+\.000: .*htmap.*\n", shown["hold reasons", when])
        assert "Job submitted from host" in shown["event log", when]
        assert shown["stderr", when].startswith(f"a complaint of {tag}\n")


WAITING = """
import pathlib, time, pytest, htmap
from htmap_core.testing import pool_of_its_own

@pytest.mark.parametrize("name", "ab")
def test_that_waits(name, running_pool, installed_htcondor):
    with pool_of_its_own(installed_htcondor) as other:
        pathlib.Path(name).write_text(f"{running_pool}\\n{other}")
        time.sleep(600)
"""


@pytest.mark.usefixtures("installed_htcondor")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_ended_stops_its_pools(tmp_path: Path, number: int) -> None:
    (tmp_path / "test_waiting.py").write_text(WAITING)
    environment = {name: value for name, value in os.environ.items() if name != "HTMAP_TEST_RUN"}
    command = [*COMMAND, "-n", "2", "test_waiting.py"]
    run = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)

    def told() -> set[str]:
        found = {folder for name in "ab" for folder in (tmp_path / name).read_text().split()}
        assert len(found) == 3  # one that both share, and one for each
        return found

    pools = [Places.of(Path(folder)) for folder in eventually(told, says="both tests wait")]
    assert [bool(processes.of_pool(pool)) for pool in pools] == [True] * 3
    run.send_signal(number)
    said, _ = run.communicate(timeout=TIMEOUT)
    assert [processes.of_pool(pool) for pool in pools] == [[]] * 3
    assert [pool.root for pool in pools if pool.root.exists()] == [], said
