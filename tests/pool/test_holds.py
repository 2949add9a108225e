"""Holds of many kinds, as a real HTCondor makes them: their codes, and what HTMap makes of these."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.settings.chain import settings
from htmap_core.testing import eventually, pool_of_its_own, using_htmap_dir
from htmap_core.testing.command_line import run_htmap
from htmap_core.tracking import hold_codes, holds
from htmap_core.tracking.hold_codes import Release
from tests.golden_files import Golden

pytestmark = pytest.mark.pool

# A site's policies: of its queue, and of its execute nodes.
POLICIES = """
PERIODIC_EXPR_INTERVAL = 1
SYSTEM_PERIODIC_HOLD_NAMES = SITE
SYSTEM_PERIODIC_HOLD_SITE = AgainstTheRules =?= true
SYSTEM_PERIODIC_HOLD_SITE_REASON = "No such jobs on Sundays: see https://site.example/rules"
SYSTEM_PERIODIC_HOLD_SITE_SUBCODE = 5
PREEMPT = TARGET.Unwanted =!= undefined
WANT_HOLD = TARGET.Unwanted =!= undefined
WANT_HOLD_REASON = "not on this machine"
WANT_HOLD_SUBCODE = TARGET.Unwanted
MAXJOBRETIREMENTTIME = 0
"""

# The maps, and the codes of their holds.
CODES = {
    "by-its-user": (1, 0),
    "by-its-option": (3, 17),
    "by-its-policy": (3, 18),
    "could-not-finish": (3, hold_codes.COULD_NOT_FINISH),
    "no-place-for-output": (12, 20),
    "no-input": (13, 2),
    "no-directory": (14, 2),
    "from-the-beginning": (15, 0),
    "by-the-machine": (21, 7),
    "by-the-machine-for-memory": (21, hold_codes.MEMORY),
    "by-the-site": (26, 5),
    "too-much-input": (32, 0),
    "too-much-output": (33, 0),
    "too-long": (46, 0),
    "runs-too-long": (47, 0),
    "beyond-its-walltime": (47, 0),
}


OWN_WORDS = ("by-the-site", "by-the-machine-for-memory", "could-not-finish", "by-its-option")


@pytest.fixture(scope="module")
def held(installed_htcondor: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Submit all maps side by side, wait until each is held, and return the HTMAP_DIR."""
    folder = tmp_path_factory.mktemp("held")
    with pool_of_its_own(installed_htcondor, POLICIES) as htmap_dir:
        with using_htmap_dir(htmap_dir):
            submit_against_policies()
            submit_with_wrong_files(folder)
            submit_two_in_one_job(tmp_path_factory.mktemp("two-in-one-job"))
            eventually(lambda: set(statuses()) == {"HELD"}, says="all maps are held")
        yield htmap_dir


@pytest.fixture
def in_held(held: Path) -> Iterator[None]:
    with using_htmap_dir(held):
        yield


def statuses() -> list[str]:
    return [str(htmap.load(tag).component_statuses[0]) for tag in CODES]


def submitted(tag: str, function: Any, **options: Any) -> htmap.Map:
    return htmap.map(function, [0], tag=tag, map_options=htmap.MapOptions(**options, keep_claim_idle=0))


def submit_against_policies() -> None:
    def stay(_: int) -> None:
        import time

        time.sleep(600)

    def die(_: int) -> None:
        import os
        import signal

        os.kill(os.getppid(), signal.SIGKILL)  # what watches over the function

    submitted("from-the-beginning", str, hold=True)
    submitted("by-its-option", str, on_exit_hold="true", on_exit_hold_subcode=17, on_exit_hold_reason='"as I said"')
    submitted("by-its-policy", stay, periodic_hold="true", periodic_hold_subcode=18, periodic_hold_reason='"I said"')
    submitted("could-not-finish", die, max_retries=0)
    submitted("by-the-site", stay, custom_options={"AgainstTheRules": "true"})
    submitted("by-the-machine", stay, custom_options={"Unwanted": "7"})
    submitted("by-the-machine-for-memory", stay, custom_options={"Unwanted": str(hold_codes.MEMORY)})
    submitted("too-long", stay, allowed_job_duration=3)
    submitted("runs-too-long", stay, allowed_execute_duration=3)
    submitted("by-its-user", stay).hold()
    settings["WALLTIME_MARGIN"] = 1
    submitted("beyond-its-walltime", stay, walltime="2s")
    submitted("within-its-walltime", str, walltime="1 min")


def submit_two_in_one_job(folder: Path) -> None:
    """Submit a map whose second component takes longer than the job may, but only when it runs for the first time."""

    def run(component: int) -> int:
        import os
        import time

        before = len(os.listdir(folder))
        (folder / f"{component}-{time.time()}").touch()
        time.sleep(600 if component == 1 and before < 2 else 0)
        return component

    settings["WALLTIME_MARGIN"] = 0
    options = htmap.MapOptions(walltime=1, keep_claim_idle=0)
    htmap.map(run, range(3), tag="two-in-one-job", map_options=options, chunksize=3)


def submit_with_wrong_files(folder: Path) -> None:
    def write(_: int) -> None:
        import os
        from pathlib import Path

        import htmap

        Path("big").write_bytes(os.urandom(3_000_000))
        htmap.transfer_output_files("big")

    big, gone = folder / "big", folder / "gone"
    big.write_bytes(os.urandom(3_000_000))
    gone.touch()
    submitted("too-much-input", str, fixed_input_files=big, max_transfer_input_mb=1)
    submitted("too-much-output", write, max_transfer_output_mb=1)
    submitted("no-place-for-output", write, output_remaps={"big": folder / "file" / "big"})
    (folder / "file").rmdir()
    (folder / "file").touch()
    without_directory = submitted("no-directory", str, hold=True)
    (without_directory._map_dir.path / "outputs").rename(folder / "elsewhere")
    without_input = submitted("no-input", str, fixed_input_files=gone, hold=True)
    gone.unlink()
    for mapped in (without_directory, without_input):
        mapped.release()


@pytest.mark.usefixtures("in_held")
class TestHolds:
    @pytest.mark.parametrize("tag", CODES)
    def test_the_code_and_the_subcode_are_known(self, tag: str) -> None:
        hold = htmap.load(tag).holds[0]
        assert (hold.code, hold.subcode) == CODES[tag]
        assert hold_codes.known(hold.code, hold.subcode) is not None

    @pytest.mark.parametrize("tag", CODES)
    def test_why_says_what_the_code_means_and_what_to_do(self, tag: str) -> None:
        (found,) = htmap.load(tag).why()
        hold = htmap.load(tag).holds[0]
        assert (found.text, found.advice) == (holds.explained(hold), holds.advice(hold, tag))

    @pytest.mark.parametrize("tag", CODES)
    def test_waiting_raises_the_codes_and_the_advice(self, tag: str) -> None:
        with pytest.raises(htmap.exceptions.MapComponentHeld) as caught:
            htmap.load(tag).wait(timeout=60)
        assert (caught.value.code, caught.value.subcode) == CODES[tag]
        assert caught.value.advice == holds.advice(htmap.load(tag).holds[0], tag)

    @pytest.mark.parametrize("tag", [*OWN_WORDS, "beyond-its-walltime"])
    def test_the_site_s_own_words_are_shown(self, tag: str, golden: Golden) -> None:
        hold = htmap.load(tag).holds[0]
        text = f"{holds.explained(hold)}\n{holds.advice(hold, tag)}"
        golden(f"on-pool/hold-{tag}", text, hide={re.compile(r"slot\w+@[^:]+"): "SLOT"})

    def test_the_table_of_reasons_has_the_codes(self) -> None:
        shown = run_htmap("reasons", *CODES).stdout
        assert {"26/5", "21/102", "3/17", "32"} <= set(shown.split())

    def test_a_release_brings_the_hold_of_the_site_again(self) -> None:
        mapped = htmap.load("by-the-site")
        again = hold_codes.known(*CODES["by-the-site"])
        assert again is not None
        assert again.release is Release.NEVER
        mapped.release()
        eventually(lambda: mapped.holds.get(0), says="the site's policy holds it again")
        assert mapped.holds[0].subcode == 5


@pytest.mark.usefixtures("in_held")
class TestWalltime:
    def test_a_component_within_it_is_not_held(self) -> None:
        assert htmap.load("within-its-walltime").get(0, timeout=60) == "0"

    def test_with_more_time_what_has_not_ended_runs_again_and_nothing_else(self) -> None:
        mapped = htmap.load("two-in-one-job")
        eventually(lambda: mapped.holds.get(1), says="its job is held")
        assert mapped.holds[1].code == 47
        settings["WALLTIME_MARGIN"] = 1
        assert run_htmap("edit", "walltime", mapped.tag, "10 min").exit_code == 0
        assert mapped.job_ad(1).attributes["AllowedExecuteDuration"] == 1801
        mapped.release()
        assert list(mapped.iter(timeout=60)) == [0, 1, 2]
