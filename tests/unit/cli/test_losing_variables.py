"""Environment variables that have no effect, because ~/.htmaprc says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmap_core.diagnosis.doctor import checks
from htmap_core.testing import run_htmap
from tests.golden_files import Golden


@pytest.fixture(autouse=True)
def settings_file(htmap_dir: Path) -> None:
    (Path.home() / ".htmaprc").write_text(
        'WAIT_TIME = 5\nDELIVERY_METHOD = "docker"\n'
        '[MAP_OPTIONS]\nrequest_memory = "2GB"\n'
        "[TRANSPLANT]\nASSUME_EXISTS = true\n"
    )


@pytest.mark.parametrize(
    ("variable", "value", "setting", "line"),
    [
        ("HTMAP_WAIT_TIME", "7", "WAIT_TIME", 1),
        ("HTMAP_DELIVERY_METHOD", "shared", "DELIVERY_METHOD", 2),
        ("HTMAP_DELIVERY", "shared", "DELIVERY_METHOD", 2),
        ("HTMAP_MAP_OPTIONS_REQUEST_MEMORY", "1GB", "MAP_OPTIONS.request_memory", 4),
        ("HTMAP_TRANSPLANT_ASSUME_EXISTS", "no", "TRANSPLANT.ASSUME_EXISTS", 6),
    ],
)
def test_settings_and_doctor_say_so(
    variable: str, value: str, setting: str, line: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    (told,) = run_htmap("settings").stderr.splitlines()
    (noted,) = (each for each in checks() if each.area == "settings" and each.verdict == "note")
    for text in (told, noted.text):
        assert all(part in text for part in (variable, repr(value), setting, f"line {line} of ~/.htmaprc"))
    assert f"`htmap unset {setting}`" in told
    assert f"`htmap unset {setting}`" in noted.advice
    assert run_htmap("settings", "--explain").stderr.splitlines() == [told]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTMAP_WAIT_TIME", "5.0"),  # the same, written otherwise
        ("HTMAP_TRANSPLANT_ASSUME_EXISTS", "yes"),
        ("HTMAP_MAP_OPTIONS_REQUEST_MEMORY", "2GB"),
        ("HTMAP_IF_EXISTS", "resume"),  # it wins
        ("HTMAP_PLUGINS_DISABLED", "docker"),
    ],
)
def test_nothing_is_said_of_those_that_change_nothing_or_win(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert run_htmap("settings").stderr == ""


def test_the_sentence(golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_DELIVERY_METHOD", "shared")
    golden("cli/settings-a-variable-that-loses", run_htmap("settings").stderr)


def test_what_the_environment_requires_counts_whatever_the_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    (Path.home() / ".htmaprc").write_text('PLUGINS.REQUIRED = ["shared"]\n')
    monkeypatch.setenv("HTMAP_PLUGINS_REQUIRED", "docker")
    assert run_htmap("settings").stderr == ""
