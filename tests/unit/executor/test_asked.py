"""What calls are submitted with."""

from __future__ import annotations

from typing import Any

import pytest

from htmap_core.contract.options import MapOptions
from htmap_core.exceptions import InvalidOption, NotOptions
from htmap_core.executor.asked import Asked


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("request_memory", ["1GB", "2GB"]),
        ("input_files", ["a.txt", "b.txt"]),
        ("output_remaps", [{"a": "b"}, {"a": "c"}]),
    ],
)
def test_no_option_has_a_value_for_each_call(name: str, value: Any) -> None:
    with pytest.raises(InvalidOption) as caught:
        Asked.of(MapOptions(**{name: value}), None)
    assert caught.value.name == name


def test_what_is_no_options_is_refused_at_once() -> None:
    with pytest.raises(NotOptions):
        Asked.of({"request_memory": "1GB"}, None)  # type: ignore[arg-type]


def test_so_is_a_size_of_jobs_that_is_none() -> None:
    with pytest.raises(InvalidOption):
        Asked.of(None, 0)


def test_options_of_a_call_come_before_those_of_the_executor() -> None:
    asked = Asked.of(MapOptions(request_memory="1GB", request_cpus=2), 3)
    changed = asked.changed(MapOptions(request_disk="1GB", request_memory="2GB"), None, {"request_memory": "4GB"})
    assert changed.options == MapOptions(request_memory="4GB", request_disk="1GB", request_cpus=2)
    assert changed.chunksize == 3


def test_what_a_program_does_to_its_options_later_concerns_nobody() -> None:
    options = MapOptions(request_memory="1GB")
    asked = Asked.of(options, None)
    options["request_memory"] = "2GB"
    assert asked.options["request_memory"] == "1GB"
