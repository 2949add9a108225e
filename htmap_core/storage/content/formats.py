"""Which formats of the files in HTMAP_DIR this HTMap understands.

Several versions may work on one HTMAP_DIR: three environments are normal. A reader passes over keys that it does not know. Where
that is not enough, a file says in ``needs`` which reader it needs at least, and an older one leaves it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from htmap_core import names
from htmap_core.exceptions import MadeByNewerHTMap
from htmap_run import frames

FORMAT = 5
"""The newest format that this version reads.

1 is 0.7.0's, without checksums. In 3 paths below HTMAP_DIR are relative, so that it can be moved. In 4 the jobs of a map may
differ in size. In 5 a map may have grown, or take the place of another.
"""

JOBS_DIFFER, GROWS = 4, 5

WRITTEN = 3
"""The format that this version writes, where nothing needs a newer reader."""


def check_needs(content: Mapping[str, Any], path: Path) -> None:
    """Check that this version understands a file, or a line of one.

    A file without ``needs`` needs a reader of its ``format``; one without either can be read by all that notice damage.

    :param content: what it says, whose checksum is right.
    :raises MadeByNewerHTMap: it needs a newer reader.
    """
    needs = content.get("needs", content.get("format", FORMAT))
    if not (isinstance(needs, int) and needs <= FORMAT):
        raise MadeByNewerHTMap(path, needs, FORMAT, _version(content))


def check_frames(error: frames.CorruptFile) -> None:
    """Check that it is damage for which a file of frames cannot be read, and not a newer version.

    :raises MadeByNewerHTMap: it is of a newer version.
    """
    if isinstance(error, frames.NewerFile):
        raise MadeByNewerHTMap(Path(error.path), error.version, frames.VERSION) from error


def _version(content: Mapping[str, Any]) -> str:
    versions = content.get("versions")
    return str(versions.get(names.DISTRIBUTION, "")) if isinstance(versions, dict) else ""
