"""What was decided for a pool, on disk."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import attrs
import pytest

from htmap_core.contract.delivery import Suitability
from htmap_core.files.sealed import seal
from htmap_core.storage import decisions
from htmap_core.storage.content.formats import FORMAT
from htmap_core.storage.decisions import Decision, Scope, Written

SCOPE = Scope("machine", "cm.example.org", "/home/ada/env")
DECISION = Decision(
    SCOPE,
    "docker",
    by_user=False,
    since=1.5,
    occasion="nothing was decided before",
    found={"docker": Suitability.yes("8 of 9 slots", 30), "shared": Suitability.no("no slot")},
    settings={"DOCKER.IMAGE": "12345678"},
)

pytestmark = pytest.mark.usefixtures("htmap_dir")


def rewrite(**changed: Any) -> str:
    """Change what the file says, with a checksum that is right; return its text."""
    content = {key: value for key, value in json.loads(SCOPE.path.read_text()).items() if key != "checksum"}
    SCOPE.path.write_text(seal({**content, **changed}, indent=1))
    return SCOPE.path.read_text()


@pytest.fixture
def written() -> None:
    decisions.replace(Written(), DECISION)


def test_what_was_written_is_read_again(written: None) -> None:
    assert decisions.read(SCOPE) == Written(DECISION)
    assert list(decisions.everything(SCOPE.python)) == [DECISION]


def test_nothing_is_there_before() -> None:
    assert decisions.read(SCOPE) == Written()
    assert list(decisions.everything(SCOPE.python)) == []


@pytest.mark.parametrize("field", ["pool", "collector", "python"])
def test_each_pool_and_each_python_has_its_own(written: None, field: str) -> None:
    other = attrs.evolve(SCOPE, **{field: "another"})
    assert decisions.read(other) == Written()
    assert len(list(decisions.everything(other.python))) == (field != "python")
    decisions.replace(Written(), attrs.evolve(DECISION, scope=other, method="shared"))
    assert decisions.read(SCOPE) == Written(DECISION)


def test_of_two_processes_the_first_decides(written: None) -> None:
    second = attrs.evolve(DECISION, method="shared")
    assert decisions.replace(Written(), second) == Written(DECISION)
    assert decisions.replace(Written(DECISION), second) == Written(second)


def test_it_is_for_the_user_alone(written: None) -> None:
    assert stat.S_IMODE(SCOPE.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(SCOPE.path.parent.stat().st_mode) == 0o700


def test_what_a_later_version_adds_is_passed_over(written: None) -> None:
    rewrite(mood="calm", found={"docker": {"verdict": "yes", "reason": "8 of 9 slots", "rank": 30, "mood": "calm"}})
    found = decisions.read(SCOPE).decision
    assert found is not None
    assert found.method == "docker"


def test_what_a_later_version_writes_in_another_format_is_left_alone(written: None) -> None:
    text = rewrite(format=FORMAT + 1, method={"of": "tomorrow"})
    assert decisions.read(SCOPE) == Written(is_newer=True)
    assert decisions.replace(Written(is_newer=True), DECISION) == Written(is_newer=True)
    assert SCOPE.path.read_text() == text
    assert list(decisions.everything(SCOPE.python)) == []


def test_what_a_later_version_says_that_this_one_can_read_is_read(written: None) -> None:
    rewrite(format=FORMAT + 1, needs=FORMAT)
    assert decisions.read(SCOPE) == Written(DECISION)


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "gone"},
        {"found": {"docker": {"verdict": "maybe", "reason": "", "rank": 1}}},
        {"found": 3},
        {"since": []},
    ],
)
def test_what_makes_no_sense_is_damage(written: None, changed: dict[str, Any]) -> None:
    rewrite(**changed)
    assert decisions.read(SCOPE) == Written(is_damaged=True)


def test_each_flipped_bit_is_noticed_and_then_another_decision_takes_its_place(written: None) -> None:
    whole = SCOPE.path.read_bytes()
    for place in range(0, len(whole), 7):
        SCOPE.path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        found = decisions.read(SCOPE)
        assert found.is_damaged, place
        assert list(decisions.everything(SCOPE.python)) == []
    assert decisions.replace(found, DECISION) == Written(DECISION)


def test_a_lock_alone_is_no_decision(htmap_dir: Path) -> None:
    SCOPE.path.parent.mkdir(parents=True, mode=0o700)
    SCOPE.path.touch(mode=0o600)
    assert decisions.read(SCOPE) == Written()
