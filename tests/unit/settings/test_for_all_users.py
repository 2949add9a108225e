"""The settings of a machine or site, which HTMAP_CONFIG names."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

import htmap
from htmap_core.exceptions import InvalidSettingsFile, UnknownSetting, UnsafePath
from htmap_core.settings import layers, tables
from htmap_core.settings.chain import settings
from htmap_core.user_warnings import UnknownSharedSetting

Write = Callable[[str], Path]


@pytest.fixture
def system_file(htmap_dir: Path, public: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that writes the settings of the machine, at a place that is safe for root."""

    def write(text: str) -> Path:
        path = public / "htmaprc"
        path.write_text(text)
        path.chmod(0o644)
        monkeypatch.setenv("HTMAP_CONFIG", str(path))
        return path

    return write


def write_own(text: str) -> None:
    Path("~/.htmaprc").expanduser().write_text(text)


def test_the_settings_of_the_machine_win_over_defaults_and_lose_to_all_that_a_user_says(
    system_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [settings["DELIVERY_METHOD"]]
    path = system_file('DELIVERY_METHOD = "machine"')
    found.append(settings["DELIVERY_METHOD"])
    assert settings.origin("DELIVERY_METHOD") == f"line 1 of {path}"
    monkeypatch.setenv("HTMAP_DELIVERY_METHOD", "environment")
    found.append(settings["DELIVERY_METHOD"])
    write_own('DELIVERY_METHOD = "own"')
    found.append(settings["DELIVERY_METHOD"])
    settings["DELIVERY_METHOD"] = "program"
    found.append(settings["DELIVERY_METHOD"])
    assert found == ["auto", "machine", "environment", "own", "program"]
    assert [value for _, value in settings.overridden("DELIVERY_METHOD")] == ["own", "environment", "machine", "auto"]


def test_a_table_of_the_machine_is_merged_with_the_users(system_file: Write) -> None:
    system_file('[MAP_OPTIONS]\nrequest_memory = "2GB"\nrequest_disk = "5GB"')
    write_own('[MAP_OPTIONS]\nrequest_memory = "3GB"')
    options = htmap.MapOptions.from_settings(settings)
    assert (options["request_memory"], options["request_disk"], options["request_cpus"]) == ("3GB", "5GB", "1")


def test_without_a_variable_it_is_the_file_in_etc(htmap_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HTMAP_CONFIG")
    assert layers.SystemFile().path() == Path("/etc/htmap/htmaprc")


def test_an_empty_variable_means_no_file(htmap_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_CONFIG", "")
    assert layers.SystemFile().path() is None
    assert settings["DELIVERY_METHOD"] == "auto"


@pytest.mark.parametrize("named", ["{public}/nowhere", "{public}", "htmaprc", "./htmaprc"])
def test_a_variable_that_names_no_file_or_one_of_the_current_folder_is_an_error(
    system_file: Write, public: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    system_file("WAIT_TIME = 3")
    monkeypatch.chdir(public)
    monkeypatch.setenv("HTMAP_CONFIG", named.format(public=public))
    with pytest.raises(InvalidSettingsFile):
        settings["WAIT_TIME"]


def test_a_file_that_others_may_write_to_is_refused_and_says_how_to_do_without(
    system_file: Write, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system_file("WAIT_TIME = 3").chmod(0o666)
    with pytest.raises(UnsafePath) as caught:
        settings["WAIT_TIME"]
    assert "HTMAP_CONFIG" in str(caught.value)
    monkeypatch.setenv("HTMAP_TRUSTED_FOLDERS", str(public))
    assert settings["WAIT_TIME"] == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_a_file_of_another_user_is_refused(system_file: Write) -> None:
    os.chown(system_file("WAIT_TIME = 3"), 12345, 12345)
    with pytest.raises(UnsafePath):
        settings["WAIT_TIME"]


def test_a_change_of_the_file_is_seen(system_file: Write) -> None:
    system_file("WAIT_TIME = 3")
    assert settings["WAIT_TIME"] == 3
    system_file("WAIT_TIME = 42")
    assert settings["WAIT_TIME"] == 42


@attrs.frozen
class Boat:
    sails: int = 2


@pytest.mark.parametrize(
    ("text", "unknown"),
    [("WAIT_TIEM = 3", "WAIT_TIEM"), ("[HARBOUR]\nDEPTH = 3", "HARBOUR"), ("[BOAT]\nSIALS = 3", "BOAT.SIALS")],
)
def test_what_nobody_knows_of_the_machines_settings_is_a_warning_since_others_may_know_it(
    system_file: Write, text: str, unknown: str
) -> None:
    path = system_file(text)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tables.check_names({"BOAT": Boat})
        tables.check_names({"BOAT": Boat})
    (told,) = (each.message for each in caught)
    assert isinstance(told, UnknownSharedSetting)
    assert told.name == unknown
    assert str(path) in told.origin
    write_own(text)
    with pytest.raises(UnknownSetting):
        tables.check_names({"BOAT": Boat})
