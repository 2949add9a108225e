"""OSDF, the Open Science Data Federation: large files and images lie below /ospool, and jobs fetch them by ``osdf://``."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Sequence
from pathlib import Path

from htmap_core import InputFile
from htmap_ospool.errors import FolderOnOsdf, MapsOnOsdf

SCHEME = "osdf://"
_LARGE = 1_000_000_000  # bytes of a file that the access point should not send itself

# Where an access point has its origin: what is below each is below /ospool for OSDF.
_ORIGINS = (Path("/ospool"), Path("/mnt/stash/ospool"))


def refuse_maps(folder: Path) -> None:
    """Refuse a place below /ospool for the directories of maps, also behind a link.

    :raises MapsOnOsdf: the folder is there.
    """
    if url(folder) is not None:
        raise MapsOnOsdf(folder)


def fetch(file: InputFile) -> None:
    """Have jobs fetch a file below /ospool by OSDF, also if a link leads there, and warn of large files elsewhere.

    :raises FolderOnOsdf: it is a folder there.
    """
    there = url(file.path)
    if there is not None and file.is_folder:
        raise FolderOnOsdf(file.path)
    if there is not None:
        file.fetch_from(there)
    elif (file.size or 0) > _LARGE:
        file.warn(
            "it has more than 1 GB, and the access point sends it to each job; keep such files in your folder below /ospool, "
            "from where jobs get them by OSDF"
        )


def url(path: Path) -> str | None:
    """Return the URL of a file or folder below /ospool; None if it lies elsewhere.

    The path as the user knows it comes first, because links below /ospool may lead to names that OSDF does not know.
    """
    for known in (path, Path(os.path.realpath(path))):
        for origin in _ORIGINS:
            if origin in (known, *known.parents):
                return f"{SCHEME}/ospool/{urllib.parse.quote(str(known.relative_to(origin)))}"
    return None


def seen_here(named: str, origins: Sequence[Path] = _ORIGINS) -> Path | None:
    """Return the path of a URL's file on this machine, whether it is there or not; None if its folder is not seen here.

    :param origins: the folders that are below /ospool for OSDF.
    """
    if not named.startswith(f"{SCHEME}/ospool/"):
        return None
    below = urllib.parse.unquote(named.removeprefix(f"{SCHEME}/ospool/"))
    return next((origin / below for origin in origins if (origin / below).parent.is_dir()), None)
