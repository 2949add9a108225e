from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from htmap_pool.places import Places
from htmap_pool.running import processes
from htmap_pool.running.processes import MARK, Process

from htmap_core.testing import eventually


@pytest.fixture
def sleeper(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], env=request.param) as process:
        try:
            # The kernel shows the environment a moment after the program was started.
            environment = Path(f"/proc/{process.pid}/environ")
            eventually(lambda: not request.param or environment.read_bytes(), says="the environment is shown")
            yield process
        finally:
            process.kill()


# Of this process alone: other workers run other tests of this module.
SOMEWHERE = f"/somewhere/{os.getpid()}"
PLACES = Places(Path(f"{SOMEWHERE}/htmap/pool"))


@pytest.mark.parametrize(
    "sleeper",
    [{MARK: str(PLACES.root)}, {"_CONDOR_SCRATCH_DIR": f"{PLACES.execute}/dir_1/scratch", "A": "b"}],
    ids=["daemon", "job"],
    indirect=True,
)
def test_daemons_and_jobs_belong_to_their_pool(sleeper: subprocess.Popen[bytes]) -> None:
    assert [process.pid for process in processes.of_pool(PLACES)] == [sleeper.pid]
    assert processes.of_pool(Places(Path(f"{SOMEWHERE}/htmap/pool2"))) == []
    assert processes.of_pool(Places(Path(f"{SOMEWHERE}/htmap/poo"))) == []


@pytest.mark.parametrize(
    "sleeper",
    [{"CONDOR_CONFIG": str(PLACES.configuration), "HTMAP_DIR": f"{SOMEWHERE}/htmap", f"X{MARK}": str(PLACES.root)}],
    ids=["client"],
    indirect=True,
)
def test_a_client_of_the_pool_does_not_belong_to_it(sleeper: subprocess.Popen[bytes]) -> None:
    assert processes.of_pool(PLACES) == []


@pytest.mark.parametrize("sleeper", [{}], ids=[""], indirect=True)
def test_a_process_that_ended_is_not_alive_even_before_anybody_asked_for_its_exit_code(
    sleeper: subprocess.Popen[bytes],
) -> None:
    process = Process.of(sleeper.pid)
    assert process is not None
    assert process.is_alive
    assert process.is_child
    process.send(signal.SIGKILL)
    assert processes.wait_for_end(lambda: [process], 10) == []
    assert not process.is_alive


def test_another_process_with_the_same_number_gets_no_signal() -> None:
    myself = Process.of(os.getpid())
    assert myself is not None
    Process(myself.pid, myself.born - 1).send(signal.SIGKILL)  # this test would not go on


def test_waiting_ends_and_says_what_is_left() -> None:
    myself = Process.of(os.getpid())
    assert myself is not None
    assert processes.wait_for_end(lambda: [myself], 0.1) == [myself]
