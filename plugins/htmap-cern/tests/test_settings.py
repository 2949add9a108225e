"""The settings table CERN."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from htmap_cern.settings import CernSettings, settings

import htmap
from htmap_core.exceptions import InvalidSetting, UnknownSetting
from tests.golden_files import Golden

pytestmark = pytest.mark.usefixtures("htmap_dir")


def test_unless_told_otherwise_it_looks_for_cern_and_sends_the_ticket() -> None:
    assert settings() == CernSettings(enabled="auto", send_credential=True, ticket_lifetime=3600)


@pytest.mark.parametrize(("given", "read"), [("auto", "auto"), (True, True), ("false", False), ("TRUE", True)])
def test_enabled_is_auto_true_or_false(given: Any, read: Any) -> None:
    htmap.settings["CERN.ENABLED"] = given
    assert settings().enabled == read


def test_a_runtime_can_be_a_timedelta_in_a_program_and_text_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_CERN_MAX_RUNTIME", "2h")
    assert settings().max_runtime == 7200
    htmap.settings["CERN.MAX_RUNTIME"] = datetime.timedelta(minutes=90)
    assert settings().max_runtime == 5400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENABLED", "perhaps"),
        ("JOB_FLAVOUR", "expresso"),
        ("MAX_RUNTIME", "soon"),
        ("MAX_RUNTIME", "8d"),
        ("TICKET_LIFETIME", -1),
        ("ACCOUNTING_GROUP", 'x" || true'),
        ("WANT_OS", "AlmaLinux9"),
        ("SCHEDD", "a b"),
        ("SEND_CREDENTIAL", "maybe"),
    ],
)
def test_a_value_that_cannot_be_is_answered_with_what_can(name: str, value: Any, golden: Golden) -> None:
    htmap.settings[f"CERN.{name}"] = value
    with pytest.raises(InvalidSetting) as caught:
        settings()
    assert caught.value.name.startswith("CERN")
    golden(f"cern/wrong-{name}-{''.join(filter(str.isalnum, str(value)))}", caught.value)


def test_a_misspelt_setting_is_answered_with_the_right_one(htmap_dir: Path) -> None:
    htmap.settings["CERN.JOB_FLAVOR"] = "espresso"
    with pytest.raises(UnknownSetting, match=r"CERN\.JOB_FLAVOUR"):
        settings()
