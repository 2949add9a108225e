"""Results before the end of their job, which leave the execute node while other components of it still run."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

import htmap
from htmap_core.testing import eventually

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 180
AT_ONCE = htmap.MapOptions(results_interval=0)


def test_components_whose_results_were_saved_do_not_run_again_when_the_host_is_lost(tmp_path: Path) -> None:
    runs, stopped = tmp_path / "runs", tmp_path / "stopped"

    def function(component: int) -> int:
        with runs.open("a") as file:
            file.write(f"{component} ")
        time.sleep(0.3)
        if component == 3 and not stopped.exists():
            stopped.with_suffix(".tmp").write_text(str(os.getppid()))
            stopped.with_suffix(".tmp").rename(stopped)
            time.sleep(600)
        return component * 10

    mapped = htmap.map(function, range(5), AT_ONCE, chunksize=5)
    supervisor = int(eventually(lambda: stopped.exists() and stopped.read_text(), says="the fourth component runs"))
    starter = int(Path(f"/proc/{supervisor}/stat").read_text().rpartition(")")[2].split()[1])
    for process in (starter, supervisor):
        os.kill(process, signal.SIGKILL)
    assert list(mapped.iter(timeout=TIMEOUT)) == [0, 10, 20, 30, 40]
    assert runs.read_text().split() == ["0", "1", "2", "3", "3", "4"]
