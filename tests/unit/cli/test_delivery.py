"""``htmap delivery`` without a pool: what was written down can be read all the same."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from htmap_core.cli import cli
from htmap_core.contract.delivery import Suitability
from htmap_core.exceptions import PoolNotFound
from htmap_core.storage import decisions
from htmap_core.storage.decisions import Decision, Scope, Written
from htmap_core.testing import run_htmap
from tests.answers import answer
from tests.golden_files import Golden

pytestmark = pytest.mark.usefixtures("htmap_dir")

FOUND = {"docker": Suitability.yes("8 of 10 slots have HasDocker", 32), "shared": Suitability.no("0 of 10 slots")}
DECISION = Decision(
    Scope("machine", "cm.example.org", sys.prefix), "docker", False, 1.8e9, "nothing was decided before", FOUND, {}
)


def test_what_was_written_down_is_shown(golden: Golden) -> None:
    decisions.replace(Written(), DECISION)
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(DECISION.since))
    golden("cli/delivery-written-down", run_htmap("delivery").stdout, hide={since: "SINCE"})


def test_programs_get_it_as_json() -> None:
    decisions.replace(Written(), DECISION)
    told = answer("delivery", run_htmap("delivery", "--json").stdout)
    assert told["present"] is None
    assert [(each["method"], each["since"]) for each in told["decisions"]] == [("docker", "2027-01-15T08:00:00Z")]
    of_other = answer("delivery", run_htmap("delivery", "--json", "--pool", "personal").stdout)
    assert of_other["decisions"] == []


def test_nothing_can_be_chosen_for_a_pool_that_cannot_be_asked(htmap_dir: Path) -> None:
    assert isinstance(run_htmap("delivery", "--choose", "docker").exception, PoolNotFound)
    assert not (htmap_dir / "delivery").exists()


def test_a_pool_that_there_is_not_is_wrong_usage() -> None:
    assert run_htmap("delivery", "--pool", "machien").exit_code == 2


@pytest.mark.parametrize(
    ("typed", "begun", "completed"),
    [("--choose", "do", ["docker"]), ("--choose", "a", ["auto", "assume"]), ("--pool", "per", ["personal"])],
)
def test_names_of_methods_and_pools_are_completed(typed: str, begun: str, completed: list[str]) -> None:
    found = ShellComplete(cli, {}, "htmap", "_HTMAP_COMPLETE").get_completions(["delivery", typed], begun)
    assert [item.value for item in found] == completed
