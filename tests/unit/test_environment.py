"""Variables that are changed for a moment."""

from __future__ import annotations

import os
import time

import pytest

from htmap_core import environment
from tests.threads import at_once


def test_other_threads_see_the_users_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDOR_CONFIG", "the user's")
    monkeypatch.delenv("HTMAP_TIDE", raising=False)

    def change() -> None:
        for name in ("CONDOR_CONFIG", "HTMAP_TIDE") * 500:
            with environment.changed(name, "for a moment"):
                time.sleep(0)  # the other thread has its turn
                assert os.environ[name] == "for a moment"

    def look() -> set[tuple[str | None, ...]]:
        found = {(environment.variable("CONDOR_CONFIG"), environment.copy().get("HTMAP_TIDE")) for _ in range(3000)}
        return {*found}

    changed, seen = at_once(change, look)
    assert (changed, seen) == (None, {("the user's", None)})


def test_a_variable_is_as_before_whatever_the_block_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_TIDE", "high")
    with environment.changed("HTMAP_TIDE", None):
        assert os.environ["HTMAP_TIDE"] == "high"
        del os.environ["HTMAP_TIDE"]
    assert os.environ["HTMAP_TIDE"] == "high"
