"""Map options: what users may ask of HTCondor, and what becomes of it."""

from __future__ import annotations

import copy
import numbers
import pickle
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from htmap_core.contract.options import MapOptions
from htmap_core.exceptions import InvalidOption, MisalignedInputData, ReservedOptionKeyword
from htmap_core.language.submit_text import RESERVED_COMMANDS, option_text
from htmap_core.settings.chain import Settings, settings
from tests.golden_files import Golden

SPELLINGS: list[Callable[[str], str]] = [str.lower, str.upper, str.title, " {} ".format]
RESERVED_BEFORE = """
+IsHTMapJob +component IsHTMapJob MY.IsHTMapJob MY.component arguments component executable jobbatchname
log should_transfer_files stderr stdout submit_event_notes transfer_executable transfer_input_files transfer_output_files
transfer_output_remaps universe when_to_transfer_output
"""


def made(given: dict[str, Any]) -> MapOptions:
    return MapOptions(**given)


# --- names


@pytest.mark.parametrize("spelt", SPELLINGS)
@pytest.mark.parametrize("name", sorted(RESERVED_COMMANDS))
def test_a_reserved_command_is_refused_however_it_is_spelt(name: str, spelt: Callable[[str], str]) -> None:
    with pytest.raises(ReservedOptionKeyword):
        made({spelt(name): "x"})


@pytest.mark.parametrize(
    "name",
    ["+IsHTMapJob", "my.ishtmapjob", "MY.Cmd", "+transferinput", "My.HTMapID", "+JobUniverse", "MY.UserLogUseXML"],
)
def test_a_reserved_attribute_is_refused_with_plus_and_with_my(name: str) -> None:
    with pytest.raises(ReservedOptionKeyword):
        made({name: "x"})


def test_a_log_that_htmap_cannot_read_is_refused() -> None:
    with pytest.raises(ReservedOptionKeyword):
        made({"log_xml": "true"})


@pytest.mark.parametrize("name", ["IsHTMapJob", "+Component", "MY.iwd", "err"])
def test_a_reserved_attribute_is_refused_among_the_custom_options(name: str) -> None:
    with pytest.raises(ReservedOptionKeyword):
        MapOptions(custom_options={name: "x"})


@pytest.mark.parametrize("name", RESERVED_BEFORE.split())
def test_what_was_reserved_before_is_reserved_still(name: str) -> None:
    assert name.casefold() in {key.casefold() for key in MapOptions.RESERVED_KEYS}
    with pytest.raises(ReservedOptionKeyword):
        made({name: "x"})


@pytest.mark.parametrize(
    "name", ["queue", "QUEUE", "if", "include", "use", "a b", "a=b", "a\nqueue", "", "1st", "a:b", "é"]
)
def test_text_that_is_not_a_command_is_refused(name: str, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        made({name: "x"})
    assert caught.value.name == name
    golden("options/what-is-no-command-is-refused", caught.value.reason)


@pytest.mark.parametrize("name", ["a b", "a\nqueue", "a.b", "", "+", "1st"])
def test_text_that_is_not_an_attribute_is_refused(name: str, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        MapOptions(custom_options={name: "x"})
    golden("options/what-is-no-attribute-is-refused", caught.value.reason)


@pytest.mark.parametrize("name", ["Project", "+Project", "MY.Project", "my.Project"])
def test_a_custom_option_is_an_attribute_whether_or_not_it_says_so(name: str) -> None:
    assert MapOptions(custom_options={name: '"x"'}).fixed() == {"MY.Project": '"x"'}


def test_an_option_is_found_in_any_case() -> None:
    options = MapOptions(Request_Memory="1GB", custom_options={"Project": 1})
    assert options["REQUEST_MEMORY"] == options.get("request_memory") == "1GB"
    assert options["+project"] == options["my.PROJECT"] == 1
    assert "request_Memory" in options
    assert "request_disk" not in options


@pytest.mark.parametrize(
    "twice", [{"request_cpus": 1, "Request_CPUs": 2}, {"+A": 1, "MY.a": 1}, {"custom_options": {"A": 1, "+a": 2}}]
)
def test_one_option_cannot_be_given_twice(twice: dict[str, Any], golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        made(twice)
    golden("options/one-option-cannot-be-given-twice", caught.value.reason)


# --- values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2GB", "2GB"),
        (2, "2"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (Path("/there/x"), "/there/x"),
        ('"a b"', '"a b"'),
        (" padded\t", "padded"),
        ("$(component)", "$(component)"),
    ],
)
def test_any_plain_value_is_written_as_htcondor_reads_it(value: Any, text: str) -> None:
    assert MapOptions(rank=value).text("rank") == text
    assert MapOptions(custom_options={"Project": value}).fixed() == {"MY.Project": text}


@pytest.mark.parametrize("value", [None, object(), b"1GB", {"a": 1}, 1j])
def test_a_value_that_is_nothing_of_the_kind_is_refused(value: Any, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        MapOptions(rank=value)
    assert (caught.value.name, caught.value.value) == ("rank", value)
    kind = {type(value).__name__: "TYPE"}
    golden("options/a-value-that-is-nothing-of-the-kind-is-refused", caught.value.reason, hide=kind)


@pytest.mark.parametrize(
    "value", ["a\nqueue 5", "a\rb", "a\0b", "a\x1fb", "a\x0bb", "a\x85b", "a\u2028b", "\udcff", Path("a\nb")]
)
def test_a_value_that_would_break_out_of_its_line_is_refused(value: Any, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        MapOptions(request_memory=value)
    assert (caught.value.name, caught.value.value) == ("request_memory", value)
    golden("options/a-value-that-would-break-out-of-its-line", caught.value.reason)


@pytest.mark.parametrize("value", ["a\\", "a\\ ", Path("a\\")])
def test_a_value_that_would_join_the_next_line_is_refused(value: Any) -> None:
    with pytest.raises(InvalidOption, match="backslash"):
        MapOptions(request_memory=value)


@pytest.mark.parametrize("name", ["environment", "ENV"])
def test_an_environment_may_be_a_mapping_whose_values_need_no_quotes(name: str) -> None:
    variables: Any = {
        "A": "b c",
        "B": 'say "so"',
        "C": "it's",
        "D": "",
        "E": 3,
        "F": Path("/a b"),
        "G": "$(x)=$ENV(y) $$ $z",
        "H": "$$(Cpus)",
    }
    found = MapOptions(**{name: variables}).fixed()
    text = "A='b c' B='say \"\"so\"\"' C='it''s' D='' E=3 F='/a b' G='$(DOLLAR)(x)=$(DOLLAR)ENV(y) $$ $z' H=$$(Cpus)"
    assert found == {name.lower(): f'"{text}"'}
    varying: Any = [{"A": 1}, "B=2"]
    each = MapOptions(**{name: varying})
    assert [option_text(name, value) for value in each.per_component()[name.lower()]] == ['"A=1"', "B=2"]


@pytest.mark.parametrize(
    "variables",
    [
        {"A": "b\nc"},
        {"A": None},
        {"A": True},
        {"A B": "c"},
        {"A=": "c"},
        {"": "c"},
        {1: "c"},
        {"A": b"c"},
        {"A": ["c"]},
    ],
)
def test_what_no_environment_can_hold_is_refused(variables: Any) -> None:
    with pytest.raises(InvalidOption):
        MapOptions(environment=variables)


def test_the_variable_whose_value_is_refused_is_named() -> None:
    with pytest.raises(InvalidOption) as caught:
        MapOptions(environment={"SEA": "blue", "TIDE": None})
    assert "TIDE" in caught.value.reason


def test_no_other_option_may_be_a_mapping() -> None:
    with pytest.raises(InvalidOption):
        MapOptions(rank={"A": "b"})


def test_an_environment_may_be_a_table_of_the_settings() -> None:
    given = Settings({"MAP_OPTIONS": {"environment": {"Tide": "high water"}}})
    assert MapOptions.from_settings(given).fixed() == {"environment": "\"Tide='high water'\""}


def test_an_iterable_has_a_value_for_each_component(golden: Golden) -> None:
    options = MapOptions(request_memory=["1GB", 2], request_cpus=1)
    assert options.per_component() == {"request_memory": ["1GB", 2]}
    assert options.fixed() == {"request_cpus": "1"}
    assert options.to_dict() == {"request_cpus": "1", "request_memory": options.to_dict()["request_memory"]}
    golden("options/one-for-each-component", options.to_dict()["request_memory"])


# --- as a mapping


def test_options_are_a_mapping_of_what_was_given() -> None:
    given_options: dict[str, Any] = {"request_memory": "2GB", "request_cpus": [1, 2], "input_files": ["a", "b"]}
    options = MapOptions(**given_options)
    assert isinstance(options, MutableMapping)
    assert dict(options) == dict(options.items()) == options == given_options
    assert set(options) == set(given_options)
    assert len(options) == 3
    assert "request_cpus" in options
    assert 3 not in options  # type: ignore[comparison-overlap]  # any object can be asked for
    assert MapOptions(**options) == options


def test_values_are_what_was_given_and_can_be_reckoned_with() -> None:
    options = MapOptions(request_cpus=2)
    options["request_cpus"] *= 2
    assert (options["request_cpus"], options.fixed()) == (4, {"request_cpus": "4"})


def test_values_can_be_replaced_and_deleted_in_any_spelling() -> None:
    options = MapOptions(request_memory="1GB", request_disk="1GB", custom_options={"Project": 1})
    options["Request_Memory"] = "2GB"
    options["+project"] = 2
    del options[" REQUEST_DISK "]
    assert options == {"request_memory": "2GB", "MY.project": 2}
    assert options.pop("MY.PROJECT") == 2
    options.update(rank="Memory", REQUEST_memory=["1GB"])
    assert options.per_component() == {"request_memory": ["1GB"]}


@pytest.mark.parametrize("name", ["request_memory", "+Project", "input_files"])
def test_an_option_that_was_not_given_is_a_key_error_that_names_it(name: str) -> None:
    options = MapOptions(request_cpus=1)
    for look in (lambda: options[name], lambda: options.__delitem__(name)):
        with pytest.raises(KeyError) as caught:
            look()
        assert caught.value.args == (name,)


def test_the_requirements_are_one_option_however_they_are_spelt() -> None:
    options = MapOptions(requirements="A")
    options["MY.Requirements"] = "B"
    assert (options["+requirements"], dict(options)) == ("B", {"requirements": "B"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Universe", "x"),
        ("+IsHTMapJob", "true"),
        ("queue", "5"),
        ("a b", "x"),
        ("rank", None),
        ("request_memory", "a\nqueue"),
        ("requirements", "A) || (B"),
        ("requirements ", "A) || (B"),
        ("fixed_input_files", 5),
        ("input_files", "a"),
        ("Output_Remaps", "a"),
        ("custom_options", 5),
    ],
)
def test_what_the_constructor_refuses_cannot_be_set_either(name: str, value: Any) -> None:
    with pytest.raises((InvalidOption, ReservedOptionKeyword)) as by_constructor:
        made({name: value})
    options = MapOptions(request_memory="1GB")
    with pytest.raises((InvalidOption, ReservedOptionKeyword)) as by_setting:
        options[name] = value
    assert type(by_setting.value) is type(by_constructor.value)
    assert by_setting.value.args[:2] == by_constructor.value.args[:2]
    assert options == {"request_memory": "1GB"}


@pytest.mark.parametrize("name", [3, None, ("a",)])
def test_a_name_that_is_no_text_cannot_be_set(name: Any) -> None:
    with pytest.raises(InvalidOption):
        MapOptions()[name] = "x"


def test_attributes_are_set_one_by_one() -> None:
    options = MapOptions(custom_options={"Project": 1})
    with pytest.raises(InvalidOption):
        options["custom_options"] = {"Other": 2}
    options["MY.Other"] = 2
    assert options.custom_options == {"Project": 1, "Other": 2}


def test_the_options_of_files_are_attributes_too() -> None:
    options = MapOptions(input_files=["a"])
    assert (options.fixed_input_files, options.input_files, options.output_remaps) == ((), ["a"], None)
    options.fixed_input_files = "b"
    options.output_remaps = {"x": "y"}
    options.input_files = None
    assert options == {"fixed_input_files": ("b",), "output_remaps": {"x": "y"}}
    with pytest.raises(InvalidOption):
        options.input_files = "a"


@pytest.mark.parametrize("name", ["Input_Files", " input_files"])
def test_an_option_of_files_is_one_in_any_spelling(name: str) -> None:
    options = made({name: ["a"]})
    assert (options.input_files, options.per_component()) == (["a"], {})


def test_an_attribute_that_would_have_no_effect_cannot_be_set() -> None:
    with pytest.raises(AttributeError):
        MapOptions().request_memory = "2GB"  # type: ignore[attr-defined]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, MapOptions.copy, MapOptions.merge])
def test_changes_of_the_original_do_not_reach_a_copy(copied: Callable[[MapOptions], MapOptions]) -> None:
    nested: Any = ("b", ["c"])
    unchanged: Any = ("b", ["c"])
    options = MapOptions(
        request_memory=["1GB", "2GB"],
        input_files=[["a"], nested],
        output_remaps={"x": "y"},
        requirements=["A", ""],
    )
    before = copied(options)
    assert (before, type(before)) == (options, MapOptions)
    options["request_memory"].append("3GB")
    options["input_files"][0].append("b")
    options["input_files"][1][1].append("b")
    options["output_remaps"]["x"] = "z"
    options["requirements"].clear()
    options["request_disk"] = "1GB"
    assert before == MapOptions(
        request_memory=["1GB", "2GB"],
        input_files=[["a"], unchanged],
        output_remaps={"x": "y"},
        requirements=["A", ""],
    )


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_options_survive_pickling(protocol: int) -> None:
    options = MapOptions(request_cpus=2, custom_options={"A": 1}, input_files=["a"], fixed_input_files=["b"])
    assert pickle.loads(pickle.dumps(options, protocol)) == options


# --- files (defects 6 and 7)


@pytest.mark.parametrize("given_files", ["a", Path("a"), ["a"], ("a",), iter(["a"])])
def test_one_file_or_several_may_be_sent_with_all_components(given_files: Any) -> None:
    assert [str(each) for each in MapOptions(fixed_input_files=given_files).fixed_input_files] == ["a"]


def test_input_files_may_be_a_list_of_names() -> None:
    assert MapOptions(input_files=["a", "b"]).input_files == ["a", "b"]


def test_what_was_given_is_not_changed_by_merging() -> None:
    files, custom = ["a"], {"Project": "1"}
    first = MapOptions(fixed_input_files=files, custom_options=custom, requirements="A")
    second = MapOptions(fixed_input_files=["b"], requirements="B", request_cpus=2)
    before = copy.deepcopy((first, second))
    MapOptions.merge(first, second)
    MapOptions.merge(first, second)
    assert (first, second) == before
    assert (files, custom) == (["a"], {"Project": "1"})


def test_changing_the_list_of_files_afterwards_changes_no_options() -> None:
    files = ["a"]
    options = MapOptions(fixed_input_files=files)
    files.append("b")
    assert options.fixed_input_files == ("a",)


# --- merging


def test_of_two_options_the_left_one_wins_in_any_case() -> None:
    merged = MapOptions.merge(
        MapOptions(Request_Memory="1GB", custom_options={"project": 1}),
        MapOptions(request_memory="2GB", request_disk="3GB", custom_options={"Project": 2}),
    )
    assert merged.fixed() == {"request_memory": "1GB", "MY.project": "1", "request_disk": "3GB"}


def test_all_fixed_input_files_are_sent_each_once() -> None:
    merged = MapOptions.merge(
        MapOptions(fixed_input_files=["a", "b"]), MapOptions(), MapOptions(fixed_input_files=["b", "c"])
    )
    assert merged.fixed_input_files == ("a", "b", "c")


def test_input_files_and_output_remaps_are_those_of_the_leftmost_that_has_them() -> None:
    merged = MapOptions.merge(
        MapOptions(), None, MapOptions(input_files=["a"], output_remaps={"x": "y"}), MapOptions(input_files=["b"])
    )
    assert (merged.input_files, merged.output_remaps) == (["a"], {"x": "y"})


def test_all_requirements_must_be_satisfied() -> None:
    merged = MapOptions.merge(
        MapOptions(requirements="A || B"), MapOptions(), MapOptions(Requirements="C"), MapOptions(requirements="A || B")
    )
    assert merged["requirements"] == "(A || B) && (C)"


def test_requirements_of_each_component_are_combined_with_those_of_all() -> None:
    merged = MapOptions.merge(MapOptions(requirements=["A", "B"]), MapOptions(requirements="C || D"))
    assert list(merged.per_component()["requirements"]) == ["(A) && (C || D)", "(B) && (C || D)"]


def test_requirements_of_each_component_must_be_as_many() -> None:
    merged = MapOptions.merge(MapOptions(requirements=["A", "B"]), MapOptions(requirements=["C"]))
    with pytest.raises(MisalignedInputData, match="requirements"):
        list(merged.per_component()["requirements"])


def test_requirements_of_a_component_may_be_empty() -> None:
    merged = MapOptions.merge(MapOptions(requirements=["", "A"]), MapOptions(requirements="B"))
    assert list(merged.per_component()["requirements"]) == ["B", "(A) && (B)"]
    assert MapOptions.merge(MapOptions(requirements=""), MapOptions(requirements="A"))["requirements"] == "A"


def test_later_changes_do_not_reach_requirements_that_were_combined() -> None:
    each = ["A", "B"]
    merged = MapOptions.merge(MapOptions(requirements=each), MapOptions(requirements="C"))
    each[:] = ["D"]
    assert list(merged.per_component()["requirements"]) == ["(A) && (C)", "(B) && (C)"]


@pytest.mark.parametrize("name", ["+Requirements", "MY.requirements"])
def test_requirements_as_an_attribute_do_not_write_over_those_of_others(name: str) -> None:
    merged = MapOptions.merge(made({name: "A"}), MapOptions(requirements="B"))
    assert merged.fixed() == {"requirements": "(A) && (B)"}


def test_merging_nothing_gives_no_options() -> None:
    assert MapOptions.merge(None) == MapOptions() == MapOptions.merge()


NAMES = st.sampled_from(["request_cpus", "request_memory", "+a", "+b", "rank"])
OPTIONS = st.dictionaries(NAMES, st.integers(min_value=0)).map(made)


@given(OPTIONS, OPTIONS, OPTIONS)
def test_merging_by_and_by_is_merging_at_once(a: MapOptions, b: MapOptions, c: MapOptions) -> None:
    assert MapOptions.merge(MapOptions.merge(a, b), c) == MapOptions.merge(a, b, c)
    assert MapOptions.merge(a, MapOptions.merge(b, c)) == MapOptions.merge(a, b, c)


# --- from the settings (defect 10)


def test_options_of_the_settings_are_options(htmap_dir: Path) -> None:
    settings["MAP_OPTIONS.Request_Memory"] = 500
    options = MapOptions.from_settings(settings)
    assert options["request_memory"] == 500
    assert options["request_disk"] == "1GB"


@pytest.mark.parametrize("name", ["Universe", "EXECUTABLE", "+IsHTMapJob", "queue", "MY", "Fixed Files"])
def test_a_name_that_cannot_be_an_option_cannot_be_one_in_the_settings_either(htmap_dir: Path, name: str) -> None:
    settings["MAP_OPTIONS.request_cpus"] = 2
    Path("~/.htmaprc").expanduser().write_text(f'[MAP_OPTIONS]\n"{name}" = "x"\n')
    with pytest.raises((ReservedOptionKeyword, InvalidOption)) as caught:
        MapOptions.from_settings(settings)
    assert attrs.asdict(caught.value)["origin"] == "line 2 of ~/.htmaprc"  # type: ignore[arg-type]  # both are attrs classes
    assert repr(name.replace("+", "MY.")) in str(caught.value) or f"option {name} = " in str(caught.value)


def test_a_wrong_value_in_the_settings_is_reported_with_its_origin(htmap_dir: Path, golden: Golden) -> None:
    Path("~/.htmaprc").expanduser().write_text('[MAP_OPTIONS]\nrequest_cpus = "1\\nqueue"\n')
    with pytest.raises(InvalidOption) as caught:
        MapOptions.from_settings(settings)
    golden("options/a-wrong-value-in-the-settings-is-told", caught.value)


@pytest.mark.parametrize(
    "text",
    [
        'MY.Project = "x"',
        '"MY.Project" = "x"',
        '"+Project" = "x"',
        'my = {Project = "x"}',
        'Custom_Options.Project = "x"',
    ],
)
def test_an_attribute_in_the_settings_may_be_written_as_toml_allows(tmp_path: Path, text: str) -> None:
    (tmp_path / "rc").write_text(f"[MAP_OPTIONS]\n{text}\n")
    assert MapOptions.from_settings(Settings.load(tmp_path / "rc")).fixed() == {"MY.Project": "x"}


def test_a_reserved_attribute_in_the_settings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rc").write_text("[MAP_OPTIONS]\nMY.IsHTMapJob = false\n")
    with pytest.raises(ReservedOptionKeyword):
        MapOptions.from_settings(Settings.load(tmp_path / "rc"))


def test_files_for_all_components_may_stand_in_the_settings() -> None:
    assert MapOptions.from_settings(Settings({"MAP_OPTIONS": {"Fixed_Input_Files": "a"}})).fixed_input_files == ("a",)


@pytest.mark.parametrize("name", ["input_files", "Output_Remaps"])
def test_what_belongs_to_one_map_cannot_stand_in_the_settings(name: str, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        MapOptions.from_settings(Settings({"MAP_OPTIONS": {name: ["a"]}}))
    assert caught.value.name.lower() == name.lower()
    golden("options/what-belongs-to-one-map-cannot-stand", caught.value.reason)


def test_options_show_what_they_hold() -> None:
    options = MapOptions(request_cpus=2, fixed_input_files="a")
    assert repr(options) == "{'request_cpus': 2, 'fixed_input_files': ('a',)}"


@pytest.mark.parametrize("given", ["a.txt", Path("a.txt")])
def test_one_file_is_not_a_list_of_files_for_the_components(given: Any) -> None:
    with pytest.raises(InvalidOption, match="fixed_input_files"):
        MapOptions(input_files=given)


# --- what is none of it


class NumpyInteger:
    """As numpy's: no int, but registered as a whole number."""

    def __int__(self) -> int:
        return 128


numbers.Integral.register(NumpyInteger)


def test_numbers_of_other_libraries_are_numbers() -> None:
    assert MapOptions(request_memory=NumpyInteger()).fixed() == {"request_memory": "128"}  # type: ignore[arg-type]  # mypy goes by classes


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_refused(value: float, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        MapOptions(request_memory=value)
    assert caught.value.name == "request_memory"
    golden("options/what-is-no-finite-number-is-refused", caught.value.reason)


@pytest.mark.parametrize("value", [5, b"x", {"a": 1}])
def test_input_files_that_are_not_one_for_each_component_are_refused_by_name(value: Any, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        MapOptions(input_files=value)
    assert (caught.value.name, caught.value.value) == ("input_files", value)
    golden("options/input-files-that-are-not-one-for-each-component", caught.value.reason)


@pytest.mark.parametrize("option", ["fixed_input_files", "output_remaps", "custom_options"])
def test_an_option_of_our_own_that_cannot_be_what_it_is_is_refused_by_name(option: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        made({option: 5})
    assert (caught.value.name, caught.value.value) == (option, 5)


def test_only_map_options_are_merged(golden: Golden) -> None:
    with pytest.raises(TypeError) as caught:
        MapOptions.merge(MapOptions(), {"request_memory": "1GB"})  # type: ignore[arg-type]
    golden("options/only-map-options-are-merged", caught.value)


# --- exceptions


class TooBusy(Exception):
    class Today(OSError):
        pass


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        ("False", "False"),
        (OSError, "OSError"),
        ("OSError , study.TooBusy", "OSError, study.TooBusy"),
        ([OSError, "TimeoutError", OSError], "OSError, TimeoutError"),
        ((TooBusy, TooBusy.Today), f"{__name__}.TooBusy, {__name__}.TooBusy.Today"),
        ("zlib.error", "zlib.error"),
        ("TooBusy", "TooBusy"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
    ],
)
def test_exceptions_that_are_tried_again_are_given_as_classes_or_by_name(value: Any, text: str) -> None:
    options = made({"retry_exceptions": value})
    assert options.text("retry_exceptions") == text
    assert not options.per_component()


@pytest.mark.parametrize(
    "value", [1, "", "perhaps", "int", int, [], (), [True], "OSError,", "ConnectionErorr", "a b", ValueError()]
)
def test_what_is_no_exception_is_not_tried_again(value: Any) -> None:
    with pytest.raises(InvalidOption) as caught:
        made({"retry_exceptions": value})
    assert caught.value.name == "retry_exceptions"
