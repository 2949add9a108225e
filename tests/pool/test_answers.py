"""What commands answer programs of maps in a queue, and of the pool itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.testing import run_htmap
from tests.answers import answer

pytestmark = pytest.mark.pool

TAG = "it's-🌊"


def told(command: str, *arguments: str) -> dict[str, Any]:
    ran = run_htmap(*command.split(), *arguments, "--json")
    found = answer(command, ran.stdout)
    assert (ran.exit_code, found["errors"]) == (0, [])
    return found


def test_acts_on_jobs_are_answered_with_their_components(personal_pool: Path) -> None:
    htmap.map(str, range(3), tag=TAG, map_options=htmap.MapOptions(requirements="false"), chunksize=1)
    assert told("hold", TAG, "--components", "0")["maps"] == [{"tag": TAG, "components": [0]}]
    (of_map,) = told("reasons", TAG)["maps"]
    assert [(each["components"], each["code"]) for each in of_map["holds"]] == [([0], 1)]
    assert told("release", TAG)["maps"] == [{"tag": TAG, "components": [0]}]
    assert told("edit disk", TAG, "500MB", "--components", "1")["components"] == [1]
    edited = told("edit memory", TAG, "2GB")
    assert (edited["components"], edited["value"]) == ([0, 1, 2], 2 * 1024**3)
    assert told("edit walltime", TAG, "1h")["value"] == 3600
    assert told("vacate", TAG)["maps"] == [{"tag": TAG, "components": []}]
    assert told("remove", TAG)["maps"] == [{"tag": TAG, "component_count": 3, "jobs": None}]


def test_a_pool_that_runs_is_answered_as_such(personal_pool: Path) -> None:
    status = told("pool status")
    assert (status["running"], status["jobs"].keys()) == (True, {"idle", "running", "held"})
    assert status["memory"] > status["cpus"] * 1024**2
    assert told("pool start") == {"version": status["version"], "pid": status["pid"], "started": False, "errors": []}
    (log,) = told("pool logs", "schedd", "--tail", "3")["logs"]
    assert len(log["lines"]) == 3
    assert told("pool install")["version"] == status["version"]
