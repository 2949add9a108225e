"""Holds of many kinds, as a real HTCondor makes them: their codes, and what HTMap makes of these."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
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
from tests.throwaway_plugins import Site

pytestmark = pytest.mark.pool

# A site's policies: of its queue, and of its execute nodes.
POLICIES = """
PERIODIC_EXPR_INTERVAL = 1
SYSTEM_PERIODIC_HOLD_NAMES = SITE
SYSTEM_PERIODIC_HOLD_SITE = AgainstTheRules =?= true
SYSTEM_PERIODIC_HOLD_SITE_REASON = "No such jobs on Sundays: see https://site.example/rules"
SYSTEM_PERIODIC_HOLD_SITE_SUBCODE = 5
SYSTEM_PERIODIC_REMOVE_NAMES = SITE
SYSTEM_PERIODIC_REMOVE_SITE = Unwelcome =?= true
SYSTEM_PERIODIC_REMOVE_SITE_REASON = "No such jobs here: see https://site.example/rules"
PREEMPT = TARGET.Unwanted =!= undefined || TARGET.Moves =?= true
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
            submit_what_is_removed_or_vacated()
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

        os.kill(
            int(Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1]), signal.SIGKILL
        )  # what watches over all else

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


def submit_what_is_removed_or_vacated() -> None:
    def stay(_: int) -> None:
        import time

        time.sleep(600)

    submitted("removed-by-the-site", str, custom_options={"Unwelcome": "true"})
    submitted("vacated", stay, custom_options={"Moves": "true"}, requirements="(NumVacates ?: 0) == 0")


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


# What a site's plugin says of holds, removals and vacates, and a program that asks for it.
WORDS = """
ASKED = []
@hookimpl
def htmap_site_words(interruption):
    told = interruption
    ASKED.append(told.tag)
    meaning = f"{told.kind} {told.code}/{told.subcode} of {told.tag}: {told.reason}"
    return SiteWords(meaning, "\\x1b[31mAsk the site") if told.code != 21 else None
"""
PROGRAM = """
import json, sys, htmap
maps = {tag: htmap.load(tag) for tag in ("by-the-site", "by-the-machine", "removed-by-the-site", "vacated")}
for map in maps.values():
    map.status(), map.holds, map.component_statuses
plugin = lambda: [module for name, module in sys.modules.items() if name.startswith("throwaway")]
told = {"loaded for statuses": len(plugin())}
for tag, map in maps.items():
    told[tag] = [each.site for each in map.why([0])]
    if tag != "vacated":
        try:
            map.get(0, timeout=60)
        except htmap.exceptions.ComponentProblem as error:
            told[tag] += [error.site, str(error)]
told["report"] = maps["by-the-site"].hold_report()
told["errors"] = list(maps["removed-by-the-site"].error_reports())
told["asked"] = plugin()[0].ASKED
print(json.dumps(told))
"""


@pytest.fixture(scope="class")
def told(held: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what a program is told where the site has a plugin."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.install("boats", WORDS)
    with using_htmap_dir(held):
        removed, vacated = (htmap.load(tag) for tag in ("removed-by-the-site", "vacated"))
        eventually(lambda: removed.component_statuses == ["REMOVED"], says="the site has removed it")
        eventually(lambda: vacated.job_ad(0).attributes.get("NumVacates"), says="it was vacated")
        eventually(lambda: vacated.component_statuses == ["IDLE"], says="it waits again")
        command = [sys.executable, "-c", PROGRAM]
        environment = {**site.environment(), "HTMAP_DIR": str(held)}
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.usefixtures("in_held")
class TestTheWordsOfASite:
    def test_a_hold_has_them_beside_htcondors_own_text(self, told: dict[str, Any]) -> None:
        ((explained,), (raised,), text) = told["by-the-site"]
        hold = htmap.load("by-the-site").holds[0]
        assert explained == raised
        assert f"hold 26/5 of by-the-site: {hold.reason}." in raised
        for shown in (text, told["report"]):
            assert any(hold.reason in line for line in shown.splitlines()[:2])
            assert shown.splitlines()[-2:] == [raised, holds.advice(hold, "by-the-site")]

    def test_the_site_is_asked_once_for_each_and_not_for_statuses(self, told: dict[str, Any]) -> None:
        assert told["loaded for statuses"] == 0
        assert sorted(told["asked"]) == ["by-the-machine", "by-the-site", "removed-by-the-site", "vacated"]

    def test_control_characters_in_them_are_shown(self, told: dict[str, Any]) -> None:
        ((words,), *_) = told["by-the-site"]
        assert words.startswith("plugin 'boats'")
        assert words.endswith("\\x1b[31mAsk the site")

    def test_a_hold_on_which_the_site_has_none_has_none(self, told: dict[str, Any]) -> None:
        explained, raised, _ = told["by-the-machine"]
        assert (explained, raised) == ([], [])

    def test_a_removal_has_them(self, told: dict[str, Any]) -> None:
        ((explained,), (raised,), text) = told["removed-by-the-site"]
        assert explained == raised
        assert "removal None/0 of removed-by-the-site: No such jobs here: see https://site.example/rules." in raised
        assert text.splitlines()[-1] == raised
        assert raised in told["errors"][0]

    def test_a_vacate_has_them(self, told: dict[str, Any]) -> None:
        ad = htmap.load("vacated").job_ad(0).attributes
        ((words,),) = told["vacated"]
        code, subcode = (int(ad.get(name, 0)) for name in ("VacateReasonCode", "VacateReasonSubCode"))
        assert f"vacate {code}/{subcode} of vacated: {ad['VacateReason']}." in words


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
