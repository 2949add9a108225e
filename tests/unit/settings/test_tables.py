"""Settings as typed tables, and what is said when they are not what they should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import attrs
import pytest

from htmap_core.exceptions import InvalidSetting, UnknownSetting
from htmap_core.settings import tables
from htmap_core.settings.chain import BASE_SETTINGS, Settings, settings


@attrs.frozen
class Boat:
    """A plugin's table."""

    sails: int = 2
    length: float = 4.5
    name: str = "Tide"
    registered: bool = False
    log: Path = Path("log")
    crew: list[str] = attrs.field(factory=list)
    captain: Optional[str] = None
    colours: dict[str, str] = attrs.field(factory=dict)
    draught: float = attrs.field(default=1.0, validator=attrs.validators.gt(0))
    rig: str = attrs.field(default="sloop", validator=attrs.validators.in_(("sloop", "ketch")))


def chain(**boat: Any) -> Settings:
    return Settings({"BOAT": boat})


def test_a_table_that_is_not_set_has_the_defaults_of_its_class() -> None:
    assert tables.table("BOAT", Boat, Settings()) == Boat()


def test_a_table_is_found_in_any_case() -> None:
    assert tables.table("BOAT", Boat, Settings({"Boat": {"SAILS": 3}})).sails == 3


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("sails", " 3 ", 3),
        ("length", "2.5", 2.5),
        ("name", "Ebb", "Ebb"),
        ("registered", "Yes", True),
        ("registered", "0", False),
        ("log", "/var/log", Path("/var/log")),
        ("crew", "Ann, Bob,", ["Ann", "Bob"]),
        ("crew", "", []),
        ("captain", "Ann", "Ann"),
    ],
)
def test_text_is_read_as_what_the_field_is(field: str, text: str, value: object) -> None:
    found = getattr(tables.table("BOAT", Boat, chain(**{field: text})), field)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sails", 0),
        ("length", 3),
        ("registered", True),
        ("log", Path("/x")),
        ("crew", ["Ann"]),
        ("captain", None),
        ("colours", {"hull": "red"}),
    ],
)
def test_a_value_of_the_right_type_is_taken_as_it_is(field: str, value: object) -> None:
    assert getattr(tables.table("BOAT", Boat, chain(**{field: value})), field) == value


def test_a_path_may_begin_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert tables.table("BOAT", Boat, chain(log="~/log")).log == Path("/somewhere/log")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("sails", "many", "must be a whole number"),
        ("sails", "--5", "must be a whole number"),
        ("sails", 2.5, "must be a whole number"),
        ("sails", True, "must be a whole number"),
        ("length", "long", "must be a number"),
        ("length", False, "must be a number"),
        ("registered", 1, "must be true or false"),
        ("registered", "perhaps", "must be true or false"),
        ("name", 5, "must be text in quotes, not int"),
        ("log", "", "must be a path"),
        ("log", 5, "must be a path"),
        ("crew", {"Ann": 1}, "must be a list, not a table"),
        ("crew", [1], "must be text in quotes, not int"),
        ("captain", 5, "must be text in quotes, not int"),
    ],
)
def test_a_wrong_value_is_refused_with_its_path_origin_and_what_it_must_be(
    field: str, value: object, reason: str
) -> None:
    with pytest.raises(InvalidSetting) as caught:
        tables.table("BOAT", Boat, chain(**{field: value}))
    expected = f"setting BOAT.{field} = {value!r} (from what was set at run time): {reason}"
    assert str(caught.value) == expected


def test_what_a_validator_of_the_class_refuses_is_refused_as_a_setting() -> None:
    with pytest.raises(InvalidSetting, match="'draught' must be > 0"):
        tables.table("BOAT", Boat, chain(draught=-1))


def test_what_is_not_among_those_that_a_validator_lists_is_refused_in_its_words_alone() -> None:
    with pytest.raises(InvalidSetting) as caught:
        tables.table("BOAT", Boat, chain(rig="raft"))
    assert str(caught.value).startswith("setting BOAT.RIG = 'raft'")
    assert str(caught.value).endswith(": 'rig' must be in ('sloop', 'ketch') (got 'raft')")


def test_an_unknown_field_is_refused_with_what_was_meant() -> None:
    with pytest.raises(UnknownSetting) as caught:
        tables.table("BOAT", Boat, chain(sials=3))
    assert "unknown setting 'BOAT.sials' (from what was set at run time); did you mean 'BOAT.SAILS'?" in str(
        caught.value
    )


def test_a_value_where_a_table_should_be_is_refused() -> None:
    with pytest.raises(InvalidSetting, match=r"setting BOAT = 'x' .*is a table, not a value"):
        tables.table("BOAT", Boat, Settings({"BOAT": "x"}))


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("WAIT_TIME", "2", 2.0),
        ("ALLOW_PYTHON_MISMATCH", "yes", True),
        ("HTMAP_DIR", "/maps", Path("/maps")),
        ("HTCONDOR.SCHEDULER", "schedd@there", "schedd@there"),
        ("HTCONDOR.SCHEDULER", None, None),
        ("PLUGINS.DISABLED", "pool, docker", ["pool", "docker"]),
    ],
)
def test_a_setting_of_the_core_is_read_as_its_class_says(name: str, given: object, value: object) -> None:
    given_settings = Settings()
    given_settings[name] = given
    found = tables.value(name, given_settings)
    assert (type(found), found) == (type(value), value)


def test_a_setting_of_the_core_has_its_default_where_the_program_has_replaced_all_settings() -> None:
    assert tables.value("WAIT_TIME", Settings({"DELIVERY_METHOD": "assume"})) == 1.0


# --- all settings


def test_the_built_in_settings_are_valid(htmap_dir: Path) -> None:
    tables.check_names({}, chain=BASE_SETTINGS)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DELIVERY_METHD", "DELIVERY_METHOD"),
        ("MAP_OPTION.request_cpus", "MAP_OPTIONS"),
        ("BAOT.sails", "BOAT"),
        ("dockr.image", "DOCKER"),
        ("HTCONDOR.SCHEDLER", "HTCONDOR.SCHEDULER"),
        ("PLUGINS.DISABLE", "PLUGINS.DISABLED"),
        ("BOAT.sials", "BOAT.SAILS"),
    ],
)
def test_an_unknown_setting_is_refused_with_origin_and_what_was_meant(name: str, meant: str) -> None:
    given = Settings()
    given[name] = "x"
    with pytest.raises(UnknownSetting) as caught:
        tables.check_names({"BOAT": Boat}, ["DOCKER"], given)
    assert f"(from what was set at run time); did you mean '{meant}'?" in str(caught.value)


def test_an_unknown_setting_of_the_user_file_is_said_to_be_from_there(htmap_dir: Path) -> None:
    Path("~/.htmaprc").expanduser().write_text("[BAOT]\nsails = 3\n")
    with pytest.raises(UnknownSetting, match=r"unknown setting 'BAOT' \(from ~/\.htmaprc\); did you mean 'BOAT'\?"):
        tables.check_names({"BOAT": Boat})


def test_an_unknown_setting_of_the_environment_is_said_to_be_from_that_variable(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTMAP_BAOT_SAILS", "3")
    with pytest.raises(UnknownSetting, match=r"\(from environment variable HTMAP_BAOT_SAILS\)"):
        tables.check_names({"BOAT": Boat})


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("HTMAP_DIR", 5, "must be a path"),
        ("DELIVERY_METHOD", ["a"], "must be text in quotes, not list"),
        ("WAIT_TIME", "soon", "must be a number"),
        ("ALLOW_PYTHON_MISMATCH", "perhaps", "must be true or false"),
        ("CLI", 5, "is a table, not a value"),
        ("MAP_OPTIONS", "request_cpus=1", "is a table, not a value"),
        ("HTCONDOR.SCHEDULER", 5, "must be text in quotes, not int"),
        ("PLUGINS.DISABLED", {"docker": True}, "must be a list, not a table"),
        ("BOAT.sails", "many", "must be a whole number"),
    ],
)
def test_a_wrong_value_is_found_before_it_is_used(htmap_dir: Path, name: str, value: object, reason: str) -> None:
    settings[name] = value
    with pytest.raises(InvalidSetting) as caught:
        tables.check_names({"BOAT": Boat})
    assert str(caught.value) == f"setting {name} = {value!r} (from what was set at run time): {reason}"


def test_the_table_of_a_plugin_that_cannot_be_asked_may_hold_anything() -> None:
    tables.check_names({}, ["docker"], Settings({"DOCKER": {"anything": 1}}))


def test_a_path_is_welcome_as_a_setting(htmap_dir: Path) -> None:
    settings["HTMAP_DIR"] = Path("/somewhere")
    tables.check_names({})
    assert tables.value("HTMAP_DIR") == Path("/somewhere")
