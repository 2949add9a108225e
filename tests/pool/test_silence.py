"""Maps whose pool does not answer: who waits is told, and who removes others is not stopped."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import attrs
import pytest

import htmap
from htmap.exceptions import NotRemoved, SilentPool
from htmap_core.contract.pools import PoolAddress
from htmap_core.results import news

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

UNMATCHED = htmap.MapOptions(requirements="false")
NOWHERE = PoolAddress("nowhere", collector="127.0.0.1:9", schedd="nowhere.example.org")


@pytest.fixture
def silent() -> Iterator[htmap.Map]:
    """Give a map whose pool is gone; the jobs that it really has are removed in the end."""
    silent = htmap.map(str, range(2), map_options=UNMATCHED)
    address = silent._map_dir.record.pool
    remember(silent, NOWHERE)
    yield silent
    remember(silent, address)


def remember(mapped: htmap.Map, address: PoolAddress) -> None:
    mapped._map_dir.write_record(attrs.evolve(mapped._map_dir.record, pool=address))
    mapped._map_dir._record = None  # as read again by another process


def test_whoever_waits_for_a_pool_that_does_not_answer_is_told(
    silent: htmap.Map, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "QUIET", 0.5)  # a minute of silence would be long for a test
    with (
        pytest.warns(SilentPool, match="nowhere"),
        pytest.raises(htmap.exceptions.TimeoutError),
    ):
        silent.wait(timeout=3)


def test_whoever_waits_for_a_pool_that_only_is_busy_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "QUIET", 0.5)
    waiting = htmap.map(str, range(2), map_options=UNMATCHED)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(htmap.exceptions.TimeoutError):
            waiting.wait(timeout=3)


def test_a_hold_of_which_the_event_log_never_told_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "QUIET", 0.5)
    mapped = htmap.map(str, range(2), map_options=htmap.MapOptions(hold=["false", "true"]))
    with pytest.raises(htmap.exceptions.MapComponentHeld) as caught:
        mapped.wait(timeout=60)
    assert caught.value.component == 1
    assert mapped.holds.keys() == {1}
    mapped.release()
    assert list(mapped.iter(timeout=60)) == ["0", "1"]


def test_cleaning_goes_on_past_a_map_that_cannot_be_removed(silent: htmap.Map) -> None:
    others = [htmap.map(str, [1], map_options=UNMATCHED) for _ in range(2)]
    tags = {other.tag for other in others}
    with pytest.warns(NotRemoved, match=silent.tag):
        assert set(htmap.clean()) == tags
    assert silent.exists
    assert htmap.get_tags() == (silent.tag,)
