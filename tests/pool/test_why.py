"""Why components wait although slots suit them, from what real daemons say."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import htmap
from htmap_core.condor.connection import Connection
from htmap_core.diagnosis.why import Explanation
from htmap_core.testing import eventually, pool_of_its_own, using_htmap_dir
from tests.golden_files import Golden
from tests.throwaway_plugins import Site

pytestmark = pytest.mark.pool

TIMEOUT = 180


@pytest.fixture(scope="module")
def running_pool(installed_htcondor: Path) -> Iterator[Path]:
    """Run a pool of their own, which they fill, and in which nobody else waits."""
    with pool_of_its_own(installed_htcondor) as folder:
        yield folder


@pytest.fixture(scope="class")
def waiting(class_pool: Path) -> None:
    """Submit a map that has all that the pool has, one that waits for it, one that a limit stops, and one of another user."""

    def stay(_: int) -> None:

        time.sleep(600)

    with using_htmap_dir(class_pool):
        owner = htmap.map(stay, [0], tag="owner", map_options=htmap.MapOptions(requirements="false"))
        (slot,) = Connection(owner._map_dir.record.pool).slots(["TotalSlotCpus"])
        owner.remove()
        everything = {"request_cpus": slot["TotalSlotCpus"], "request_disk": "1MB"}
        owner = htmap.map(stay, [0], tag="owner", map_options=htmap.MapOptions(**everything))
        limited = htmap.MapOptions(concurrency_limits="licence:3000000", request_cpus=1)
        htmap.map(str, range(2), tag="limited", map_options=limited)
        bob = htmap.MapOptions(accounting_group_user="bob", requirements="false")
        htmap.map(str, [0], tag="bob", map_options=bob)
        eventually(lambda: owner.component_statuses == ["RUNNING"], says="the owner has the slot")
        # The first one gets what the negotiator says; the second waits beside it, and one answer stands for both.
        for tag in ("next", "after"):
            htmap.map(str, [0], tag=tag, map_options=htmap.MapOptions(**everything))


def explained(tag: str, until: str) -> Explanation:
    """Return why a map waits, as soon as *until* is known of it."""

    def known() -> Explanation:
        (found,) = htmap.load(tag).why()
        assert found.verdict is not None
        assert re.search(until, "\n".join(found.verdict.notes)), found
        return found

    return eventually(known, says=f"{until!r} is known of map {tag!r}")


@pytest.mark.usefixtures("waiting", "in_class_pool")
class TestSlotsThatAreBusy:
    def test_who_has_them_is_told(self) -> None:
        found = explained("next", "claimed there")
        assert found.text.startswith("1 of 1 ")
        assert found.verdict is not None
        assert found.verdict.claims is not None
        assert (found.verdict.claims.mine >= 1, found.verdict.claims.others) == (True, 0)

    @pytest.mark.parametrize("tag", ["next", "after"])
    def test_what_the_negotiator_said_is_told_of_all_jobs_that_want_the_same(self, tag: str) -> None:
        explained(tag, r"the negotiator said 0:\d\d:\d\d ago: ")

    def test_one_s_priority_is_compared_with_that_of_others_who_wait(self) -> None:
        found = explained("next", r"your priority is [\d.]+ .*; others waiting: 1, ahead of you: [01]")
        assert found.verdict is not None
        assert found.verdict.standing.priority is not None
        assert found.verdict.standing.priority.value > 0

    def test_a_concurrency_limit_is_what_it_waits_for(self) -> None:
        found = explained("limited", "concurrency limit licence reached")
        assert "licence" in found.text

    def test_what_all_slots_satisfy_is_not_listed(self) -> None:
        command = [sys.executable, "-m", "htmap", "why", "next"]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=True).stdout
        assert "satisfy" not in shown
        assert "request_cpus" not in shown


LIMITS = """
GROUP_NAMES = physics
GROUP_QUOTA_physics = 1
MAX_JOBS_RUNNING = 1
"""


WORDS = "@hookimpl\ndef htmap_site_words(interruption): return SiteWords(f'{interruption.kind} {interruption.reason}')"


def test_limits_of_the_schedd_and_of_groups_are_told_and_room_is_no_promise_then(
    htmap_dir: Path, installed_htcondor: Path, tmp_path: Path
) -> None:
    site = Site(tmp_path)
    site.install("boats", WORDS)

    def stay(_: int) -> None:

        time.sleep(600)

    with pool_of_its_own(installed_htcondor, LIMITS) as folder, using_htmap_dir(folder):
        physics = htmap.MapOptions(accounting_group="physics", request_cpus=1)
        mapped = htmap.map(stay, range(2), tag="particles", map_options=physics)
        expected = re.compile(r"it has to wait: .*jobs that the schedd runs at a time: \d of 1 in use")

        def told() -> bool:
            found = [each.verdict for each in mapped.why() if expected.search(each.text)]
            return any("physics: " in note for verdict in found if verdict is not None for note in verdict.notes)

        # The negotiator gives a slot away before the schedd tells the collector that a job runs, and tells of groups later.
        eventually(told, says="the limits of both are told")
        command = [sys.executable, "-m", "htmap", "why", "particles"]
        shown = subprocess.run(
            command,
            env={**site.environment(), "HTMAP_DIR": str(folder)},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=True,
        )
        assert "wait MAX_JOBS_RUNNING" in shown.stdout  # the words of the site
        mapped.remove()


def test_jobs_that_the_schedd_does_not_make_while_the_map_is_held_have_the_reason(
    personal_pool: Path, golden: Golden
) -> None:
    never = htmap.MapOptions(max_idle=1, requirements="false")
    mapped = htmap.map(str, range(3), tag="lazy", map_options=never)
    expected = ["IDLE", "UNMATERIALIZED", "UNMATERIALIZED"]
    eventually(lambda: mapped.component_statuses == expected, says="the schedd has made the first job")
    mapped.hold()
    unmade = [each for each in mapped.why() if str(each.status) == "UNMATERIALIZED"]
    assert [each.components for each in unmade] == [(1, 2)]
    golden("on-pool/why-unmaterialized", f"{unmade[0].text}\n{unmade[0].advice}")
    mapped.release()
    assert unmade[0].text not in {each.text for each in mapped.why()}
