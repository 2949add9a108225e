"""Ads of jobs that have left the queue: the history of a site is long, and whoever looks in it may lose patience."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import htmap
from htmap_core.condor.job_ads import JobNotFound
from htmap_core.storage.submissions import Submissions
from htmap_core.testing import eventually

pytestmark = pytest.mark.pool

GONE = 99999  # a cluster of which the schedd knows nothing
DAY = 24 * 3600
AD = """ClusterId = {cluster}
ProcId = {proc}
HTMapID = "{map_id}"
LeaveJobInQueue = {stays}
EnteredCurrentStatus = {when}
*** Offset = {offset} ClusterId = {cluster} ProcId = {proc} Owner = "daemon" CompletionDate = {when}
"""


@pytest.fixture
def mapped(personal_pool: Path, monkeypatch: pytest.MonkeyPatch) -> htmap.Map:
    """Return a finished map that takes its jobs for those of another cluster, of which only the test tells."""
    mapped = htmap.map(str, [1])
    mapped.wait(180)
    known = Submissions.all
    monkeypatch.setattr(Submissions, "all", lambda self: [attrs.evolve(each, cluster=GONE) for each in known(self)])
    return mapped


@pytest.fixture
def older(personal_pool: Path) -> Iterator[Path]:
    """Return where the schedd looks for history that is older than its present file."""
    spool = (personal_pool / "pool").resolve() / "spool"
    older = spool / "history.20200101T000000"
    yield older
    older.unlink()


def write(history: Path, *ads: tuple[int, str, float, str]) -> None:
    """Write ads into a history, the oldest first: cluster, map, age in seconds, and whether the job stayed in the queue."""
    text = ""
    for cluster, map_id, age, stays in ads:
        when = int(time.time() - age)
        text += AD.format(cluster=cluster, proc=0, map_id=map_id, stays=stays, when=when, offset=len(text))
    history.write_text(text)


PROGRAM = """
import sys, htmap, attrs
from htmap_core.storage.submissions import Submissions
known = Submissions.all
Submissions.all = lambda self: [attrs.evolve(each, cluster=99999) for each in known(self)]
print("asking", flush=True)
htmap.load(sys.argv[1]).job_ad(0)
"""


class TestTheHistory:
    def test_a_job_is_found_in_the_history_behind_younger_ones_and_those_that_stayed_in_the_queue_for_long(
        self, mapped: htmap.Map, older: Path
    ) -> None:
        own = mapped._map_dir.id
        write(older, (GONE, own, 60, "false"), (3, "other", 9 * DAY, "JobStatus == 4"), (4, "other", DAY / 2, "false"))
        found = mapped.job_ad(0)
        assert (found.is_queued, found.attributes["ClusterId"], found.attributes["HTMapID"]) == (False, GONE, own)
        assert "LeaveJobInQueue = false\n" in found.text

    def test_the_history_is_not_searched_for_jobs_older_than_the_map(self, mapped: htmap.Map, older: Path) -> None:
        write(older, (GONE, mapped._map_dir.id, 60, "false"), (3, "other", 2 * DAY, "false"))
        with pytest.raises(JobNotFound):
            mapped.job_ad(0)

    def test_a_job_of_another_map_is_not_taken_for_its_own(self, mapped: htmap.Map, older: Path) -> None:
        write(older, (GONE, "other", 60, "false"))
        with pytest.raises(JobNotFound):
            mapped.job_ad(0)

    def test_ctrl_c_ends_a_search_that_takes_long(self, mapped: htmap.Map, older: Path) -> None:
        os.mkfifo(older)  # whoever opens it waits until the test does
        asking = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, mapped.tag], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert asking.stdout is not None
        assert asking.stdout.readline() == "asking\n"
        eventually(lambda: is_searched_for(mapped._map_dir.id), says="the schedd's program searches the history")
        asking.send_signal(signal.SIGINT)
        _, said = asking.communicate(timeout=60)
        os.close(os.open(older, os.O_RDWR))  # lets the schedd's program go on
        assert said.splitlines()[-1] == "KeyboardInterrupt"


def is_searched_for(map_id: str) -> bool:
    return any(map_id.encode() in command.read_bytes() for command in Path("/proc").glob("[0-9]*/cmdline"))
