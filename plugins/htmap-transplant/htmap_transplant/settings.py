"""The settings table TRANSPLANT."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import attrs

from htmap_core import Settings, htmap_dir, table


def _from_home(given: str | None) -> str | None:
    """Return a path as HTCondor needs it, which knows neither ``~`` nor the current folder; a URL as it is."""
    return given if given is None or "://" in given else str(Path(given).expanduser().absolute())


@attrs.frozen
class TransplantSettings:
    """What the delivery method can be told. In ``~/.htmaprc`` the names are in capitals, in a table ``[TRANSPLANT]``."""

    dir: Optional[Path] = attrs.field(
        default=None,
        metadata={"meaning": "where packed installations are kept", "default": "`transplants` in HTMAP_DIR"},
    )
    alternate_input_path: Optional[str] = attrs.field(
        default=None,
        converter=_from_home,
        metadata={
            "meaning": "where jobs get the archive from instead, as HTCondor's `transfer_input_files` has it: a URL, or a path, "
            "in which `~` is the home folder"
        },
    )
    assume_exists: bool = attrs.field(default=False, metadata={"meaning": "pack nothing: the archive is there already"})

    @property
    def folder(self) -> Path:
        """Where packed installations are kept."""
        return htmap_dir() / "transplants" if self.dir is None else self.dir.absolute()


def current(chain: Settings | None = None) -> TransplantSettings:
    """Return the table, of a map's settings or else as it is now."""
    return table("TRANSPLANT", TransplantSettings, chain)
