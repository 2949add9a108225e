"""Settings: a chain of tables."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import htmap
from htmap_core.exceptions import InvalidSetting, InvalidSettingsFile, MissingSetting
from htmap_core.settings import chain as module
from htmap_core.settings import dotted
from htmap_core.settings.chain import BASE_SETTINGS, USER_SETTINGS, Settings, settings
from htmap_core.settings.moment import of_one_moment
from tests.golden_files import Golden
from tests.threads import at_once


@pytest.fixture
def htmaprc(htmap_dir: Path) -> Callable[[str], Path]:
    """Return a function that writes ~/.htmaprc."""

    def write(text: str) -> Path:
        path = Path("~/.htmaprc").expanduser()
        path.write_text(text)
        return path

    return write


# --- the chain


def test_defaults_lose_to_the_environment_that_to_the_file_and_that_to_the_program(
    htmaprc: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [settings["DELIVERY_METHOD"]]
    monkeypatch.setenv("HTMAP_DELIVERY_METHOD", "environment")
    found.append(settings["DELIVERY_METHOD"])
    htmaprc('DELIVERY_METHOD = "file"')
    found.append(settings["DELIVERY_METHOD"])
    settings["DELIVERY_METHOD"] = "program"
    found.append(settings["DELIVERY_METHOD"])
    assert found == ["auto", "environment", "file", "program"]


def test_the_origin_of_a_setting_is_in_the_users_words(
    htmaprc: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    found = [settings.origin("DELIVERY_METHOD")]
    monkeypatch.setenv("HTMAP_DELIVERY_METHOD", "environment")
    found.append(settings.origin("delivery_method"))
    htmaprc('DELIVERY_METHOD = "file"')
    found.append(settings.origin("DELIVERY_METHOD"))
    settings["DELIVERY_METHOD"] = "program"
    found.append(settings.origin("DELIVERY_METHOD"))
    golden("settings/origins", "\n".join(map(str, found)))


def test_a_setting_that_nobody_set_has_no_origin(htmap_dir: Path) -> None:
    assert settings.origin("NOT.THERE") is None


def test_the_built_in_map_options_are_those_that_users_know(htmap_dir: Path) -> None:
    assert settings["MAP_OPTIONS"] == {
        "request_cpus": "1",
        "request_memory": "128MB",
        "request_disk": "1GB",
        "keep_claim_idle": "30",
    }
    assert settings["CLI.IS_CLI"] is False


def test_the_first_table_of_a_chain_wins() -> None:
    chain = Settings({"A": 1}, {"A": 2, "B": 2})
    assert (chain["A"], chain["B"]) == (1, 2)


def test_tables_are_merged_key_by_key() -> None:
    chain = Settings({"T": {"a": 1}}, {"T": {"a": 2, "b": {"c": 2}}}, {"T": {"b": {"d": 3}}})
    assert chain["T"] == {"a": 1, "b": {"c": 2, "d": 3}}


def test_a_plain_value_hides_a_table_of_a_later_layer() -> None:
    chain = Settings({"T": {"a": 1}}, {"T": "plain"}, {"T": {"b": 3}})
    assert chain["T"] == {"a": 1}
    assert "T.b" not in chain
    assert chain.origin("T.b") is None


@pytest.mark.parametrize(
    "key", ["MAP_OPTIONS.Request_Memory", "map_options.request_memory", "Map_Options.REQUEST_MEMORY"]
)
def test_a_key_is_found_in_any_case(key: str) -> None:
    chain = Settings({"MAP_OPTIONS": {"request_memory": "1GB"}})
    assert chain[key] == "1GB"
    assert key in chain


def test_a_key_in_another_case_is_the_same_setting_when_tables_are_merged() -> None:
    chain = Settings({"Docker": {"Image": "mine"}}, {"DOCKER": {"IMAGE": "theirs", "USER": "me"}})
    assert chain.to_dict() == {"Docker": {"Image": "mine", "USER": "me"}}


def test_setting_in_another_case_changes_the_setting_that_is_there() -> None:
    chain = Settings({"Docker": {"Image": "old"}})
    chain["DOCKER.IMAGE"] = "new"
    assert chain.to_dict() == {"Docker": {"Image": "new"}}


TABLES = st.recursive(
    st.integers(), lambda inner: st.dictionaries(st.sampled_from(["a", "A", "b", "c"]), inner), max_leaves=6
)


@given(st.lists(st.dictionaries(st.sampled_from(["a", "B", "b"]), TABLES), min_size=1, max_size=4))
def test_what_one_key_says_is_what_the_whole_says(tables: list[dict[str, Any]]) -> None:
    chain = Settings(*tables)
    whole = chain.to_dict()
    for key in dotted.keys(whole):
        at = whole
        for name in key.split("."):
            at = at[name]
        assert chain[key] == at
        assert chain.origin(key) is not None


# --- reading


def test_a_missing_setting_is_a_key_error_with_what_was_meant(htmap_dir: Path, golden: Golden) -> None:
    with pytest.raises(KeyError) as caught:
        settings["DELIVERY_METHD"]
    assert isinstance(caught.value, MissingSetting)
    golden("settings/a-missing-setting-is-a-key-error-with-what-was", caught.value)


def test_get_returns_the_default_for_what_is_not_set() -> None:
    assert Settings({"A": 1}).get("B") is None
    assert Settings({"A": 1}).get("B", 3) == 3
    assert Settings({"A": None}).get("A", 3) is None


def test_the_dictionary_is_a_copy() -> None:
    chain = Settings({"T": {"a": 1, "list": ["x"]}})
    whole = chain.to_dict()
    whole["T"]["a"] = 2
    whole["T"]["list"].append("y")
    assert chain["T"] == {"a": 1, "list": ["x"]}


def test_settings_are_equal_when_they_say_the_same() -> None:
    assert Settings({"A": 1}, {"B": 2}) == Settings({"B": 2, "A": 1})
    assert Settings({"A": 1}) != Settings({"A": 2})
    assert Settings({"A": 1}) != {"A": 1}


def test_the_representation_shows_all_settings() -> None:
    assert repr(Settings({"A": 1}, {"B": 2})) == "Settings({'A': 1, 'B': 2})"


# --- changing


def test_setting_a_dotted_key_makes_the_tables_on_its_way() -> None:
    chain = Settings()
    chain["A.B.C"] = Path("there")
    assert chain.to_dict() == {"A": {"B": {"C": Path("there")}}}


def test_setting_below_a_plain_value_says_what_is_in_the_way(golden: Golden) -> None:
    chain = Settings({"DOCKER": "image"})
    with pytest.raises(InvalidSetting) as caught:
        chain["DOCKER.IMAGE"] = "other"
    golden("settings/setting-below-a-plain-value-says", caught.value)


def test_a_change_is_made_in_the_first_table_only() -> None:
    first, second = {"A": 1}, {"A": 2, "B": 2}
    chain = Settings(first, second)
    chain["B"] = 3
    assert (first, second) == ({"A": 1, "B": 3}, {"A": 2, "B": 2})


def test_replacing_takes_the_tables_of_the_other() -> None:
    chain = Settings({"A": 1, "B": 1})
    chain.replace(Settings({"A": 2}))
    assert chain.to_dict() == {"A": 2}


def test_after_replacing_by_settings_that_cannot_hold_changes_changes_still_hold(htmap_dir: Path) -> None:
    chain = Settings()
    chain.replace(BASE_SETTINGS)
    chain["DELIVERY_METHOD"] = "mine"
    assert chain["DELIVERY_METHOD"] == "mine"
    assert chain["CLI.IS_CLI"] is False
    assert BASE_SETTINGS["DELIVERY_METHOD"] == "auto"


def test_prepended_settings_win_and_appended_ones_lose() -> None:
    chain = Settings({"A": "middle", "B": "middle"})
    chain.prepend({"A": "first"})
    chain.append(Settings({"B": "last", "C": "last"}))
    assert chain.to_dict() == {"A": "first", "B": "middle", "C": "last"}


def test_settings_from_settings_do_not_change_with_them() -> None:
    original = Settings({"T": {"a": 1}}, {"B": 1})
    copied = Settings.from_settings(original, {"C": 1})
    original["T.a"] = 2
    assert copied.to_dict() == {"T": {"a": 1}, "B": 1, "C": 1}


def test_settings_are_made_of_settings_and_dictionaries_only(golden: Golden) -> None:
    with pytest.raises(TypeError) as caught:
        Settings(["A"])  # type: ignore[arg-type]
    golden("settings/settings-are-made-of-settings-and-dictionaries", caught.value)


# --- files


def test_what_was_saved_is_loaded_again(tmp_path: Path) -> None:
    chain = Settings({"T": {"a": 1, "MY.x": True}}, {"T": {"b": ["x", "y"]}, "D": 1.5, "S": 'quo"te\n'})
    chain.save(tmp_path / "settings.toml")
    assert Settings.load(tmp_path / "settings.toml") == chain


def test_paths_are_saved_as_text_and_what_is_none_is_left_out(tmp_path: Path) -> None:
    Settings({"P": Path("/there"), "L": (Path("/here"),), "N": None}).save(tmp_path / "settings.toml")
    assert Settings.load(tmp_path / "settings.toml").to_dict() == {"P": "/there", "L": ["/here"]}


def test_a_value_that_toml_cannot_hold_is_named_and_nothing_is_written(tmp_path: Path, golden: Golden) -> None:
    with pytest.raises(InvalidSetting) as caught:
        Settings({"T": {"x": object()}}).save(tmp_path / "settings.toml")
    assert caught.value.name == "T.x"
    golden("settings/a-value-that-toml-cannot-hold-is-named", caught.value.reason)
    assert list(tmp_path.iterdir()) == []


def test_the_base_settings_can_be_saved(htmap_dir: Path, tmp_path: Path) -> None:
    BASE_SETTINGS.save(tmp_path / "settings.toml")
    assert Settings.load(tmp_path / "settings.toml")["MAP_OPTIONS"] == BASE_SETTINGS["MAP_OPTIONS"]


def test_loading_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Settings.load(tmp_path / "none.toml")


@pytest.mark.parametrize("text", [b"A = ", b"A = 1\nA = 2", b"= 1", b"\xff"])
def test_a_file_that_is_not_toml_is_named_with_its_error(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(text)
    with pytest.raises(InvalidSettingsFile) as caught:
        Settings.load(path)
    assert caught.value.path == path
    assert str(path) in str(caught.value)
    assert caught.value.reason in str(caught.value)


def test_a_broken_user_file_is_named_when_a_setting_is_needed(htmaprc: Callable[[str], Path]) -> None:
    path = htmaprc("DELIVERY_METHOD = shared")
    with pytest.raises(InvalidSettingsFile, match="line 1") as caught:
        settings["DELIVERY_METHOD"]
    assert caught.value.path == path


def test_a_user_file_that_is_a_folder_is_not_taken_for_none(htmap_dir: Path) -> None:
    Path("~/.htmaprc").expanduser().mkdir()
    with pytest.raises(InvalidSettingsFile, match="directory"):
        settings["DELIVERY_METHOD"]


def test_a_user_file_that_cannot_be_looked_at_is_not_taken_for_none(
    htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file"))  # below it nothing can be: ENOTDIR, which even root gets
    with pytest.raises(InvalidSettingsFile, match=r"\.htmaprc"):
        settings["DELIVERY_METHOD"]


def test_the_user_file_is_read_again_when_it_changes_and_when_it_is_gone(htmaprc: Callable[[str], Path]) -> None:
    htmaprc('DELIVERY_METHOD = "one"')
    found = [settings["DELIVERY_METHOD"]]
    path = htmaprc('DELIVERY_METHOD = "three"')
    found += [settings["DELIVERY_METHOD"], USER_SETTINGS["DELIVERY_METHOD"]]
    path.unlink()
    assert [*found, settings["DELIVERY_METHOD"]] == ["one", "three", "three", "auto"]


def test_a_change_of_the_user_settings_is_not_lost_with_the_next_look_at_the_file(
    htmaprc: Callable[[str], Path],
) -> None:
    htmaprc('DELIVERY_METHOD = "file"')
    chain = Settings(USER_SETTINGS)
    chain["WAIT_TIME"] = 5
    htmaprc('DELIVERY_METHOD = "other file"')
    assert chain["WAIT_TIME"] == 5
    assert chain["DELIVERY_METHOD"] == "other file"


# --- the environment


@pytest.mark.parametrize(
    ("variable", "key"),
    [
        ("HTMAP_DIR", "HTMAP_DIR"),
        ("HTMAP_DELIVERY_METHOD", "DELIVERY_METHOD"),
        ("HTMAP_DELIVERY", "DELIVERY_METHOD"),
        ("HTMAP_CONDOR_SCHEDULER", "HTCONDOR.SCHEDULER"),
        ("HTMAP_CONDOR_COLLECTOR", "HTCONDOR.COLLECTOR"),
        ("HTMAP_DOCKER_IMAGE", "DOCKER.IMAGE"),
        ("HTMAP_SINGULARITY_IMAGE", "SINGULARITY.IMAGE"),
        ("HTMAP_WAIT_TIME", "WAIT_TIME"),
        ("HTMAP_ALLOW_PYTHON_MISMATCH", "ALLOW_PYTHON_MISMATCH"),
        ("HTMAP_MAP_OPTIONS_REQUEST_MEMORY", "MAP_OPTIONS.request_memory"),
        ("HTMAP_POOL_IDLE_SHUTDOWN", "POOL.IDLE_SHUTDOWN"),
        ("HTMAP_PLUGINS_REQUIRED", "PLUGINS.REQUIRED"),
        ("HTMAP_PLUGINS_DISABLED", "PLUGINS.DISABLED"),
    ],
)
def test_a_variable_sets_a_setting_and_is_named_as_its_origin(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch, variable: str, key: str, golden: Golden
) -> None:
    monkeypatch.setenv(variable, "given")
    assert settings[key] == "given"
    golden("settings/origin-of-what-a-variable-sets", settings.origin(key), hide={variable: "VARIABLE"})


@pytest.mark.parametrize(
    "variable",
    ["HTMAP_PLUGINS", "HTMAP_TRACE_PLUGINS", "HTMAP_ON_EXECUTE", "HTMAP_COMPONENT", "HTMAP", "HTMAP_", "MY_A_B"],
)
def test_a_variable_that_is_not_a_setting_sets_nothing(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    before = settings.to_dict()
    monkeypatch.setenv(variable, "given")
    assert settings.to_dict() == before


def test_of_two_variables_for_one_setting_the_one_that_wins_is_named(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    monkeypatch.setenv("HTMAP_DELIVERY_METHOD", "new")
    monkeypatch.setenv("HTMAP_DELIVERY", "old")
    assert settings["DELIVERY_METHOD"] == "new"
    golden("settings/of-two-variables-for-one-setting-the-one", settings.origin("DELIVERY_METHOD"))


def test_a_variable_sets_one_key_of_a_table_and_leaves_the_others(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTMAP_MAP_OPTIONS_REQUEST_MEMORY", "2GB")
    assert settings["MAP_OPTIONS.request_memory"] == "2GB"
    assert settings["MAP_OPTIONS.request_disk"] == "1GB"


# --- as users import it


@pytest.mark.parametrize(
    "order",
    [
        "import htmap",
        "from htmap.settings import Settings",
        "import htmap.settings",
        "import htmap.exceptions; import htmap.settings",
        "from htmap import settings",
        "import htmap_core.settings.chain",
        "import htmap; htmap.map; htmap.Map; htmap.exceptions",
        "import importlib; importlib.import_module('htmap.settings')",
    ],
)
def test_settings_are_object_and_module_after_any_import_order(order: str) -> None:
    program = f"""
{order}
import htmap
from htmap.settings import Settings, BASE_SETTINGS, USER_SETTINGS, settings
from htmap import settings as attribute
assert isinstance(htmap.settings, Settings), htmap.settings
assert htmap.settings is settings is attribute
assert htmap.BASE_SETTINGS is BASE_SETTINGS and htmap.USER_SETTINGS is USER_SETTINGS
import htmap.settings
assert isinstance(htmap.settings, Settings), htmap.settings
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)


def test_the_settings_of_the_door_are_those_of_the_core() -> None:
    assert htmap.settings is module.settings


# --- threads


def test_threads_read_settings_while_another_changes_them(tmp_path: Path) -> None:
    chain = Settings({"DOCKER": {"IMAGE": "tide:1"}}, {"WAIT_TIME": 1})

    def change() -> None:
        for number in range(1500):
            chain[f"DOCKER.KEY_{number}"] = number
            time.sleep(0)  # another thread has its turn
            chain.append({f"KEY_{number}": number})
            chain.replace(Settings(*chain.maps[:2]))

    def look() -> None:
        while f"KEY_{1499}" not in chain["DOCKER"]:
            assert (chain["DOCKER.IMAGE"], chain["WAIT_TIME"]) == ("tide:1", 1)

    assert at_once(look, look, change) == [None, None, None]


def test_what_is_done_in_one_moment_has_the_settings_of_its_beginning_but_what_the_program_sets(
    htmaprc: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTMAP_DELIVERY_METHOD", "environment")
    path = htmaprc("WAIT_TIME = 7")

    def seen() -> tuple[Any, Any]:
        return settings["DELIVERY_METHOD"], settings["WAIT_TIME"]

    with of_one_moment():
        assert seen() == ("environment", 7)
        path.unlink()
        monkeypatch.setenv("HTMAP_DELIVERY_METHOD", "later")
        assert seen() == ("environment", 7)
        settings["DELIVERY_METHOD"] = "run time"
        assert seen() == ("run time", 7)
    assert seen() == ("run time", 1)


def test_the_table_of_a_name_is_that_of_all_settings(htmaprc: Callable[[str], Path]) -> None:
    htmaprc("[Docker]\nimage = 'file'\nuniverse = 'docker'\n")
    settings["DOCKER.IMAGE"] = "run time"
    assert settings.table("DOCKER") == settings.to_dict()["DOCKER"] == {"IMAGE": "run time", "universe": "docker"}
    assert Settings({"A": 1}, {"A": {"B": 2}}).table("a") == 1
    assert Settings({"A": 1}).table("B") == {}


def test_a_name_with_dots_can_be_written_in_quotes(htmaprc: Callable[[str], Path]) -> None:
    htmaprc("[MAP_OPTIONS]\n'MY.Project' = 'tides'\n")
    assert settings["MAP_OPTIONS.my.project"] == "tides"
    assert settings.get("MAP_OPTIONS.MY.Queue") is None
    assert settings.get("MAP_OPTIONS.MY.Project.x", "none") == "none"
