"""Settings as typed tables, and what is said when they are not what they should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import attrs
import pytest

from htmap_core.exceptions import InvalidSetting, UnknownSetting
from htmap_core.settings import tables
from htmap_core.settings.chain import BASE_SETTINGS, Settings, settings
from htmap_core.user_warnings import UnknownEnvironmentVariable
from tests.golden_files import Golden


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


WRONG = [
    ("sails", "many"),
    ("sails", "--5"),
    ("sails", 2.5),
    ("sails", True),
    ("length", "long"),
    ("length", False),
    ("registered", 1),
    ("registered", "perhaps"),
    ("name", 5),
    ("log", ""),
    ("log", 5),
    ("crew", {"Ann": 1}),
    ("crew", [1]),
    ("captain", 5),
]


def test_wrong_values_are_refused_with_path_origin_and_what_they_must_be(golden: Golden) -> None:
    said = []
    for field, value in WRONG:
        with pytest.raises(InvalidSetting) as caught:
            tables.table("BOAT", Boat, chain(**{field: value}))
        assert (caught.value.name, caught.value.value) == (f"BOAT.{field}", value)
        said.append(str(caught.value))
    golden("settings-tables/wrong-values-are-refused", "\n".join(said))


def test_what_a_validator_of_the_class_refuses_is_refused_as_a_setting(golden: Golden) -> None:
    with pytest.raises(InvalidSetting) as caught:
        tables.table("BOAT", Boat, chain(draught=-1))
    golden("settings-tables/what-a-validator-of-the-class-refuses-is-refused", caught.value)


def test_what_is_not_among_those_that_a_validator_lists_is_refused_in_its_words_alone(golden: Golden) -> None:
    with pytest.raises(InvalidSetting) as caught:
        tables.table("BOAT", Boat, chain(rig="raft"))
    golden("settings-tables/what-is-not-among-those-that-a-validator-lists", caught.value)


def test_an_unknown_field_is_refused_with_what_was_meant(golden: Golden) -> None:
    with pytest.raises(UnknownSetting) as caught:
        tables.table("BOAT", Boat, chain(sials=3))
    golden("settings-tables/an-unknown-field-is-refused-with-what-was-meant", caught.value)


def test_a_value_where_a_table_should_be_is_refused(golden: Golden) -> None:
    with pytest.raises(InvalidSetting) as caught:
        tables.table("BOAT", Boat, Settings({"BOAT": "x"}))
    golden("settings-tables/a-value-where-a-table-should-be-is-refused", caught.value)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("WAIT_TIME", "2", 2.0),
        ("ALLOW_PYTHON_MISMATCH", "yes", True),
        ("HTMAP_DIR", "/maps", Path("/maps")),
        ("HTCONDOR.SCHEDULER", "schedd@there", "schedd@there"),
        ("HTCONDOR.SCHEDULER", None, None),
        ("PLUGINS.DISABLED", "pool, docker", ["pool", "docker"]),
        ("PLUGINS.REQUIRED", "cern", ["cern"]),
    ],
)
def test_a_setting_of_the_core_is_read_as_its_class_says(name: str, given: object, value: object) -> None:
    given_settings = Settings()
    given_settings[name] = given
    found = tables.setting(name, given_settings)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("days", [0, -1, 7.5])
def test_a_setting_of_the_core_that_its_class_refuses_is_refused(days: float) -> None:
    with pytest.raises(InvalidSetting) as caught:
        tables.setting("SIGNED_URL_DAYS", Settings({"SIGNED_URL_DAYS": days}))
    assert (caught.value.name, caught.value.value) == ("SIGNED_URL_DAYS", days)


def test_a_setting_of_the_core_has_its_default_where_the_program_has_replaced_all_settings() -> None:
    assert tables.setting("WAIT_TIME", Settings({"DELIVERY_METHOD": "assume"})) == 1.0


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
def test_an_unknown_setting_is_refused_with_origin_and_what_was_meant(name: str, meant: str, golden: Golden) -> None:
    given = Settings()
    given[name] = "x"
    with pytest.raises(UnknownSetting) as caught:
        tables.check_names({"BOAT": Boat}, ["DOCKER"], given)
    assert name.startswith(caught.value.name)
    assert caught.value.origin == given.origin(name)
    golden(f"settings-tables/unknown-setting-like-{meant}", caught.value)


def test_an_unknown_setting_of_the_user_file_is_said_to_be_from_there(htmap_dir: Path, golden: Golden) -> None:
    Path("~/.htmaprc").expanduser().write_text("[BAOT]\nsails = 3\n")
    with pytest.raises(UnknownSetting) as caught:
        tables.check_names({"BOAT": Boat})
    golden("settings-tables/an-unknown-setting-of-the-user-file-is-said-to-be", caught.value)


def test_an_unknown_variable_stops_nobody_and_a_wrong_value_does(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTMAP_BAOT_SAILS", "3")
    monkeypatch.setenv("HTMAP_BOAT", "3")
    tables.check_names({"BOAT": Boat})
    monkeypatch.setenv("HTMAP_BOAT_SAILS", "many")
    with pytest.raises(InvalidSetting) as caught:
        tables.check_names({"BOAT": Boat})
    assert str(caught.value.origin).split()[-1] == "HTMAP_BOAT_SAILS"


def test_an_unknown_variable_of_a_table_is_passed_over_with_a_warning(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTMAP_BOAT_SIALS", "3")
    monkeypatch.setenv("HTMAP_BOAT_LENGTH", "5")
    with pytest.warns(UnknownEnvironmentVariable) as caught:
        assert tables.table("BOAT", Boat) == Boat(length=5)
    (warned,) = (each.message for each in caught)
    assert isinstance(warned, UnknownEnvironmentVariable)
    assert (warned.variable, warned.nearest) == ("HTMAP_BOAT_SIALS", "HTMAP_BOAT_SAILS")


def test_what_the_user_file_has_is_an_error_whatever_the_environment_has(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTMAP_BAOT_SAILS", "3")
    Path("~/.htmaprc").expanduser().write_text("[BAOT]\nsails = 3\n")
    with pytest.raises(UnknownSetting) as caught:
        tables.check_names({"BOAT": Boat})
    assert caught.value.origin == "line 2 of ~/.htmaprc"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTMAP_DIR", 5),
        ("DELIVERY_METHOD", ["a"]),
        ("WAIT_TIME", "soon"),
        ("SIGNED_URL_DAYS", 8),
        ("SIGNED_URL_DAYS", "0"),
        ("ALLOW_PYTHON_MISMATCH", "perhaps"),
        ("CLI", 5),
        ("MAP_OPTIONS", "request_cpus=1"),
        ("HTCONDOR.SCHEDULER", 5),
        ("PLUGINS.DISABLED", {"docker": True}),
        ("PLUGINS.REQUIRED", True),
        ("PLUGINS.REQUIRED", "[docker, pool]"),
        ("PLUGINS.REQUIRED", "[3]"),
        ("BOAT.sails", "many"),
    ],
)
def test_a_wrong_value_is_found_before_it_is_used(htmap_dir: Path, name: str, value: object) -> None:
    settings[name] = value
    with pytest.raises(InvalidSetting) as caught:
        tables.check_names({"BOAT": Boat})
    assert (caught.value.name, caught.value.value) == (name, value)
    assert caught.value.origin == settings.origin(name)
    assert caught.value.reason


def test_the_table_of_a_plugin_that_cannot_be_asked_may_hold_anything() -> None:
    tables.check_names({}, ["docker"], Settings({"DOCKER": {"anything": 1}}))


def test_a_path_is_welcome_as_a_setting(htmap_dir: Path) -> None:
    settings["HTMAP_DIR"] = Path("/somewhere")
    tables.check_names({})
    assert tables.setting("HTMAP_DIR") == Path("/somewhere")
