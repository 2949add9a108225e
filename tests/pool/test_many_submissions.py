"""What the schedd is asked of a map that has grown many times."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

import htmap
from htmap_core.condor import clusters
from htmap_core.plugins.pools import find_pool
from htmap_core.testing import eventually

pytestmark = pytest.mark.pool

TIMEOUT = 180


def has(components: int) -> bool:
    return len(htmap.load("study")) == components


@pytest.mark.parametrize("few", [100, 1])
def test_the_schedd_tells_of_all_clusters_however_it_is_asked(
    few: int, personal_pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "_FEW", few)
    executor = htmap.Executor(map_options=htmap.MapOptions(requirements="false"), tag="study")
    for number in range(3):
        executor.submit(abs, number)
        executor.flush()
        eventually(functools.partial(has, number + 1), says="it is submitted")
    mapped = htmap.load("study")
    connection = find_pool()[1]
    known = [each.cluster for each in mapped._map_dir.submissions.all()]
    found = clusters.find_all(connection, known, mapped._map_dir.id)
    assert {cluster: len(each.jobs) for cluster, each in found.items()} == dict.fromkeys(known, 1)
    connection.remove(f"ClusterId == {known[1]}", "by somebody")
    eventually(
        lambda: clusters.find_all(connection, known, mapped._map_dir.id).keys() == {known[0], known[2]},
        says="one has left the queue",
    )
    assert mapped._engine.states.ask_the_schedd(connection) is None
    executor.shutdown(wait=False, cancel_futures=True)
