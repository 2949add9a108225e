"""The usual options: keywords with types and a line of help, and what each of them takes."""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import htmap
from htmap_core.contract.option_values import CONVERTED, CUSTOM_OPTIONS
from htmap_core.contract.options import MapOptions
from htmap_core.contract.usual.checks import USUAL
from htmap_core.contract.usual.meanings import meanings
from htmap_core.exceptions import InvalidOption
from htmap_core.settings.chain import Settings
from htmap_core.submission.known_commands import OWN_OPTIONS
from htmap_core.submission.option_columns import OptionColumns
from tests.docstrings import parsed
from tests.golden_files import Golden

PARAMETERS = inspect.signature(htmap.MapOptions).parameters
NAMED = [name for name, each in PARAMETERS.items() if each.kind is inspect.Parameter.KEYWORD_ONLY]
EXPRESSION = "ifThenElse(MemoryUsage =!= undefined, MemoryUsage * 2, 1024)"


def made(name: str, value: Any) -> MapOptions:
    given: dict[str, Any] = {name: value}
    return MapOptions(**given)


# --- keywords


def test_the_usual_options_are_keywords_with_types_that_need_not_be_given() -> None:
    assert 15 <= len(NAMED) - 1 <= 20
    assert [name for name in NAMED if PARAMETERS[name].annotation is inspect.Parameter.empty] == []
    assert {PARAMETERS[name].default for name in NAMED} == {None}


def test_all_that_is_htmaps_own_is_among_them_and_each_is_checked() -> None:
    assert set(NAMED) >= OWN_OPTIONS
    assert {*USUAL, *CONVERTED, CUSTOM_OPTIONS} - {"env"} == set(NAMED)


def test_each_keyword_has_a_line_of_help_and_a_meaning_of_a_few_words() -> None:
    assert list(parsed(htmap.MapOptions).of("param")) == list(PARAMETERS)
    assert list(meanings(htmap.MapOptions)) == list(PARAMETERS)
    assert [meaning for meaning in meanings(htmap.MapOptions).values() if not 2 <= len(meaning.split()) <= 16] == []


def test_where_python_has_dropped_docstrings_there_is_no_meaning() -> None:
    class Undocumented:
        pass

    assert meanings(Undocumented) == {}


@pytest.mark.parametrize("name", NAMED)
def test_none_is_as_if_the_keyword_was_not_there(name: str) -> None:
    assert made(name, None) == {}


def test_keywords_stand_in_the_order_of_their_signature_and_before_other_commands() -> None:
    options = MapOptions(rank="Memory", walltime="2h", custom_options={"Project": 1}, request_cpus=2)
    assert list(options) == ["request_cpus", "walltime", "MY.Project", "rank"]


def test_a_misspelt_keyword_is_left_to_the_check_of_all_commands() -> None:
    assert MapOptions(request_memmory="1GB") == {"request_memmory": "1GB"}


# --- what they take

TAKEN: dict[str, list[Any]] = {
    "request_cpus": [2, "2", 0, "1 + 1", "TARGET.Cpus", "$(cpus)", "$$(Cpus)", "undefined", "", "MY.Cores", 1.5],
    "request_gpus": [1, "0", "TARGET.GPUs"],
    "request_memory": [
        *(2048, "2048", 1.5, "2GB", "1.5 gb", "512M", "1e3", EXPRESSION, "MY.Size", "$(size)", "$(size)GB", ""),
        *("1GB, 2GB, 4GB", "1GB,2GB", "100, 200"),
    ],
    "request_disk": [10**6, "10GB", "1.5 TB", EXPRESSION],
    "requirements": ['OpSysAndVer == "AlmaLinux9"', "HasDocker", True, ""],
    "environment": [{"A": "b c"}, "A=b", '"A=b"', ""],
    "accounting_group": ["physics.tides", "$(group)"],
    "walltime": ["2h", 7200, datetime.timedelta(hours=2), ""],
    "chunksize": [1, "100", "auto"],
    "expected_runtime": [0.2, "5 min", datetime.timedelta(minutes=5)],
    "max_idle": [1000, "1000", -1, "$(idle)", "2 * 50"],
    "max_retries": [0, 5, "5"],
    "retry_exceptions": [True, False, "true", OSError, (OSError, "TooBusy")],
    "checkpoint": [True, False, "true", "exit", "Exit"],
    "checkpoint_interval": [60, "5 min", datetime.timedelta(minutes=5)],
    "results_interval": [60, "5 min", False, "false", datetime.timedelta(minutes=5)],
    "preserve_relative_paths": [True, "false"],
}

REFUSED: dict[str, list[Any]] = {
    "request_cpus": ["two", True, "true", -1, "-1", "-0.5", "2GB", "2 cores", float("nan"), b"2", {"a": 1}, "1, 2"],
    "request_gpus": ["one", False, -1],
    "request_memory": ["1,5GB", "2GiB", "2 gigs", "2PB", "-2GB", -1, True, "lots", "1GB, 2", b"2GB", float("inf")],
    "request_disk": ["1,5GB", "1GB, 2GB", "-1", "lots", "10 gigs", False],
    "requirements": [5, 1.5, b"HasDocker", {"a": 1}, "A) || (B"],
    "environment": [5, True, b"A=b", {"A": None}],
    "accounting_group": [5, True, {"a": 1}, "a\nqueue"],
    "walltime": ["soon", True, -1, 0, {"a": 1}],
    "chunksize": ["many", 0, -1, True, 2.5, [1, 2]],
    "expected_runtime": ["soon", True, 0, [1, 2]],
    "max_idle": ["some", 0, True, "10 jobs", [1, 2]],
    "max_retries": ["often", True, -1, 2.5, [1, 2]],
    "retry_exceptions": ["perhaps", 1, int],
    "checkpoint": ["perhaps", 1, [True]],
    "checkpoint_interval": ["soon", True, -1, [1, 2]],
    "results_interval": ["soon", -1, [1, 2]],
    "preserve_relative_paths": ["perhaps", 1, [True]],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in TAKEN.items() for value in values])
def test_what_an_option_takes_is_kept_as_it_is(name: str, value: Any) -> None:
    options = made(name, value)
    assert list(options) == [name]
    assert name == "retry_exceptions" or options[name] is value


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values])
def test_what_an_option_does_not_take_is_refused_where_it_is_given(name: str, value: Any) -> None:
    with pytest.raises(InvalidOption) as caught:
        made(name, value)
    assert caught.value.name == name
    with pytest.raises(InvalidOption):
        MapOptions()[name.upper()] = value
    with pytest.raises(InvalidOption):
        MapOptions.from_settings(Settings({"MAP_OPTIONS": {name: value}}))


def test_every_option_with_a_check_of_its_own_is_tried() -> None:
    assert TAKEN.keys() == REFUSED.keys() >= {*USUAL} - {"env"}


def test_what_is_refused_is_told_with_what_the_option_takes(golden: Golden) -> None:
    told = []
    for name, values in REFUSED.items():
        for value in values[:2]:
            with pytest.raises(InvalidOption) as caught:
                made(name, value)
            told.append(str(caught.value))
    golden("options/what-the-usual-ones-take", "\n".join(told))


VARYING = [name for name, usual in USUAL.items() if usual.varies and name != "env"]


@pytest.mark.parametrize("name", VARYING)
def test_a_list_is_looked_at_where_it_is_given(name: str) -> None:
    good, bad = TAKEN[name][0], REFUSED[name][0]
    assert made(name, [good, good]).per_component() == {name: [good, good]}
    with pytest.raises(InvalidOption) as caught:
        made(name, (good, bad))
    assert (caught.value.name, caught.value.value) == (name, bad)


@pytest.mark.parametrize("name", VARYING)
def test_an_iterator_is_looked_at_when_the_map_is_made(name: str) -> None:
    good, bad = TAKEN[name][0], REFUSED[name][0]

    def values() -> Iterator[Any]:
        yield from (good, bad)

    columns = OptionColumns(made(name, values()))
    columns.of_next()
    with pytest.raises(InvalidOption) as caught:
        columns.of_next()
    assert caught.value.name == name


def test_a_list_that_was_changed_afterwards_is_looked_at_again() -> None:
    options = MapOptions(request_cpus=[1])
    options["request_cpus"].append("two")
    columns = OptionColumns(options)
    columns.of_next()
    with pytest.raises(InvalidOption):
        columns.of_next()


# --- what mypy knows: `make types` fails where one of these lines is no error


def test_a_type_checker_finds_what_no_option_takes() -> None:
    given: tuple[Callable[[], MapOptions], ...] = (
        lambda: MapOptions(request_cpus=object()),  # type: ignore[arg-type]
        lambda: MapOptions(request_memory=object()),  # type: ignore[arg-type]
        lambda: MapOptions(walltime=object()),  # type: ignore[arg-type]
        lambda: MapOptions(chunksize="many"),  # type: ignore[arg-type]
        lambda: MapOptions(max_retries="often"),  # type: ignore[arg-type]
        lambda: MapOptions(checkpoint="perhaps"),  # type: ignore[arg-type]
        lambda: MapOptions(retry_exceptions=5),  # type: ignore[arg-type]
        lambda: MapOptions(fixed_input_files=5),  # type: ignore[arg-type]
    )
    wrong = set()
    for give in given:
        with pytest.raises(InvalidOption) as caught:
            give()
        wrong.add(caught.value.name)
    assert len(wrong) == len(given)
