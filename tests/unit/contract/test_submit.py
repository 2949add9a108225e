"""The submit description that plugins edit: what it refuses, and what comes out of it."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import InvalidOption, ReservedOptionKeyword, SubmitConflict
from htmap_core.language.submit_text import RESERVED_COMMANDS, in_common, option_text, render, submit_path
from htmap_core.names import RUNTIME
from htmap_core.user_warnings import SuspiciousMap
from tests.golden_files import Golden


@pytest.fixture
def submit() -> SubmitDescription:
    return SubmitDescription()


def rendered(submit: SubmitDescription) -> list[str]:
    """Return the lines that HTCondor reads, of what was set and of what HTMap adds."""
    commands = {"universe": submit.universe, "executable": submit.executable, **submit.commands()}
    commands["transfer_input_files"] = ",".join(submit.input_files)
    commands["transfer_plugins"] = ";".join(f"{scheme}={script}" for scheme, script in submit.transfer_plugins.items())
    commands["last"] = "word"
    return render(commands, ["a", "b"], Path("/map/items-0")).split("\n")


# --- commands and attributes


def test_a_command_is_set_in_lower_case_and_found_in_any(submit: SubmitDescription) -> None:
    submit.set("Docker_Image", "python:3.12")
    assert submit.get("docker_IMAGE") == "python:3.12"
    assert submit.has("DOCKER_image")
    assert submit.commands() == {"docker_image": "python:3.12"}


def test_what_is_not_set_is_not_there(submit: SubmitDescription) -> None:
    assert submit.get("docker_image") is submit.get("+Project") is submit.get("requirements") is None
    assert not submit.has("docker_image")


@pytest.mark.parametrize("name", ["+Project", "MY.Project", "my.Project"])
def test_plus_and_my_set_an_attribute_of_the_job(submit: SubmitDescription, name: str) -> None:
    submit.set(name, '"tide"')
    assert submit.commands() == {"MY.Project": '"tide"'}
    assert submit.has("+project")
    assert submit.get("MY.PROJECT") == '"tide"'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (2, "2"),
        (1.5, "1.5"),
        (Path("/x"), "/x"),
        (" x ", "x"),
        ("", ""),
        (datetime.timedelta(hours=2, milliseconds=1), "7201"),
    ],
)
def test_any_plain_value_is_written_as_htcondor_reads_it(submit: SubmitDescription, value: Any, text: str) -> None:
    submit.set("command", value)
    submit.set_attribute("Attribute", value)
    assert submit.commands() == {"command": text, "MY.Attribute": text}


# --- conflicts and defaults


def test_a_second_different_value_is_a_conflict_that_names_both(submit: SubmitDescription) -> None:
    submit.set("docker_image", "one")
    with pytest.raises(SubmitConflict) as caught:
        submit.set("Docker_Image", "two")
    assert (caught.value.command, caught.value.first, caught.value.second) == ("docker_image", "one", "two")
    assert submit.get("docker_image") == "one"


def test_a_second_different_value_of_an_attribute_is_a_conflict_in_any_case(submit: SubmitDescription) -> None:
    submit.set_attribute("Project", 1)
    with pytest.raises(SubmitConflict):
        submit.set("+project", 2)


def test_the_same_value_twice_is_not_a_conflict(submit: SubmitDescription) -> None:
    for _ in range(2):
        submit.set("request_cpus", 1)
        submit.set("+Project", "1")
        submit.set_universe("docker")
        submit.launch_with("/bin/run", transfer=False)
        submit.add_transfer_plugin("root", Path("plugin.py"))
    assert submit.commands() == {"request_cpus": "1", "MY.Project": "1"}


def test_a_default_gives_way_to_what_is_set_and_holds_where_nothing_is(submit: SubmitDescription) -> None:
    submit.set("request_cpus", 2)
    submit.set("+Project", 1)
    for name in ("Request_CPUs", "MY.project", "request_disk", "+Other"):
        submit.set_default(name, 5)
    assert submit.commands() == {"request_cpus": "2", "request_disk": "5", "MY.Project": "1", "MY.Other": "5"}


def test_what_is_taken_out_can_be_set_again_to_something_else(submit: SubmitDescription) -> None:
    submit.set("JobFlavour", "a")
    submit.set_attribute("JobFlavour", "b")
    assert (submit.take("jobflavour"), submit.take("MY.jobflavour"), submit.take("jobflavour")) == ("a", "b", None)
    submit.set_attribute("JobFlavour", '"b"')
    assert submit.commands() == {"MY.JobFlavour": '"b"'}


def test_default_requirements_give_way_to_others(submit: SubmitDescription) -> None:
    submit.set_default("requirements", "A")
    submit.set_default("requirements", "B")
    assert submit.requirements == "A"


def test_a_universe_gives_way_to_no_other(submit: SubmitDescription) -> None:
    submit.set_universe("docker")
    with pytest.raises(SubmitConflict, match="universe"):
        submit.set_universe("container")


def test_two_cannot_start_the_archive(submit: SubmitDescription) -> None:
    submit.launch_with("/usr/bin/python3", transfer=False)
    with pytest.raises(SubmitConflict, match="executable"):
        submit.launch_with("run.sh", transfer=True)


def test_two_scripts_cannot_serve_one_scheme(submit: SubmitDescription, golden: Golden) -> None:
    submit.add_transfer_plugin("root", Path("one.py"))
    with pytest.raises(SubmitConflict) as caught:
        submit.add_transfer_plugin("ROOT", Path("two.py"))
    golden("submit/two-scripts-cannot-serve-one-scheme", caught.value)


# --- requirements (defect 5)


def test_requirements_from_all_sources_are_combined(submit: SubmitDescription) -> None:
    submit.set("requirements", "A || B")
    submit.require("C")
    submit.set("Requirements", "D")
    submit.require("C")
    submit.set_attribute("Requirements", "E")
    submit.set("+requirements", "F")
    assert submit.requirements == submit.get("Requirements") == "(A || B) && (C) && (D) && (E) && (F)"
    assert submit.commands() == {"requirements": submit.requirements}


def test_one_requirement_stands_as_it_is_and_none_is_left_out(submit: SubmitDescription) -> None:
    assert "requirements" not in submit.commands()
    submit.require("A || B")
    assert submit.commands() == {"requirements": "A || B"}


# --- what is refused


@pytest.mark.parametrize("spelt", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("name", sorted(RESERVED_COMMANDS))
def test_what_htmap_sets_cannot_be_set(submit: SubmitDescription, name: str, spelt: Callable[[str], str]) -> None:
    for setter in (submit.set, submit.set_default, submit.set_attribute):
        with pytest.raises(ReservedOptionKeyword):
            setter(spelt(name), "x")
    for prefix in ("+", "MY.", "my."):
        with pytest.raises(ReservedOptionKeyword):
            submit.set(prefix + spelt(name), "x")


@pytest.mark.parametrize(
    "name", ["queue", "Queue", "if", "endif", "include", "use", "a b", "a=b", "queue\n", "", "@a", "#"]
)
def test_text_that_is_not_a_command_cannot_be_set(submit: SubmitDescription, name: str) -> None:
    with pytest.raises(InvalidOption):
        submit.set(name, "x")


@pytest.mark.parametrize("value", ["a\nqueue 100", "a\r", "a\0", "a\x1fb", "a\\", "a\x0c", "\ud800", None, b"x", [1]])
def test_what_would_break_out_of_its_line_is_refused_everywhere(submit: SubmitDescription, value: Any) -> None:
    setters: list[Callable[[Any], None]] = [
        lambda value: submit.set("command", value),
        lambda value: submit.set_attribute("Attribute", value),
        submit.require,
        submit.add_input_file,
        submit.set_universe,
        lambda value: submit.launch_with(value, transfer=True),
        lambda value: submit.add_transfer_plugin("root", value),
    ]
    for setter in setters:
        with pytest.raises(InvalidOption):
            setter(value)
    assert submit == SubmitDescription()


def test_what_would_break_out_of_its_line_cannot_be_assigned_either(submit: SubmitDescription) -> None:
    with pytest.raises(InvalidOption):
        submit.universe = "vanilla\nqueue 100"
    with pytest.raises(InvalidOption):
        submit.executable = "a\nqueue 100"


@pytest.mark.parametrize("path", ["a,b", " a", "a ", "", "a\t", Path("a ")])
def test_a_path_that_htcondor_cannot_transfer_is_refused(submit: SubmitDescription, path: Any, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        submit.add_input_file(path)
    golden("submit/a-path-that-htcondor-cannot-transfer-is-refused", caught.value.reason)


@pytest.mark.parametrize(
    ("scheme", "script"), [("a=b", "x"), ("a;b", "x"), ("", "x"), ("a", "x;y"), ("a", "x=y"), ("a", "")]
)
def test_a_transfer_plugin_cannot_bring_another(submit: SubmitDescription, scheme: str, script: str) -> None:
    with pytest.raises(InvalidOption, match="transfer_plugins"):
        submit.add_transfer_plugin(scheme, script)  # type: ignore[arg-type]


def test_an_input_file_is_sent_once(submit: SubmitDescription) -> None:
    submit.add_input_file("a")
    submit.add_input_file(Path("a"))
    submit.add_input_file("https://host/b")
    assert submit.input_files == ("a", "https://host/b")


# --- what comes out


def test_the_archive_starts_itself_unless_told_otherwise(submit: SubmitDescription) -> None:
    assert (submit.universe, submit.executable, submit.transfer_executable) == ("vanilla", RUNTIME, True)
    submit.launch_with(Path("/usr/bin/python3"), transfer=False)
    assert (submit.executable, submit.transfer_executable) == ("/usr/bin/python3", False)


def test_a_description_ends_with_its_queue_statement() -> None:
    text = render({"universe": "vanilla", "MY.X": "1"}, ["first", "second"], Path("/maps/items-0"))
    assert text == "universe = vanilla\nMY.X = 1\nqueue first,second from /maps/items-0\n"


def test_a_dollar_in_a_path_is_not_a_macro() -> None:
    assert submit_path("/home/$(x)/$a") == "/home/$(DOLLAR)(x)/$a"


NASTY = st.text(st.sampled_from("ab queueQ=+.\\\n\r\0\x1f\x0b\x85\u2028\ud800$()@<|#\t,;\"'")) | st.text()


@given(
    st.lists(st.tuples(st.sampled_from(["set", "attribute", "file", "require", "plugin", "universe"]), NASTY, NASTY))
)
def test_nothing_that_is_accepted_adds_or_changes_another_line(edits: list[tuple[str, str, str]]) -> None:
    submit = SubmitDescription()
    calls: dict[str, Callable[[str, str], None]] = {
        "set": submit.set,
        "attribute": submit.set_attribute,
        "file": lambda _, text: submit.add_input_file(text),
        "require": lambda _, text: submit.require(text),
        "plugin": lambda name, text: submit.add_transfer_plugin(name, Path(text)),
        "universe": lambda _, text: submit.set_universe(text),
    }
    for what, name, text in edits:
        with contextlib.suppress(InvalidOption, ReservedOptionKeyword, SubmitConflict):
            calls[what](name, text)
    lines = rendered(submit)
    expected = ["universe", "executable", *submit.commands(), "transfer_input_files", "transfer_plugins", "last"]
    assert [line.split(" = ")[0] for line in lines] == [*expected, lines[-2], ""]
    assert lines[-2].split()[:2] == ["queue", "a,b"]
    assert "\n".join(lines).splitlines() == lines[:-1]
    assert not [line for line in lines if line.endswith("\\")]
    assert [line for line in lines if line.split("=")[0].strip().lower().startswith("queue ")] == lines[-2:-1]
    "\n".join(lines).encode()


@given(NASTY)
def test_the_text_of_a_value_is_the_value_without_outer_blanks(text: str) -> None:
    with contextlib.suppress(InvalidOption):
        assert option_text("name", text) == text.strip(" \t")


# --- what gives way, and the environment


def test_a_default_gives_way_to_the_user_and_a_built_in_value_to_both(submit: SubmitDescription) -> None:
    submit.fall_back("request_memory", "128MB")
    submit.fall_back("Request_Disk", "1GB")
    submit.set("request_cpus", 2)
    submit.set_default("request_memory", "2GB")
    submit.set_default("request_cpus", 8)
    assert submit.commands() == {"request_memory": "2GB", "request_disk": "1GB", "request_cpus": "2"}


@pytest.mark.parametrize(
    ("given", "default"),
    [
        ("accounting_group", "+AccountingGroup"),
        ("Project_Name", "MY.ProjectName"),
        ("MY.RequestMemory", "request_memory"),
        ("+JobPrio", "priority"),
        ("env", "environment"),
        ("requirements", "MY.Requirements"),
    ],
)
def test_a_default_gives_way_to_the_other_name_of_a_command(
    submit: SubmitDescription, given: str, default: str
) -> None:
    submit.set(given, "7")
    before = submit.commands()
    submit.set_default(default, "8")
    assert submit.has(default)
    assert submit.commands() == before


def test_names_that_only_look_alike_are_two() -> None:
    assert in_common("MY.Priority") != in_common("priority")
    assert in_common("+Project") != in_common("project_name")


def test_a_built_in_value_is_got_and_taken_but_is_not_set(submit: SubmitDescription) -> None:
    submit.fall_back("request_memory", "128MB")
    assert not submit.has("request_memory")
    assert submit.get("REQUEST_memory") == "128MB"
    submit.set("request_memory", "2GB")
    assert submit.take("request_memory") == "2GB"
    assert submit.get("request_memory") is None
    assert submit.commands() == {}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (None, "\"SEA='a b'\""),
        ({"TITLE": "it's"}, "\"SEA='a b' TITLE='it''s'\""),
        ("TITLE=it's ;  LEVEL=3;", "\"SEA='a b' TITLE='it''s ' LEVEL=3\""),
        ("", "\"SEA='a b'\""),
        ("$(column)", "\"SEA='a b' $SUBSTR(column,1,-1)\""),
    ],
)
@pytest.mark.parametrize("command", ["environment", "env"])
def test_variables_are_added_before_those_of_the_user(
    submit: SubmitDescription, command: str, given: Any, text: str
) -> None:
    if given is not None:
        submit.set(command, given)
    submit.add_environment("SEA", "a b")
    assert submit.commands() == {"environment" if given is None else command: text}


def test_the_environment_that_htcondor_reads_is_added_to(submit: SubmitDescription) -> None:
    submit.set("env", '"A=1"')
    submit.set("environment", '"B=2"')
    submit.add_environment("SEA", "blue")
    assert submit.commands() == {"env": '"A=1"', "environment": '"SEA=blue B=2"'}


def test_a_variable_has_one_value(submit: SubmitDescription) -> None:
    submit.add_environment("SEA", "blue")
    submit.add_environment("SEA", "blue")
    with pytest.raises(SubmitConflict) as caught:
        submit.add_environment("SEA", "green")
    assert "SEA" in caught.value.command
    assert submit.commands() == {"environment": '"SEA=blue"'}


@pytest.mark.parametrize(
    ("name", "value"), [("", "x"), ("A B", "x"), ("A=B", "x"), ("A", "line\nbreak"), ("A", None), ("A", True), (3, "x")]
)
def test_a_variable_that_no_environment_can_hold_is_refused(submit: SubmitDescription, name: Any, value: Any) -> None:
    with pytest.raises(InvalidOption):
        submit.add_environment(name, value)
    assert submit.commands() == {}


def test_a_warning_of_the_map_waits_for_its_description(submit: SubmitDescription) -> None:
    warning = SuspiciousMap("few slots have as much")
    submit.warn(warning)
    assert (submit.warnings, submit.commands()) == ([warning], {})


@pytest.mark.parametrize("warning", ["few slots have as much", UserWarning("x"), None])
def test_what_is_no_warning_of_a_map_is_refused(submit: SubmitDescription, warning: Any) -> None:
    with pytest.raises(TypeError):
        submit.warn(warning)
