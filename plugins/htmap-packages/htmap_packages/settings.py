"""The settings table PACKAGES."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Optional

import attrs
from attrs import validators

from htmap_core import Settings, check_owner, htmap_dir, table

_VERSION = re.compile(r"3\.\d+")
_PLATFORM = re.compile(r"(x86_64|aarch64)-manylinux_2_\d+")


def _list(given: Any) -> tuple[str, ...]:
    """Return requirements as a tuple; one alone may be text."""
    each = [given] if isinstance(given, str) else list(given)
    return tuple(text for text in (str(one).strip() for one in each) if text)


def _text_or_none(given: str | None) -> str | None:
    return (given or "").strip() or None


def _matching(pattern: re.Pattern[str], example: str) -> Any:
    def check(_: object, attribute: attrs.Attribute[Any], given: str | None) -> None:
        if given is not None and not pattern.fullmatch(given):
            raise ValueError(f"{attribute.name.upper()} = {given!r}: write it as {example!r}")

    return check


@attrs.frozen
class PackagesSettings:
    """The settings of the delivery method. In ``~/.htmaprc`` their names are in capitals, in a table ``[PACKAGES]``."""

    require: Any = attrs.field(
        default=None,
        converter=attrs.converters.optional(_list),
        metadata={
            "meaning": 'the packages to send, as pip takes them: `["numpy>=2", "~/src/tidal"]`; paths are of projects and wheels',
            "default": "those that the function imports, in the versions installed here",
        },
    )
    file: Optional[Path] = attrs.field(
        default=None,
        metadata={"meaning": "a file that names the packages to send: `requirements.txt` or `pyproject.toml`"},
    )
    python_version: str = attrs.field(
        factory=lambda: "{}.{}".format(*sys.version_info[:2]),
        validator=_matching(_VERSION, "3.11"),
        metadata={"meaning": "the nodes' version of Python", "default": "that of this Python"},
    )
    platform: Optional[str] = attrs.field(
        default=None,
        validator=_matching(_PLATFORM, "x86_64-manylinux_2_28"),
        metadata={
            "meaning": "the nodes' architecture and glibc, such as `x86_64-manylinux_2_28`",
            "default": "this machine's",
        },
    )
    on_top_of: Optional[str] = attrs.field(
        default=None,
        converter=_text_or_none,
        metadata={
            "meaning": "the delivery method that brings Python, such as `docker`",
            "default": "the Python of the node",
        },
    )
    dir: Optional[Path] = attrs.field(
        default=None, metadata={"meaning": "where archives are kept", "default": "`packages` in HTMAP_DIR"}
    )
    keep_days: int = attrs.field(
        default=30,
        validator=validators.ge(0),
        metadata={"meaning": "for how many days an archive is kept that no map needs any more"},
    )

    @property
    def folder(self) -> Path:
        """The folder in which archives are kept.

        :raises UnsafePath: others could have put one there, whose code jobs would run.
        """
        found = htmap_dir() / "packages" if self.dir is None else self.dir.expanduser().absolute()
        check_owner(found, "the folder of packages", "PACKAGES.DIR can name another folder")
        return found


def current(chain: Settings | None = None) -> PackagesSettings:
    """Return the table, of a map's settings or else as it is now."""
    return table("PACKAGES", PackagesSettings, chain)
