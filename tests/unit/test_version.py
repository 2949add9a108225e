"""HTMap's version."""

from __future__ import annotations

import importlib.metadata

import pytest

import htmap_core
from htmap_core import version


def test_the_version_is_that_of_the_distribution() -> None:
    assert htmap_core.__version__ == importlib.metadata.version("htmap-core")
    assert version.version().endswith(htmap_core.__version__)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1.2.3", (1, 2, 3, None, None)),
        ("0.10.0", (0, 10, 0, None, None)),
        ("1.2.3a4", (1, 2, 3, "a", 4)),
        ("1.2.3b0", (1, 2, 3, "b", 0)),
        ("1.2.3rc11", (1, 2, 3, "rc", 11)),
    ],
)
def test_the_version_comes_in_parts(monkeypatch: pytest.MonkeyPatch, text: str, parts: version.VersionInfo) -> None:
    monkeypatch.setattr(version, "__version__", text)
    assert version.version_info() == parts


def test_the_version_that_is_installed_has_parts() -> None:
    assert ".".join(map(str, version.version_info()[:3])) in version.version()
