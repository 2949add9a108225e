"""Options with a value for each component."""

from __future__ import annotations

import re
from typing import Any

import pytest

from htmap_core import MapOptions, Walltime
from htmap_core.exceptions import InvalidOption, MisalignedInputData
from htmap_core.settings.chain import settings
from htmap_core.submission.option_columns import OptionColumns


def columns(**options: Any) -> OptionColumns:
    return OptionColumns(MapOptions(**options))


def test_each_per_component_option_has_a_column_and_the_others_have_none() -> None:
    made = columns(request_memory=["1GB", "2GB"], request_cpus=1, request_disk=["3GB", "4GB"])
    assert list(made.names) == ["request_memory", "request_disk"]
    assert [made.of_next(), made.of_next()] == [["1GB", "3GB"], ["2GB", "4GB"]]
    made.end()


def test_no_column_has_a_digit_after_an_underscore_which_htcondor_misreads() -> None:
    assert [name for name in columns(request_memory=["1GB"]).names.values() if re.search(r"_\d", name)] == []


def test_a_component_without_a_value_is_named() -> None:
    made = columns(request_memory=["1GB"])
    made.of_next()
    with pytest.raises(MisalignedInputData) as raised:
        made.of_next()
    assert (raised.value.option, raised.value.option_length) == ("request_memory", 1)


def test_a_value_without_a_component_is_refused() -> None:
    made = columns(request_memory=["1GB", "2GB"])
    made.of_next()
    with pytest.raises(MisalignedInputData) as raised:
        made.end()
    assert raised.value.option == "request_memory"


def test_a_component_without_requirements_has_no_empty_expression() -> None:
    made = columns(requirements=["", "A", " "], rank=["", "B", ""])
    assert [made.of_next() for _ in range(3)] == [["true", ""], ["A", "B"], ["true", ""]]


@pytest.mark.usefixtures("htmap_dir")
def test_the_walltime_of_a_component_becomes_the_limit_of_its_job() -> None:
    settings["WALLTIME_MARGIN"] = 60
    made = columns(request_cpus=[1, 2, 3], walltime=["2h", "", 90])
    assert made.names["walltime"] == "htmap_walltime"
    assert [made.of_next() for _ in range(3)] == [["1", "7260"], ["2", "undefined"], ["3", "150"]]
    assert made.walltime == Walltime(7200, 7260)


@pytest.mark.usefixtures("htmap_dir")
def test_the_limits_of_jobs_that_differ_in_size_follow_from_how_many_components_they_have() -> None:
    settings["WALLTIME_MARGIN"] = 60
    made = OptionColumns(MapOptions(walltime="10 s"), jobs_differ=True)
    assert made.names == {"walltime": "htmap_walltime"}
    (limit,) = made.of_next()
    assert callable(limit)
    assert [limit(components) for components in (1, 7)] == ["70", "130"]
    made.end()
    assert OptionColumns(MapOptions(walltime="10 s")).names == {}
    assert OptionColumns(MapOptions(walltime=""), jobs_differ=True).names == {}


def test_a_wrong_walltime_of_a_component_is_refused() -> None:
    with pytest.raises(InvalidOption):
        columns(walltime=["2 horus"]).of_next()


def test_empty_values_are_neutral_in_every_expression_that_htmap_completes() -> None:
    made = columns(periodic_hold=["", "A"], periodic_hold_reason=["", "B"])
    assert [made.of_next() for _ in range(2)] == [["false", "undefined"], ["A", "B"]]
