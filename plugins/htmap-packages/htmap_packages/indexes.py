"""Where uv gets packages from: its own configuration, or else pip's, which most users have.

What they say may have passwords in it. They are handed to uv in its environment, where other users do not see them, and are
written down nowhere.
"""

from __future__ import annotations

import configparser
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_PASSWORD = re.compile(r"(?<=://)[^/\s@]+@")

# What pip has a variable and a line in its files for, and the variable by which uv knows it.
_LIKE_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}
_OWN = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_CONFIG_FILE")


def environment() -> dict[str, str]:
    """Return the environment for uv."""
    found = {**os.environ, "UV_NO_PROGRESS": "1", "NO_COLOR": "1", "UV_PYTHON_DOWNLOADS": "never"}
    found.pop("UV_TARGET", None)
    if not _has_its_own():
        for name, text in _of_pip().items():
            found.setdefault(_LIKE_PIP[name], text)
    return found


def hidden(text: str) -> str:
    """Return a text of uv's without the user names and passwords in URLs."""
    return _PASSWORD.sub("****@", text)


def _has_its_own() -> bool:
    """Return whether uv is configured itself: then pip's configuration might contradict."""
    homes = [os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "/etc"]
    return any(name in os.environ for name in _OWN) or any(Path(home, "uv", "uv.toml").is_file() for home in homes)


def _of_pip() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in _files_of_pip():
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip itself complains of it
        for section in ("global", "install"):
            found.update(_known(dict(parser.items(section)) if parser.has_section(section) else {}))
    named = {name: os.environ.get(f"PIP_{name.upper().replace('-', '_')}", "") for name in _LIKE_PIP}
    return {**found, **_known(named)}


def _known(given: Mapping[str, str]) -> dict[str, str]:
    separate = {"extra-index-url": " ", "find-links": ","}
    return {
        name: separate.get(name, " ").join(given[name].split()) for name in _LIKE_PIP if given.get(name, "").split()
    }


def _files_of_pip() -> Iterator[Path]:
    """Yield pip's files, the one that wins last."""
    home, named = Path.home(), os.environ.get("PIP_CONFIG_FILE")
    yield Path("/etc/pip.conf")
    yield home / ".pip" / "pip.conf"
    yield Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf")
    yield Path(sys.prefix, "pip.conf")
    if named:
        yield Path(named)
