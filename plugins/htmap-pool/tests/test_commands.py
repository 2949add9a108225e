"""The commands as a user types them, where no pool is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.golden_files import Golden

Htmap = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def htmap(tmp_path: Path) -> Htmap:
    """Run ``htmap pool`` with a HOME and an HTMAP_DIR of its own, and without the machine's HTCondor."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "home").mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HTMAP_")}
        given = {"HOME": str(tmp_path / "home"), "HTMAP_DIR": str(tmp_path / "htmap"), "HTMAP_PLUGINS": "pool"}
        command = [sys.executable, "-m", "htmap", "pool", *arguments]
        return subprocess.run(
            command, env={**kept, **given, **environment}, capture_output=True, text=True, check=False
        )

    return run


def test_a_pool_that_does_not_run_has_exit_code_3(htmap: Htmap, golden: Golden) -> None:
    done = htmap("status", HTMAP_POOL_PREFIX="/nowhere")  # the machine may have one
    assert (done.returncode, done.stderr) == (3, "")
    golden("pool/a-pool-that-does-not-run-has-exit-code-3", done.stdout)


def test_the_status_of_a_pool_that_does_not_run_is_json_too(htmap: Htmap, tmp_path: Path) -> None:
    done = htmap("status", "--json")
    assert done.returncode == 3
    told = json.loads(done.stdout)
    known = {name: fact for name, fact in told.items() if fact is not None}
    assert known == {"running": False, "directory": str(tmp_path / "htmap" / "pool"), "errors": []}


def test_asking_and_stopping_create_nothing(htmap: Htmap, tmp_path: Path) -> None:
    for command in (["status"], ["stop"], ["logs"], ["--help"]):
        htmap(*command)
    assert not (tmp_path / "htmap").exists()


def test_stopping_what_does_not_run_is_no_error(htmap: Htmap, golden: Golden) -> None:
    done = htmap("stop")
    assert done.returncode == 0
    golden("pool/stopping-what-does-not-run-is-no-error", done.stdout)


def test_starting_what_is_not_there_names_the_next_command(htmap: Htmap, tmp_path: Path, golden: Golden) -> None:
    done = htmap("start", HTMAP_POOL_PREFIX=str(tmp_path / "nowhere"))
    assert done.returncode == 1
    golden("pool/starting-what-is-not-there-names-the-next-command", done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["--cpus", "0"], ["--memory", "1"], ["--cpus", "many"]])
def test_impossible_sizes_are_usage_errors(htmap: Htmap, arguments: list[str]) -> None:
    assert htmap("start", *arguments).returncode == 2


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HTMAP_POOL_CPUS", "0"), ("HTMAP_POOL_IDLE_SHUTDOWN", "soon"), ("HTMAP_POOL_NONSENSE", "1")],
)
def test_impossible_settings_are_named(htmap: Htmap, variable: str, value: str) -> None:
    done = htmap("start", **{variable: value})
    assert done.returncode == 1
    assert "POOL" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_log_is_an_error_that_says_what_to_do(htmap: Htmap, golden: Golden) -> None:
    done = htmap("logs", "schedd")
    assert done.returncode == 1
    golden("pool/an-unknown-log-is-an-error-that-says-what-to-do", done.stderr)
