"""Options on their way through a real pool: names that nobody knows, and values that need HTMap's help."""

from __future__ import annotations

from pathlib import Path

import pytest

import htmap
from htmap_core.names import MAPS

pytestmark = [pytest.mark.pool]

UNMATCHED = htmap.MapOptions(requirements="false")


@pytest.mark.parametrize("name", ["memory", "requestmemory", "request_gpu", "request_mem", "request_memmory", "colour"])
def test_an_option_that_nobody_knows_is_refused_and_leaves_nothing(name: str, personal_pool: Path) -> None:
    with pytest.raises(htmap.exceptions.UnknownOption) as raised:
        htmap.map(str, [1], map_options=htmap.MapOptions(**{name: "1"}))
    assert raised.value.name == name
    assert raised.value.origin is None
    assert [*personal_pool.glob(f"{MAPS}/*")] == []


def test_an_unknown_option_of_the_settings_is_refused_with_its_origin(personal_pool: Path) -> None:
    htmap.settings["MAP_OPTIONS.memory"] = "2GB"
    with pytest.raises(htmap.exceptions.UnknownOption) as raised:
        htmap.map(str, [1])
    assert raised.value.origin == htmap.settings.origin("MAP_OPTIONS.memory")
    assert [*personal_pool.glob(f"{MAPS}/*")] == []


def test_an_option_of_any_name_may_be_used_by_another(personal_pool: Path) -> None:
    options = htmap.MapOptions(
        place="sea", description="$(place)", kind=["a", "b"], rank="$(kind)", requirements="false"
    )
    waiting = htmap.map(str, [1, 2], map_options=options)
    assert len(waiting) == 2
    waiting.remove()
