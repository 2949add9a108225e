"""Memory that grows in steps, written as one request."""

from __future__ import annotations

from typing import Any

import pytest

import htmap
from htmap_core import MapOptions
from htmap_core.exceptions import InvalidOption
from htmap_core.maps.drafts.options import merged_options

MEMORY, RETRY = "request_memory", "retry_request_memory"


@pytest.mark.parametrize(
    ("given", "first", "others"),
    [
        ("1GB, 2GB, 4GB", "1GB", "2GB, 4GB"),
        ("512,1024", "512", "1024"),
        (["1GB, 2GB, 3GB", "4GB"], ["1GB", "4GB"], ["2GB, 3GB", "4GB"]),
    ],
)
def test_steps_become_a_request_and_what_follows_it(given: Any, first: Any, others: Any) -> None:
    options = merged_options(MapOptions(request_memory=given))
    assert (options[MEMORY], options[RETRY]) == (first, others)


@pytest.mark.parametrize("given", ["1GB", 128, "ifThenElse(x, 1, 2)", ["1GB", "2GB"], iter(["1GB", "2GB"])])
def test_a_request_without_steps_stays_as_it_is(given: Any) -> None:
    options = merged_options(MapOptions(request_memory=given))
    assert options[MEMORY] == given
    assert RETRY not in options


def test_steps_in_the_settings_give_way_to_a_request(htmap_dir: object) -> None:
    htmap.settings["MAP_OPTIONS.REQUEST_MEMORY"] = "1GB, 2GB"
    assert merged_options(None)[RETRY] == "2GB"
    assert merged_options(MapOptions(request_memory="3GB, 4GB"))[RETRY] == "4GB"
    assert RETRY not in merged_options(MapOptions(request_memory="8GB"))
    assert merged_options(MapOptions(retry_request_memory="8GB")) == {**merged_options(None), RETRY: "8GB"}


@pytest.mark.parametrize("options", [{MEMORY: "2GB, 1GB"}, {MEMORY: "1GB, 1024MB"}, {MEMORY: "1GB, 2GB", RETRY: "4GB"}])
def test_steps_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption) as caught:
        merged_options(MapOptions(**options))
    assert caught.value.name == MEMORY
