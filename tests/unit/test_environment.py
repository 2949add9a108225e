"""Variables that are changed for a moment."""

from __future__ import annotations

import os
import threading
import time

import pytest

from htmap_core import environment
from tests.threads import at_once


def test_other_threads_see_the_users_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDOR_CONFIG", "the user's")
    monkeypatch.delenv("HTMAP_TIDE", raising=False)

    changes = ("CONDOR_CONFIG", "HTMAP_TIDE") * 200
    is_done = threading.Event()

    def change() -> None:
        for name in changes:
            with environment.changed(name, "for a moment"):
                time.sleep(0)  # the other threads have their turns
                assert os.environ[name] == "for a moment"
        is_done.set()

    def look() -> set[str | None]:
        return {environment.variable("CONDOR_CONFIG") for _ in iter(is_done.is_set, True)}

    def copy() -> set[str | None]:
        return {environment.copy().get("HTMAP_TIDE") for _ in iter(is_done.is_set, True)}

    assert at_once(change, look, copy) == [None, {"the user's"}, {None}]


def test_a_variable_is_as_before_whatever_the_block_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_TIDE", "high")
    with environment.changed("HTMAP_TIDE", None):
        assert os.environ["HTMAP_TIDE"] == "high"
        del os.environ["HTMAP_TIDE"]
    assert os.environ["HTMAP_TIDE"] == "high"
