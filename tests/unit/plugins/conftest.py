"""Plugins that have not been looked for, and a place where to install some."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmap_core.plugins.calls import Plugins
from tests.throwaway_plugins import Site


@pytest.fixture
def site(htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return Site(folder)


@pytest.fixture
def plugins() -> Plugins:
    """Return plugins that have not been looked for yet."""
    return Plugins()
