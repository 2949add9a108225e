"""Environment variables that are named like settings, but set none."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import attrs
import pytest

import htmap
from htmap_core.diagnosis import doctor
from htmap_core.maps.drafts import options
from htmap_core.settings import core, variables
from htmap_core.testing import run_htmap
from htmap_core.user_warnings import UnknownEnvironmentVariable

pytestmark = pytest.mark.usefixtures("htmap_dir")


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test is a new process as far as warnings are concerned."""
    monkeypatch.setattr(variables, "_told", set())
    for name in [name for name in os.environ if name.startswith("HTMAP_") and name != "HTMAP_DIR"]:
        monkeypatch.delenv(name)


@attrs.frozen
class Boat:
    sails: int = 2


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("HTMAP_DELIVERY_METHD", "HTMAP_DELIVERY_METHOD"),
        ("HTMAP_CONDOR_SCHEDLER", "HTMAP_CONDOR_SCHEDULER"),
        ("HTMAP_PLUGINS_DISABLE", "HTMAP_PLUGINS_DISABLED"),
        ("HTMAP_BOAT_SIALS", "HTMAP_BOAT_SAILS"),
        ("HTMAP_BAOT_SAILS", "HTMAP_BOAT_SAILS"),
        ("HTMAP_TRACE_PLUGIN", "HTMAP_TRACE_PLUGINS"),
        ("HTMAP_SOMETHING_OF_A_FRIEND", None),
        ("HTMAP_X", None),
    ],
)
def test_an_unknown_variable_is_found_with_the_nearest(
    name: str, nearest: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "3")
    (found,) = variables.unknown_variables({"BOAT": Boat})
    assert (found.variable, found.nearest) == (name, nearest)


@pytest.mark.parametrize(
    "name",
    [
        *core.VARIABLES,
        "HTMAP_HTCONDOR_SCHEDULER",
        "HTMAP_MAP_OPTIONS_RANK",
        "HTMAP_BOAT_SAILS",
        "HTMAP_DOCKER_ANYTHING",
        "HTMAP_PLUGINS",
        "HTMAP_TRACE_PLUGINS",
        "HTMAP_ON_EXECUTE",
        "HTMAP_COMPONENT",
        "HTMAP_OUTPUT_FILES",
        "HTMAP_SCRATCH",
        "HTMAP_TEST_ANYTHING",
    ],
)
def test_variables_that_somebody_knows_are_no_matter(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "3")
    assert variables.unknown_variables({"BOAT": Boat}, ["docker"]) == []


@pytest.mark.filterwarnings("default")
def test_a_map_warns_of_them_once_and_is_made(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.setenv("HTMAP_BAOT_SAILS", "3")
    for _ in range(2):
        options.merged_options(htmap.MapOptions())
    assert [each.category for each in recwarn] == [UnknownEnvironmentVariable]


def test_an_error_of_the_warning_does_not_use_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_BAOT_SAILS", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            with pytest.raises(UnknownEnvironmentVariable):
                options.merged_options(None)


@pytest.mark.parametrize("command", [["status"], ["settings"], ["plugins", "list"], ["tags"], ["version"]])
def test_no_command_ends_because_of_one(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "HTMAP_BAOT_SAILS",
        "HTMAP_PLUGINS_DISABLE",
        "HTMAP_POOL_AUTOSTRT",
        "HTMAP_CERN_FLAVOR",
        "HTMAP_DIRECTORY",
    ):
        monkeypatch.setenv(name, "3")
    assert run_htmap(*command).exit_code == 0


def test_doctor_notes_it(monkeypatch: pytest.MonkeyPatch, htmap_dir: Path) -> None:
    monkeypatch.setenv("HTMAP_BAOT_SAILS", "3")
    found = [each for each in doctor.checks() if each.area == "settings" and "BAOT" in each.text]
    assert [each.verdict for each in found] == ["note"]
    assert found[0].text == str(UnknownEnvironmentVariable("HTMAP_BAOT_SAILS", None))
