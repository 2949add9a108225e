"""The settings table TRANSPLANT."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import attrs

from htmap_core import storage, table
from htmap_core.settings import Settings, settings


@attrs.frozen
class TransplantSettings:
    """What the delivery method can be told. In ``~/.htmaprc`` the names are in capitals, in a table ``[TRANSPLANT]``.

    :param dir: where packed installations are kept; ``transplants`` in HTMAP_DIR unless given.
    :param alternate_input_path: where execute nodes get the archive from instead, as HTCondor's ``transfer_input_files`` has it:
        a URL, or a path.
    :param assume_exists: pack nothing; the archive is there already.
    """

    dir: Optional[Path] = None
    alternate_input_path: Optional[str] = None
    assume_exists: bool = False

    @property
    def folder(self) -> Path:
        """Where packed installations are kept."""
        return storage.htmap_dir() / "transplants" if self.dir is None else self.dir.absolute()


def current(chain: Settings = settings) -> TransplantSettings:
    """Return the table as it is now."""
    return table("TRANSPLANT", TransplantSettings, chain)
