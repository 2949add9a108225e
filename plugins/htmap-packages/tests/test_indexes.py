"""uv asks the indexes that pip asks, unless it is configured itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from htmap_packages import indexes

INDEX = "index-url"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder without any configuration."""
    for name in (
        "UV_DEFAULT_INDEX",
        "UV_INDEX",
        "UV_INDEX_URL",
        "UV_EXTRA_INDEX_URL",
        "UV_FIND_LINKS",
        "UV_CONFIG_FILE",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in (
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "PIP_FIND_LINKS",
        "PIP_CERT",
        "PIP_CONFIG_FILE",
        "SSL_CERT_FILE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def configure(home: Path, text: str, name: str = "pip/pip.conf") -> None:
    path = home / ".config" / name
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_the_index_in_a_file_of_pips_is_uvs(home: Path) -> None:
    configure(home, f"[global]\n{INDEX} = https://me:secret@example.org/simple\n")
    assert indexes.environment()["UV_DEFAULT_INDEX"] == "https://me:secret@example.org/simple"


def test_several_indexes_in_lines_of_their_own_are_all_asked(home: Path) -> None:
    configure(home, f"[global]\nextra-{INDEX} =\n    https://a.example.org\n    https://b.example.org\n")
    assert indexes.environment()["UV_INDEX"].split() == ["https://a.example.org", "https://b.example.org"]


def test_variables_of_pips_win_over_its_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(home, f"[global]\n{INDEX} = https://file.example.org\ncert = /etc/a.pem\n")
    monkeypatch.setenv("PIP_INDEX_URL", "https://variable.example.org")
    found = indexes.environment()
    assert (found["UV_DEFAULT_INDEX"], found["SSL_CERT_FILE"]) == ("https://variable.example.org", "/etc/a.pem")


def test_where_uv_has_variables_pips_do_not_count(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(home, f"[global]\n{INDEX} = https://file.example.org\n")
    monkeypatch.setenv("UV_INDEX", "https://uv.example.org")
    assert "UV_DEFAULT_INDEX" not in indexes.environment()


def test_where_uv_has_a_file_pips_do_not_count(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(home, "no-index = true\n", "uv/uv.toml")
    monkeypatch.setenv("PIP_INDEX_URL", "https://variable.example.org")
    assert "UV_DEFAULT_INDEX" not in indexes.environment()


def test_a_broken_file_of_pips_is_passed_over(home: Path) -> None:
    configure(home, f"{INDEX} before any section\n")
    assert "UV_DEFAULT_INDEX" not in indexes.environment()


def test_what_uv_says_is_shown_without_passwords() -> None:
    assert "secret" not in indexes.hidden("cannot fetch https://me:secret@example.org/simple")
