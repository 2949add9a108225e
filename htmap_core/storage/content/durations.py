"""How long calls of a function took, in a small file below HTMAP_DIR for each function; and which maps have yet to tell.

Whatever is lost or damaged is not known: the next run tells it again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import attrs

from htmap_core import names
from htmap_core.exceptions import MadeByNewerHTMap
from htmap_core.files.atomic import write_atomically
from htmap_core.files.ownership import make_folder
from htmap_core.files.reading import UNREADABLE, read_file
from htmap_core.files.sealed import seal, unseal
from htmap_core.storage.content.formats import WRITTEN, check_needs

MOST = 1000  # functions of which durations are kept


@attrs.frozen
class Durations:
    """What is known of the calls of a function.

    :param seconds: how long a call took; None if that is not known.
    :param maps: the ids of the latest maps over it, which may tell more.
    :param with_loading: whether only first calls of processes are known, which may have loaded what the others find.
    """

    seconds: Optional[float] = None
    maps: tuple[str, ...] = ()
    with_loading: bool = False


def read(root: Path, function: str) -> Durations:
    """Return what is known of the calls of a function.

    :param function: the digest of its fingerprint.
    """
    path = _path(root, function)
    try:
        content = unseal(read_file(path))
        check_needs(content, path)
        seconds = content["seconds"]
        maps, with_loading = tuple(map(str, content["maps"])), content.get("with_loading") is True
        return Durations(None if seconds is None else float(seconds), maps, with_loading)
    except (*UNREADABLE, MadeByNewerHTMap):
        return Durations()


def write(root: Path, function: str, durations: Durations) -> None:
    """Write down what is known of the calls of a function, and forget the functions that were not asked about for longest.

    :raises OSError: it cannot be written.
    """
    path = _path(root, function)
    make_folder(path.parent)
    write_atomically(path, seal({"format": WRITTEN, **attrs.asdict(durations)}))
    known = list(path.parent.iterdir())
    if len(known) > MOST:
        for old in sorted(known, key=_age)[: len(known) - MOST]:
            old.unlink(missing_ok=True)


def _path(root: Path, function: str) -> Path:
    return root / names.DURATIONS / function


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process has just forgotten it
        return 0.0
