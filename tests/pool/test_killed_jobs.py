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
KILLERS = [0, 9]  # one is the first of its job


def test_it_has_that_error_and_the_others_have_their_results() -> None:
    def run(component: int) -> int:
        if component in KILLERS:
            first = Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1]
            os.kill(int(first), 9)
        return component

    mapped = htmap.map(run, range(2 * SIZE), map_options=htmap.MapOptions(chunksize=SIZE), quiet=True)
    mapped.wait(TIMEOUT, errors_ok=True)
    statuses = mapped.component_statuses
    assert [each for each, status in enumerate(statuses) if status is ComponentStatus.ERRORED] == KILLERS
    others = [each for each in range(2 * SIZE) if each not in KILLERS]
    assert [mapped[each] for each in others] == others
    assert ["signal 9" in mapped.get_err(each).exception_msg for each in KILLERS] == [True, True]
