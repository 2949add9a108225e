"""A component that kills all processes of its job, also the first one: it has that error, and costs no other its result."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import htmap
from htmap_core.components import ComponentStatus

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 300
SIZE = 6


@pytest.mark.parametrize("killer", [0, 3])
def test_it_has_that_error_and_the_others_have_their_results(killer: int) -> None:
    def run(component: int) -> int:
        if component == killer:
            first = Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1]
            os.kill(int(first), 9)
        return component

    mapped = htmap.map(run, range(SIZE), map_options=htmap.MapOptions(chunksize=SIZE), quiet=True)
    mapped.wait(TIMEOUT, errors_ok=True)
    assert [
        component for component, status in enumerate(mapped.component_statuses) if status is ComponentStatus.ERRORED
    ] == [killer]
    assert [mapped[component] for component in range(SIZE) if component != killer] == [
        n for n in range(SIZE) if n != killer
    ]
    assert "signal 9" in mapped.get_err(killer).exception_msg
