"""The settings table TRANSPLANT."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import attrs

from htmap_core import Settings, check_owner, htmap_dir, table


def _from_home(given: str | None) -> str | None:
    """Return a URL unchanged, and a path as an absolute one: HTCondor knows neither ``~`` nor the current folder."""
    return given if given is None or "://" in given else str(Path(given).expanduser().absolute())


@attrs.frozen
class TransplantSettings:
    """The settings of the delivery method. In ``~/.htmaprc`` their names are in capitals, in a table ``[TRANSPLANT]``."""

    dir: Optional[Path] = attrs.field(
        default=None,
        metadata={"meaning": "where packed installations are kept", "default": "`transplants` in HTMAP_DIR"},
    )
    alternate_input_path: Optional[str] = attrs.field(
        default=None,
        converter=_from_home,
        metadata={
            "meaning": "another place from which jobs get the archive, as in HTCondor's `transfer_input_files`: a URL, or a path "
            "in which `~` is the home folder"
        },
    )
    assume_exists: bool = attrs.field(default=False, metadata={"meaning": "pack nothing: the archive is there already"})
    keep_days: int = attrs.field(
        default=30,
        validator=attrs.validators.ge(0),
        metadata={
            "meaning": "for how many days a packed installation is kept that no map needs, after the last map was created with it"
        },
    )

    @property
    def folder(self) -> Path:
        """The folder in which packed installations are kept.

        :raises UnsafePath: others could have put one there, which jobs would run.
        """
        found = htmap_dir() / "transplants" if self.dir is None else self.dir.absolute()
        check_owner(found, "the folder of packed installations", "TRANSPLANT.DIR can name another folder")
        return found


def current(chain: Settings | None = None) -> TransplantSettings:
    """Return the table, of a map's settings or else as it is now."""
    return table("TRANSPLANT", TransplantSettings, chain)
